/** 802.1Q devices (net/8021q/vlan_dev.c, vlan_core.c): the frames of one VLAN of another device. */

import { devQueueXmit } from "../core/dev.ts";
import { devClose, devOpen, devSetMacAddress, devSetMtu, linkwatch, registerNetdevice } from "../core/netdevice.ts";
import { uppersOf, vlanGroup, vlanKey } from "../core/uppers.ts";
import { pushVlanTag } from "../core/vlan-tag.ts";
import type { DeviceEvent, DeviceOps, DeviceRefusal, Fate, Machine, NetDevice, Netns, Skb } from "../types.ts";

export interface VlanParms {
	readonly parent: NetDevice;
	readonly id: number;
	/** 0x8100 or 0x88a8. */
	readonly protocol: number;
}

export class Vlan implements DeviceOps {
	readonly type = "vlan";
	readonly isStacked = true;
	readonly parent: NetDevice;
	readonly id: number;
	readonly protocol: number;
	/** The MAC address was set by hand and no longer follows the parent's. */
	macIsSet = false;

	constructor({ parent, id, protocol }: VlanParms) {
		this.parent = parent;
		this.id = id;
		this.protocol = protocol;
	}

	/** `vlan_dev_hard_start_xmit`. */
	xmit(skb: Skb): Fate {
		const { dev } = skb;
		if (dev === undefined) throw new Error("vlan_dev_hard_start_xmit: no device");
		const lengthBytes = skb.length;
		pushVlanTag(skb);
		skb.vlan = { protocol: this.protocol, tci: this.id };
		skb.dev = this.parent;
		const fate = devQueueXmit(skb);
		if (fate === "dropped") dev.stats.txDropped += 1;
		else {
			dev.stats.txPackets += 1;
			dev.stats.txBytes += lengthBytes;
		}
		return fate;
	}

	carrier(): boolean {
		return this.parent.running;
	}

	openRefused(): DeviceRefusal | undefined {
		return this.parent.up ? undefined : { errno: "ENETDOWN", message: "Network is down" };
	}

	open(): void {
		const dev = vlanGroup(this.parent).get(vlanKey(this.protocol, this.id));
		if (dev !== undefined && !this.macIsSet) devSetMacAddress(dev, this.parent.mac);
	}

	/** Takes its place at the parent, again when its removal is undone. */
	attach(dev: NetDevice): void {
		vlanGroup(this.parent).set(vlanKey(this.protocol, this.id), dev);
		uppersOf(this.parent).add(dev);
	}

	remove(): void {
		const key = vlanKey(this.protocol, this.id);
		const dev = vlanGroup(this.parent).get(key);
		vlanGroup(this.parent).delete(key);
		if (dev !== undefined) uppersOf(this.parent).delete(dev);
	}
}

export function vlanOf(dev: NetDevice): Vlan {
	if (!(dev.ops instanceof Vlan)) throw new Error(`${dev.name} is not a VLAN device`);
	return dev.ops;
}

/** A VLAN device, down. The name is free, and the VLAN at its parent. `mac` absent: the parent's, and it follows it. */
export function createVlan(
	netns: Netns,
	link: { readonly name: string; readonly mac?: number },
	parms: VlanParms,
): NetDevice {
	const ops = new Vlan(parms);
	ops.macIsSet = link.mac !== undefined;
	const { parent } = parms;
	const dev = registerNetdevice(netns, { name: link.name, mac: link.mac ?? parent.mac, mtu: parent.mtu, ops });
	ops.attach(dev);
	return dev;
}

/** Makes VLAN devices follow what happens to their parents (`vlan_device_event`). */
export function initVlan(machine: Machine): void {
	machine.deviceNotifiers.push((event) => {
		for (const upper of uppersOf(event.dev)) if (upper.ops instanceof Vlan) follow(event, upper, upper.ops);
	});
}

function follow({ type, dev }: DeviceEvent, vlan: NetDevice, ops: Vlan): void {
	switch (type) {
		case "up":
			devOpen(vlan);
			return;
		case "down":
			devClose(vlan);
			return;
		case "changeaddr":
			// One that is down follows when it is brought up.
			if (!ops.macIsSet && vlan.up) devSetMacAddress(vlan, dev.mac);
			return;
		case "change":
			if (vlan.mtu > dev.mtu) devSetMtu(vlan, dev.mtu);
			linkwatch(vlan);
			return;
		case "register":
		case "unregister":
		case "going-down":
		case "changename":
		case "join":
		case "leave":
			return;
	}
}
