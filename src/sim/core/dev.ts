/** The way in and out of every device (net/core/dev.c): captures, counters, the rx handler of a bridge port, protocols. */

import { MAC_BROADCAST } from "../../wire/addr.ts";
import { ETH_HLEN, ETH_P_IP, ethType } from "../../wire/ethernet.ts";
import { get48, put16 } from "../../wire/read-write.ts";
import type { Work } from "../event-loop.ts";
import { dropSkb, traceStep } from "../trace.ts";
import type { Fate, NetDevice, PacketType, Skb, VlanTag } from "../types.ts";
import { vlanGroup, vlanKey } from "./uppers.ts";
import { isVlanProtocol, untagVlan, VLAN_HLEN, VLAN_VID_MASK } from "./vlan-tag.ts";

/** Sends the frame (`data` at its Ethernet header, or at the packet where the device has no link layer) out by `skb.dev`. */
export function devQueueXmit(skb: Skb): Fate {
	const dev = skb.dev;
	if (dev === undefined) throw new Error("dev_queue_xmit: the packet has no device");
	if (!dev.running) {
		dev.stats.txDropped += 1;
		return dropSkb(skb, dev.netns, "__dev_queue_xmit", "DEV_READY", {
			detail: dev.up ? `${dev.name} has no carrier` : `${dev.name} is down`,
		});
	}
	skb.mac = skb.data;
	if (dev.ops.isStacked === true && skb.machine.xmitDepth > XMIT_RECURSION_LIMIT) return deadLoop(skb, dev);
	// No other device computes checksums: they are complete before it sends (validate_xmit_skb).
	if (!dev.isLoopback) skb.checksumIsOpen = false;
	// On lo each packet is shown once, when it comes in, as libpcap does.
	if (dev.taps.length > 0 && !dev.isLoopback) tap(dev, skb, "outgoing");
	if (skb.machine.tracer !== undefined) {
		traceStep(skb, dev.netns, "__dev_queue_xmit", { step: "transmit", dev: dev.name, ...shownFrame(dev, skb) });
	}
	if (dev.ops.isStacked === true) return stackedXmit(dev, skb);
	dev.stats.txPackets += 1;
	// lo counts what is left when the header is off (loopback_xmit).
	dev.stats.txBytes += skb.end - skb.data - (dev.isLoopback ? ETH_HLEN : 0);
	if (dev.ops.type !== "bridge") return dev.ops.xmit(skb);
	// Below a bridge there may be a tunnel.
	const { machine } = skb;
	machine.xmitDepth += 1;
	const fate = dev.ops.xmit(skb);
	machine.xmitDepth -= 1;
	return fate;
}

/** Devices that send through each other: no more than 8 upon the first one, and no capture sees what is too many (`dev_xmit_recursion`). */
function deadLoop(skb: Skb, dev: NetDevice): Fate {
	const { machine } = skb;
	const text = `Dead loop on virtual device ${dev.name}, fix it urgently!`;
	machine.log.push({ at: machine.loop.now(), netns: dev.netns.name, level: 2, text });
	return dropSkb(skb, dev.netns, "__dev_queue_xmit", "RECURSION_LIMIT", { detail: `${dev.name} sends through itself` });
}

function stackedXmit(dev: NetDevice, skb: Skb): Fate {
	const { machine } = skb;
	machine.xmitDepth += 1;
	const fate = dev.ops.xmit(skb);
	machine.xmitDepth -= 1;
	return fate;
}

const XMIT_RECURSION_LIMIT = 8;

/** Hands the frame to `dev` as received, from the event loop: a device's `xmit` never calls its receiver. */
export function netifRx(dev: NetDevice, skb: Skb): Fate {
	skb.dev = dev;
	dev.netns.machine.loop.post(receiveWork, skb);
	return "queued";
}

const receiveWork: Work<Skb> = {
	run(skb) {
		netifReceiveSkb(skb);
	},
};

/** The same for a frame that counts as this host's, whatever its destination address says. */
export function netifRxForHost(dev: NetDevice, skb: Skb): Fate {
	skb.dev = dev;
	dev.netns.machine.loop.post(receiveForHostWork, skb);
	return "queued";
}

const receiveForHostWork: Work<Skb> = {
	run(skb) {
		receive(skb, "host");
	},
};

/** Takes a frame in from a driver: `data` at the Ethernet header, `dev` set; says for whom it is, then goes on up. */
export function netifReceiveSkb(skb: Skb): Fate {
	return receive(skb, undefined);
}

function receive(skb: Skb, pktType: PacketType | undefined): Fate {
	const dev = skb.dev;
	if (dev === undefined) throw new Error("netif_receive_skb: the packet has no device");
	if (!dev.up) {
		dev.stats.rxDropped += 1;
		return dropSkb(skb, dev.netns, "enqueue_to_backlog", "DEV_READY", { detail: `${dev.name} is down` });
	}
	skb.mac = skb.data;
	if (dev.hardHeaderLength === 0) {
		skb.protocol = ETH_P_IP;
		skb.pktType = "host";
	} else {
		if (skb.end - skb.data < ETH_HLEN) return dropSkb(skb, dev.netns, "eth_type_trans", "PKT_TOO_SMALL");
		skb.protocol = ethType(skb.bytes, skb.mac);
		skb.pktType = pktType ?? ethPktType(dev, skb.bytes, skb.mac);
	}
	dev.stats.rxPackets += 1;
	// lo and tunnels count without the Ethernet header.
	const uncounted = dev.isLoopback || dev.ops.type === "vxlan" ? ETH_HLEN : 0;
	dev.stats.rxBytes += skb.end - skb.data - uncounted;
	return netifReceiveSkbCore(skb);
}

