/** Where the transport layer meets IPv4: routes for sockets, headers for their packets. Nothing above knows the family. */
import { ok, type Result } from "../../base/result.ts";
import type { IpNum } from "../../wire/addr.ts";
import { ETH_P_IP } from "../../wire/ethernet.ts";
import { IP_DF, IPV4_MIN_HLEN, ipv4Dst, ipv4Src, putIpv4 } from "../../wire/ipv4.ts";
import { fibOf } from "../ipv4/fib.ts";
import { ipLocalOut } from "../ipv4/ip-output.ts";
import { ipAppendSizes } from "../ipv4/ip-refragment.ts";
import { ipRouteOutput, type OutputFlow, type RouteErrno } from "../ipv4/route.ts";
import { pushSkb } from "../skb.ts";
import { originSkb } from "../trace.ts";
import type { Dst, Fate, Netns, Skb } from "../types.ts";

export interface InetHeader {
	readonly src: IpNum;
	readonly dst: IpNum;
	readonly proto: number;
	readonly ttl: number;
	readonly tos: number;
	readonly id: number;
	readonly df: boolean;
}

/** What the trace says of a packet's birth; `parent` is the packet that it answers. */
export interface Origin {
	/** The Linux function that made it. */
	readonly fn: string;
	readonly what: string;
	readonly parent?: Skb;
}

export function inetRoute(netns: Netns, flow: OutputFlow): Result<Dst, RouteErrno> {
	return ipRouteOutput(netns, flow);
}

/** What connect finds: once for the source address, if none is given, and again with it (`ip_route_connect`). */
export function inetRouteConnect(
	netns: Netns,
	flow: OutputFlow,
): Result<{ readonly dst: Dst; readonly saddr: IpNum | undefined }, RouteErrno> {
	const first = ipRouteOutput(netns, flow);
	if (!first.ok) return first;
	const saddr = flow.src ?? first.value.prefsrc;
	if (saddr === flow.src) return ok({ dst: first.value, saddr });
	const again = ipRouteOutput(netns, { ...flow, src: saddr });
	return again.ok ? ok({ dst: again.value, saddr }) : again;
}

/** Changes whenever a route may have; a socket keeps its route as long as it does not (`sk_dst_check`). */
export function inetRouteGeneration(netns: Netns): number {
	return fibOf(netns).generation;
}

/**
 * Puts the IP header in front of `skb.data`, which is at the transport header, and sends the packet. `skb.dst` is set;
 * `origin` is undefined while nobody traces.
 */
export function inetXmit(netns: Netns, skb: Skb, header: InetHeader, origin: Origin | undefined): Fate {
	skb.transport = skb.data;
	pushSkb(skb, IPV4_MIN_HLEN);
	skb.network = skb.data;
	skb.protocol = ETH_P_IP;
	putIpv4(skb.bytes, skb.data, {
		src: v4(header.src),
		dst: v4(header.dst),
		proto: header.proto,
		ttl: header.ttl,
		tos: header.tos,
		id: header.id,
		frag: header.df ? IP_DF : 0,
		totalLength: skb.length,
	});
	if (origin !== undefined) originSkb(skb, netns, origin.fn, origin.what, origin.parent);
	return ipLocalOut(netns, skb);
}

/** The fragments in which a socket puts a long packet together for a route; undefined: it fits. */
export function inetAppendSizes(length: number, mtu: number): readonly number[] | undefined {
	return ipAppendSizes(length, mtu);
}

/** The addresses in the packet's IP header. */
export function inetSrc(skb: Skb): IpNum {
	return ipv4Src(skb.bytes, skb.network);
}

export function inetDst(skb: Skb): IpNum {
	return ipv4Dst(skb.bytes, skb.network);
}

/** An address that must be IPv4, because sockets of the other family are refused when they are opened. */
export function v4(addr: IpNum): number {
	if (typeof addr !== "number") throw new Error("an IPv6 address in an IPv4 socket");
	return addr;
}
