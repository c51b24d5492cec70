/**
 * macvlan (drivers/net/macvlan.c): devices with MAC addresses of their own on the cable of another one. The device below
 * hands each frame to the one whose address it has; in `bridge` mode they also reach each other.
 */
import type { MacvlanMode } from "../../kernel/objects.ts";
import { MAC_BROADCAST, macIsGroup } from "../../wire/addr.ts";
import { ethDst, ethSrc } from "../../wire/ethernet.ts";
import { devQueueXmit, netifRx, netifRxForHost } from "../core/dev.ts";
import { devSetMacAddress, devSetMtu, linkwatch, registerNetdevice } from "../core/netdevice.ts";
import { uppersOf } from "../core/uppers.ts";
import { mcGroups } from "../ipv4/multicast-groups.ts";
import { copySkb } from "../skb.ts";
import { dropSkb, originSkb } from "../trace.ts";
import type { DeviceEvent, DeviceOps, DeviceRefusal, Fate, Machine, NetDevice, Netns, Skb } from "../types.ts";

export class Macvlan implements DeviceOps {
	readonly type = "macvlan";
	readonly isStacked = true;
	readonly parent: NetDevice;
	mode: MacvlanMode;
	#dev: NetDevice | undefined = undefined;

	constructor(parent: NetDevice, mode: MacvlanMode) {
		this.parent = parent;
		this.mode = mode;
	}

