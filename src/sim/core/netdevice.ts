/**
 * The life of a network device: registered, opened, changed, moved, closed, removed (net/core/dev.c). Each change is told
 * to `machine.deviceNotifiers`; what depends on the device (addresses, neighbours, a bridge) listens there.
 */
import type { Prng } from "../../base/prng.ts";
import { addDeviceSysctls, removeDeviceSysctls, renameDeviceSysctls } from "../sysctl.ts";
import { type DeviceEvent, type DeviceOps, NetDevice, type Netns, perdevice } from "../types.ts";
import { uppersOf } from "./uppers.ts";

/** IFNAMSIZ without the terminating zero. */
export const DEVICE_NAME_MAX = 15;

export interface DeviceSpec {
	readonly name: string;
	readonly mac: number;
	readonly mtu: number;
	readonly ops: DeviceOps;
	readonly isLoopback?: boolean;
	readonly hardHeaderLength?: number;
	readonly noArp?: boolean;
}

/** Whether Linux accepts the name (`dev_valid_name`). */
export function devValidName(name: string): boolean {
	return name.length > 0 && name.length <= DEVICE_NAME_MAX && name !== "." && name !== ".." && !/[/:\s]/.test(name);
}

/** A new device, down, under a name that the caller knows to be free. */
export function registerNetdevice(netns: Netns, spec: DeviceSpec): NetDevice {
	const ifindex = newIfindex(netns);
	const dev = new NetDevice({ netns, ifindex, isLoopback: false, ...spec });
	listNetdevice(dev);
	return dev;
}

/** Puts an existing device into its namespace, with its present name and ifindex, and announces it. */
export function listNetdevice(dev: NetDevice): void {
	dev.netns.devices.set(dev.ifindex, dev);
	dev.netns.devicesByName.set(dev.name, dev);
	addDeviceSysctls(dev.netns, dev.name);
	notify({ type: "register", dev });
}

/** Removes the device, and what cannot be without it (a veth's peer, what stands on it). Does nothing when it is gone already. */
export function unregisterNetdevice(dev: NetDevice): void {
	if (!isRegistered(dev)) return;
	unlistNetdevice(dev);
	for (const upper of uppersOf(dev)) unregisterNetdevice(upper);
	dev.ops.remove?.();
}

export function isRegistered(dev: NetDevice): boolean {
	return dev.netns.devices.get(dev.ifindex) === dev;
}

/** Brings the device up (`dev_open`). */
export function devOpen(dev: NetDevice): void {
	if (dev.up) return;
	dev.up = true;
	dev.everUp = true;
	notify({ type: "up", dev });
	linkwatch(dev);
	dev.ops.open?.();
}

/** Takes the device down (`dev_close`). */
export function devClose(dev: NetDevice): void {
	if (!dev.up) return;
	notify({ type: "going-down", dev });
	dev.up = false;
	linkwatch(dev);
	dev.ops.stop?.();
	notify({ type: "down", dev });
}

/** Looks whether the device's carrier changed, and tells of it when the device is up (`linkwatch_do_dev`). */
export function linkwatch(dev: NetDevice): void {
	const last = lastRunning(dev);
	const running = dev.running;
	if (running === last.running) return;
	last.running = running;
	if (dev.up && isRegistered(dev)) notify({ type: "change", dev });
}

/** Gives the device another MAC address (`dev_set_mac_address`). */
export function devSetMacAddress(dev: NetDevice, mac: number): void {
	if (dev.mac === mac) return;
	dev.mac = mac;
	notify({ type: "changeaddr", dev });
}

export function devSetMtu(dev: NetDevice, mtu: number): void {
	if (dev.mtu === mtu) return;
	dev.mtu = mtu;
	notify({ type: "change", dev });
}

/** Renames the device; its sysctls keep their values. The new name is valid and free. */
export function devChangeName(dev: NetDevice, name: string): void {
	if (dev.name === name) return;
	const before = dev.name;
	dev.netns.devicesByName.delete(before);
	dev.name = name;
	dev.netns.devicesByName.set(name, dev);
	renameDeviceSysctls(dev.netns, before, name);
	notify({ type: "changename", dev });
}

/**
 * Moves the device to another namespace: down, without addresses, sysctls as new; ifindex and name stay, unless the
 * index is taken there or both are given. The name is free there.
 */
export function devChangeNetNamespace(
	dev: NetDevice,
	netns: Netns,
	as?: { readonly name: string; readonly ifindex: number },
): void {
	unlistNetdevice(dev);
	dev.netns = netns;
	dev.everUp = false;
	dev.name = as?.name ?? dev.name;
	dev.ifindex = as?.ifindex ?? dev.ifindex;
	if (netns.devices.has(dev.ifindex)) dev.ifindex = newIfindex(netns);
	listNetdevice(dev);
}

/** A locally administered unicast MAC address by chance (`eth_random_addr`). */
export function ethRandomAddr(rng: Prng): number {
	const high = rng.uint32() & 0xffff;
	return ((high | 0x0200) & 0xfeff) * 0x1_0000_0000 + rng.uint32();
}

/** Tells everybody who registered (`call_netdevice_notifiers`). */
export function notify(event: DeviceEvent): void {
	for (const listener of event.dev.netns.machine.deviceNotifiers) listener(event);
}

function unlistNetdevice(dev: NetDevice): void {
	devClose(dev);
	notify({ type: "unregister", dev });
	dev.netns.devices.delete(dev.ifindex);
	dev.netns.devicesByName.delete(dev.name);
	removeDeviceSysctls(dev.netns, dev.name);
	dev.taps = [];
	dev.promiscCount = 0;
}

function newIfindex(netns: Netns): number {
	while (netns.devices.has(netns.nextIfindex)) netns.nextIfindex += 1;
	return netns.nextIfindex++;
}

const lastRunning: (dev: NetDevice) => { running: boolean } = perdevice(() => ({ running: false }));