/**
 * The part of reception that a bridge repeats for what it passes up (`__netif_receive_skb_core`): `mac`, `protocol` and
 * `pktType` are known. Captures, rx handler, then the protocol with `data` and `network` after the Ethernet header.
 */
export function netifReceiveSkbCore(skb: Skb): Fate {
	const dev = skb.dev;
	if (dev === undefined) throw new Error("netif_receive_skb: the packet has no device");
	skb.iif = dev.ifindex;
	if (skb.vlan === undefined && isVlanProtocol(skb.protocol)) untagVlan(skb);
	if (dev.taps.length > 0) tap(dev, skb, skb.pktType);
	if (skb.machine.tracer !== undefined) {
		traceStep(skb, dev.netns, "__netif_receive_skb_core", { step: "receive", dev: dev.name, ...shownFrame(dev, skb) });
	}
	if (skb.vlan !== undefined) {
		const vlan = vlanGroup(dev).get(vlanKey(skb.vlan.protocol, skb.vlan.tci & VLAN_VID_MASK));
		if (vlan !== undefined) return vlanDoReceive(skb, vlan);
	}
	skb.data = skb.mac + dev.hardHeaderLength;
	skb.network = skb.data;
	if (dev.rxHandler !== undefined) {
		const fate = dev.rxHandler(skb);
		if (fate !== undefined) return fate;
	}
	if (skb.vlan !== undefined) {
		// Of a VLAN that nobody here is in; VLAN 0 is none, the tag has a priority only.
		if ((skb.vlan.tci & VLAN_VID_MASK) !== 0) skb.pktType = "otherhost";
		skb.vlan = undefined;
	}
	const handler = skb.machine.packetTypes.get(skb.protocol);
	if (handler !== undefined) return handler(skb);
	return dropSkb(skb, dev.netns, "__netif_receive_skb_core", "UNHANDLED_PROTO", {
		detail: `EtherType 0x${skb.protocol.toString(16).padStart(4, "0")}`,
	});
}

/** A frame of a VLAN goes on as one of the VLAN's device, without the tag (`vlan_do_receive`). */
function vlanDoReceive(skb: Skb, vlan: NetDevice): Fate {
	if (!vlan.up) {
		return dropSkb(skb, vlan.netns, "vlan_do_receive", "NOT_SPECIFIED", { detail: `${vlan.name} is down` });
	}
	skb.dev = vlan;
	if (skb.pktType === "otherhost" && get48(skb.bytes, skb.mac) === vlan.mac) skb.pktType = "host";
	skb.vlan = undefined;
	vlan.stats.rxPackets += 1;
	vlan.stats.rxBytes += skb.end - skb.mac - ETH_HLEN;
	return netifReceiveSkbCore(skb);
}

/** Whether a device may send the frame (`data` at the Ethernet header): up, and within MTU, Ethernet header and VLAN tag. */
export function isSkbForwardable(dev: NetDevice, skb: Skb): boolean {
	return dev.up && skb.end - skb.data <= dev.mtu + ETH_HLEN + VLAN_HLEN;
}

function ethPktType(dev: NetDevice, bytes: Uint8Array, at: number): PacketType {
	const dst = get48(bytes, at);
	if (dst === dev.mac) return "host";
	if (((bytes[at] ?? 0) & 1) === 0) return "otherhost";
	return dst === MAC_BROADCAST ? "broadcast" : "multicast";
}

/** The frame as on the wire, for traces and captures. */
function shownFrame(dev: NetDevice, skb: Skb): { readonly frame: Uint8Array; readonly link?: "ip" } {
	if (dev.hardHeaderLength === 0) return { frame: skb.bytes.slice(skb.mac, skb.end), link: "ip" };
	return { frame: skb.vlan === undefined ? skb.bytes.slice(skb.mac, skb.end) : taggedFrame(skb, skb.vlan) };
}

/** The frame with its tag behind the addresses. */
function taggedFrame(skb: Skb, { protocol, tci }: VlanTag): Uint8Array {
	const frame = new Uint8Array(skb.end - skb.mac + VLAN_HLEN);
	frame.set(skb.bytes.subarray(skb.mac, skb.mac + 12));
	put16(frame, 12, protocol);
	put16(frame, 14, tci);
	frame.set(skb.bytes.subarray(skb.mac + 12, skb.end), 16);
	return frame;
}

function tap(dev: NetDevice, skb: Skb, pktType: PacketType): void {
	for (const each of dev.taps) {
		each.deliver({
			at: skb.machine.loop.now(),
			netns: dev.netns.name,
			dev: dev.name,
			ifindex: dev.ifindex,
			direction: pktType === "outgoing" ? "out" : "in",
			pktType: pktType === "loopback" ? "host" : pktType,
			...shownFrame(dev, skb),
		});
	}
}