	get dev(): NetDevice {
		if (this.#dev === undefined) throw new Error("a macvlan without its device");
		return this.#dev;
	}

	/** `macvlan_start_xmit`, `macvlan_queue_xmit`. */
	xmit(skb: Skb): Fate {
		const { dev, parent } = this;
		dev.stats.txPackets += 1;
		dev.stats.txBytes += skb.length;
		if (this.mode === "bridge") {
			const dst = ethDst(skb.bytes, skb.data);
			skb.mac = skb.data;
			if (macIsGroup(dst)) broadcast(skb, parent, { except: dev, modes: ["bridge"] });
			// By way of the device below, where captures see it.
			else if (lookup(parent, dst)?.mode === "bridge") return netifRx(parent, scrubbed(skb));
		}
		skb.dev = parent;
		return devQueueXmit(skb);
	}

	carrier(): boolean {
		return this.parent.running;
	}

	/** The address is the parent's, or another's that is up. */
	openRefused(): DeviceRefusal | undefined {
		const { mac } = this.dev;
		const isTaken = this.mode !== "passthru" && (mac === this.parent.mac || lookup(this.parent, mac) !== undefined);
		return isTaken ? { errno: "EADDRINUSE", message: "Address already in use" } : undefined;
	}

	/** Takes its place at the parent, again when its removal is undone. */
	attach(dev: NetDevice): void {
		this.#dev = dev;
		uppersOf(this.parent).add(dev);
		this.parent.rxHandler = macvlanHandleFrame;
	}

	remove(): void {
		uppersOf(this.parent).delete(this.dev);
		if (macvlansOf(this.parent).length === 0) this.parent.rxHandler = undefined;
	}
}

/** The macvlans of a device, in order of creation. */
export function macvlansOf(parent: NetDevice): readonly Macvlan[] {
	return [...uppersOf(parent)].map(({ ops }) => ops).filter((ops) => ops instanceof Macvlan);
}

export function macvlanOf(dev: NetDevice): Macvlan {
	if (!(dev.ops instanceof Macvlan)) throw new Error(`${dev.name} is not a macvlan`);
	return dev.ops;
}

/** A macvlan, down. The name is free, and so is the parent's rx handler. */
export function createMacvlan(
	netns: Netns,
	link: { readonly name: string; readonly mac: number },
	of: { readonly parent: NetDevice; readonly mode: MacvlanMode },
): NetDevice {
	const ops = new Macvlan(of.parent, of.mode);
	const mac = of.mode === "passthru" ? of.parent.mac : link.mac;
	const dev = registerNetdevice(netns, { name: link.name, mac, mtu: of.parent.mtu, ops });
	ops.attach(dev);
	return dev;
}

/** Makes macvlans follow what happens to their parents (`macvlan_device_event`). */
export function initMacvlan(machine: Machine): void {
	machine.deviceNotifiers.push(({ type, dev }: DeviceEvent) => {
		for (const { ops } of uppersOf(dev)) {
			if (!(ops instanceof Macvlan)) continue;
			if (type === "changeaddr" && ops.mode === "passthru") devSetMacAddress(ops.dev, dev.mac);
			if (type === "change" && ops.dev.mtu > dev.mtu) devSetMtu(ops.dev, dev.mtu);
			if (type === "change" || type === "up" || type === "down") linkwatch(ops.dev);
		}
	});
}

/** The rx handler of the device below (`macvlan_handle_frame`). Undefined: the frame is, or is also, for that device itself. */
function macvlanHandleFrame(skb: Skb): Fate | undefined {
	const parent = skb.dev;
	if (parent === undefined || skb.pktType === "loopback") return undefined;
	const dst = ethDst(skb.bytes, skb.mac);
	if (macIsGroup(dst)) return handleGroup(skb, parent);
	const passthru = macvlansOf(parent).find(({ mode }) => mode === "passthru");
	const to = passthru ?? lookup(parent, dst);
	if (to === undefined) return undefined;
	if (!to.dev.up) {
		return dropSkb(skb, parent.netns, "macvlan_handle_frame", "NOT_SPECIFIED", { detail: `${to.dev.name} is down` });
	}
	skb.data = skb.mac;
	return netifRxForHost(to.dev, skb);
}

function handleGroup(skb: Skb, parent: NetDevice): Fate | undefined {
	const from = lookup(parent, ethSrc(skb.bytes, skb.mac));
	if (from !== undefined && from.mode !== "vepa" && from.mode !== "bridge") {
		// Its own frame came back: a `private` one sees no others'.
		skb.data = skb.mac;
		return netifRx(from.dev, skb);
	}
	const all: readonly MacvlanMode[] = ["private", "vepa", "passthru", "bridge"];
	// Those in `bridge` mode saw the frames of the others on their way out.
	const modes = from === undefined ? all : from.mode === "vepa" ? (["vepa", "bridge"] as const) : (["vepa"] as const);
	broadcast(skb, parent, { except: from?.dev, modes });
	return undefined;
}

/** Copies for the macvlans of these modes that are up and listen to the group (`macvlan_broadcast`). */
function broadcast(
	skb: Skb,
	parent: NetDevice,
	to: { readonly except: NetDevice | undefined; readonly modes: readonly MacvlanMode[] },
): void {
	for (const { dev, mode } of macvlansOf(parent)) {
		if (dev === to.except || !dev.up || !to.modes.includes(mode) || !listens(dev, ethDst(skb.bytes, skb.mac))) continue;
		const copy = copySkb(skb);
		originSkb(copy, parent.netns, "macvlan_broadcast", `copy for ${dev.name}`, skb);
		copy.data = copy.mac;
		netifRx(dev, to.modes.length === 1 && mode === "bridge" ? scrubbed(copy) : copy);
	}
}

/** The all-hosts group and those that were joined; 01:00:5e and the lower 23 bits. */
function listens(dev: NetDevice, dst: number): boolean {
	if (dst === MAC_BROADCAST || dst === 0x01005e000001) return true;
	return mcGroups(dev).hasMac(dst);
}

/** The one with this address, among those that are up. */
function lookup(parent: NetDevice, mac: number): Macvlan | undefined {
	return macvlansOf(parent).find(({ dev }) => dev.up && dev.mac === mac);
}

/** As from a cable: what the sender's stack knew stays behind. */
function scrubbed(skb: Skb): Skb {
	skb.dst = undefined;
	skb.ct = undefined;
	skb.ctInfo = "none";
	skb.nfBridge = undefined;
	skb.iif = 0;
	skb.network = -1;
	skb.transport = -1;
	return skb;
}
