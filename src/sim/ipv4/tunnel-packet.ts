/** Packets inside packets: wrapping, unwrapping, and the ECN bits between them (net/ipv4/ip_tunnel_core.c, include/net/inet_ecn.h). */
import type { TraceStep } from "../../kernel/trace-event.ts";
import type { IpNum } from "../../wire/addr.ts";
import { ETH_P_IP } from "../../wire/ethernet.ts";
import { IPPROTO_IPIP } from "../../wire/ipv4.ts";
import { consumeSkb, dropSkb, originSkb, traceStep } from "../trace.ts";
import { type Dst, type Fate, type NetDevice, type Netns, Skb } from "../types.ts";
import { ipLocalOut, ipPushHeader, ipSelectIdent } from "./ip-output.ts";

/** What a tunnel's outer IP header says. */
export interface OuterHeader {
	readonly src: IpNum;
	readonly dst: IpNum;
	readonly proto: number;
	readonly ttl: number;
	readonly tos: number;
	readonly df: boolean;
}

/** What a trace says of the wrapping, besides the packet's number. */
export type EncapNote = Omit<Extract<TraceStep, { readonly step: "encap" }>, "step" | "child">;

export type DecapNote = Omit<Extract<TraceStep, { readonly step: "decap" }>, "step" | "child">;

/**
 * The packet that carries `inner` from its `data` on: another one, so that it has a journey of its own. Of what the stack
 * knew of the inner one only the mark stays, and that only in the same namespace (`skb_scrub_packet`).
 */
export function wrapSkb(inner: Skb, from: NetDevice, netns: Netns): Skb {
	const outer = new Skb(inner.machine, inner.bytes, inner.data, inner.end);
	// POST_ROUTING sees the tunnel device as where the packet comes from.
	outer.dev = from;
	outer.mac = inner.mac;
	outer.checksumIsKnown = inner.checksumIsKnown;
	outer.encapsulations = inner.encapsulations + 1;
	outer.hashedBySocket = inner.hashedBySocket;
	if (from.netns !== netns) return outer;
	outer.mark = inner.mark;
	// A send that fails out there is no news for the sender of what is inside.
	if (inner.sk !== undefined) outer.sk = { describe: inner.sk.describe, owner: inner.sk.owner };
	return outer;
}

export interface OuterPacket {
	/** Where the tunnel's outer packets live. */
	readonly netns: Netns;
	readonly route: Dst;
	readonly header: OuterHeader;
	readonly note: EncapNote;
	/** What the outer packet is, for its heading in a trace. */
	readonly what: string;
	readonly fn: string;
}

/**
 * Puts the outer IP header in front of `outer`, which carries `inner`, and sends it (`iptunnel_xmit`). The inner packet's
 * journey ends here. Its length counts as sent by `dev` unless the outer one was dropped at once.
 */
export function iptunnelXmit(dev: NetDevice, inner: Skb, outer: Skb, packet: OuterPacket): Fate {
	const { netns, header } = packet;
	const { machine } = inner;
	// The reference for IPIP is Linux 6.1, which does not count tunnels.
	const deeper = header.proto === IPPROTO_IPIP ? 0 : 1;
	if (deeper > 0 && machine.xmitDepth > IP_TUNNEL_RECURSION_LIMIT) {
		dev.stats.txDropped += 1;
		return dropSkb(inner, dev.netns, "iptunnel_xmit", "RECURSION_LIMIT", {
			detail: `${dev.name} sends through itself`,
		});
	}
	const lengthBytes = inner.length - dev.hardHeaderLength;
	outer.dst = packet.route;
	ipPushHeader(outer, { ...header, id: ipSelectIdent(netns) });
	if (inner.machine.tracer !== undefined) {
		traceStep(inner, dev.netns, packet.fn, { step: "encap", child: outer.id, ...packet.note });
		originSkb(outer, netns, "iptunnel_xmit", packet.what, inner);
	}
	const fate = consumeSkb(inner, dev.netns, packet.fn, `goes on inside packet #${outer.id}`);
	machine.xmitDepth += deeper;
	const sent = ipLocalOut(netns, outer);
	machine.xmitDepth -= deeper;
	if (sent === "dropped") {
		dev.stats.txDropped += 1;
		return fate;
	}
	dev.stats.txPackets += 1;
	dev.stats.txBytes += lengthBytes;
	return fate;
}

/** A tunnel in a tunnel: each takes two of them, a bridge below it a third. */
const IP_TUNNEL_RECURSION_LIMIT = 5;

/** The packet inside `outer`, from `at` on, as it comes in by `dev`; the outer one's journey ends. */
export function unwrapSkb(outer: Skb, at: number, dev: NetDevice, more: { fn: string; note: DecapNote }): Skb {
	const { netns } = outer.dev ?? dev;
	const inner = new Skb(outer.machine, outer.bytes, at, outer.end);
	if (dev.netns === netns) inner.mark = outer.mark;
	inner.dev = dev;
	inner.hashedBySocket = outer.hashedBySocket;
	inner.checksumIsKnown = outer.checksumIsKnown;
	inner.encapsulations = outer.encapsulations;
	if (outer.machine.tracer !== undefined) {
		traceStep(outer, netns, more.fn, { step: "decap", child: inner.id, ...more.note });
		if (dev.hardHeaderLength === 0) inner.network = at;
		if (dev.hardHeaderLength === 0) inner.protocol = ETH_P_IP;
		originSkb(inner, dev.netns, more.fn, `the packet inside #${outer.id}`, outer);
	}
	consumeSkb(outer, netns, more.fn, `what is inside goes on as packet #${inner.id}`);
	return inner;
}

/** The outer TOS: its ECN bits are the inner ones, but congestion noted inside is not repeated (`INET_ECN_encapsulate`). */
export function ecnEncapsulate(outerTos: number, innerTos: number): number {
	const ecn = (innerTos & ECN_MASK) === ECN_CE ? ECN_ECT_0 : innerTos & ECN_MASK;
	return (outerTos & ~ECN_MASK) | ecn;
}

/** `drop`: congestion was noted outside and cannot be passed on; `ce`: the inner packet gets the note (`INET_ECN_decapsulate`). */
export function ecnDecapsulate(outerTos: number, innerTos: number): "keep" | "ce" | "drop" {
	const isCongested = (outerTos & ECN_MASK) === ECN_CE;
	if ((innerTos & ECN_MASK) === 0) return isCongested ? "drop" : "keep";
	return isCongested ? "ce" : "keep";
}

export const ECN_MASK = 3;
export const ECN_CE = 3;
const ECN_ECT_0 = 2;
