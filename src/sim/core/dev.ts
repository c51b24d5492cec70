/** The way in and out of every device (net/core/dev.c): captures, counters, the rx handler of a bridge port, protocols. */

import { MAC_BROADCAST } from "../../wire/addr.ts";
import { ETH_HLEN, ethType } from "../../wire/ethernet.ts";
import { get48 } from "../../wire/read-write.ts";
import type { Work } from "../event-loop.ts";
import { dropSkb, traceStep } from "../trace.ts";
import type { Fate, NetDevice, PacketType, Skb } from "../types.ts";

/** Sends the frame (`data` at its Ethernet header) out by `skb.dev`. */
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
	// On lo each packet is shown once, when it comes in, as libpcap does.
	if (dev.taps.length > 0 && !dev.isLoopback) tap(dev, skb, "outgoing");
	if (skb.machine.tracer !== undefined) {
		traceStep(skb, dev.netns, "__dev_queue_xmit", { step: "transmit", dev: dev.name, frame: frame(skb) });
	}
	dev.stats.txPackets += 1;
	// lo counts what is left when the header is off (loopback_xmit).
	dev.stats.txBytes += skb.end - skb.data - (dev.isLoopback ? ETH_HLEN : 0);
	return dev.ops.xmit(skb);
}

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

/** Takes a frame in from a driver: `data` at the Ethernet header, `dev` set; says for whom it is, then goes on up. */
export function netifReceiveSkb(skb: Skb): Fate {
	const dev = skb.dev;
	if (dev === undefined) throw new Error("netif_receive_skb: the packet has no device");
	if (!dev.up) {
		dev.stats.rxDropped += 1;
		return dropSkb(skb, dev.netns, "enqueue_to_backlog", "DEV_READY", { detail: `${dev.name} is down` });
	}
	if (skb.end - skb.data < ETH_HLEN) return dropSkb(skb, dev.netns, "eth_type_trans", "PKT_TOO_SMALL");
	skb.mac = skb.data;
	skb.protocol = ethType(skb.bytes, skb.mac);
	skb.pktType = ethPktType(dev, skb.bytes, skb.mac);
	dev.stats.rxPackets += 1;
	dev.stats.rxBytes += skb.end - skb.data - (dev.isLoopback ? ETH_HLEN : 0);
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
	if (dev.taps.length > 0) tap(dev, skb, skb.pktType);
	if (skb.machine.tracer !== undefined) {
		traceStep(skb, dev.netns, "__netif_receive_skb_core", { step: "receive", dev: dev.name, frame: frame(skb) });
	}
	skb.data = skb.mac + ETH_HLEN;
	skb.network = skb.data;
	if (dev.rxHandler !== undefined) {
		const fate = dev.rxHandler(skb);
		if (fate !== undefined) return fate;
	}
	const handler = skb.machine.packetTypes.get(skb.protocol);
	if (handler !== undefined) return handler(skb);
	return dropSkb(skb, dev.netns, "__netif_receive_skb_core", "UNHANDLED_PROTO", {
		detail: `EtherType 0x${skb.protocol.toString(16).padStart(4, "0")}`,
	});
}

/** Whether a device may send the frame (`data` at the Ethernet header): up, and within MTU, Ethernet header and VLAN tag. */
export function isSkbForwardable(dev: NetDevice, skb: Skb): boolean {
	return dev.up && skb.end - skb.data <= dev.mtu + ETH_HLEN + VLAN_HLEN;
}

const VLAN_HLEN = 4;

function ethPktType(dev: NetDevice, bytes: Uint8Array, at: number): PacketType {
	const dst = get48(bytes, at);
	if (dst === dev.mac) return "host";
	if (((bytes[at] ?? 0) & 1) === 0) return "otherhost";
	return dst === MAC_BROADCAST ? "broadcast" : "multicast";
}

function frame(skb: Skb): Uint8Array {
	return skb.bytes.slice(skb.mac, skb.end);
}

function tap(dev: NetDevice, skb: Skb, pktType: PacketType): void {
	const captured = {
		at: skb.machine.loop.now(),
		netns: dev.netns.name,
		dev: dev.name,
		ifindex: dev.ifindex,
		direction: pktType === "outgoing" ? "out" : "in",
		pktType: pktType === "loopback" ? "host" : pktType,
	} as const;
	for (const each of dev.taps) each.deliver({ ...captured, frame: frame(skb) });
}
