/** The birth and death of a network namespace (net/core/net_namespace.c). */
import { unregisterNetdevice } from "./core/netdevice.ts";
import { type Machine, Netns } from "./types.ts";

/** A new namespace with all that is registered for new ones. The name is free. */
export function addNetns(machine: Machine, name: string): Netns {
	const netns = new Netns(machine, name);
	machine.netns.set(name, netns);
	for (const created of machine.onNetnsCreated) created(netns);
	return netns;
}

/** Removes the namespace with its devices, and with them the other ends of its veths. */
export function removeNetns(netns: Netns): void {
	netns.dead = true;
	for (const dev of [...netns.devices.values()]) unregisterNetdevice(dev);
	for (const removed of netns.machine.onNetnsRemoved) removed(netns);
	netns.machine.netns.delete(netns.name);
}
