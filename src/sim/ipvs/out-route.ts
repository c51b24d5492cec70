/** The way to a destination (ip_vs_xmit.c: __ip_vs_get_out_rt): the route, the time to live, the length. */
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, ICMP_TIME_EXCEEDED } from "../../wire/icmpv4.ts";
import { IP_DF, IPV4_MIN_HLEN, ipv4Frag, ipv4Src, ipv4Ttl, setIpv4Ttl } from "../../wire/ipv4.ts";
import { Ipv4Dst } from "../ipv4/dst.ts";
import { icmpSend } from "../ipv4/icmp.ts";
import { ipRouteOutput } from "../ipv4/route.ts";
import { traceStep } from "../trace.ts";
import type { Dst, Skb } from "../types.ts";
import type { IpvsNet } from "./net.ts";

/** The least MTU of IPv4, RFC 791. */
const MIN_MTU = 68;

export interface OutRouteMode {
	/** A destination on this host is allowed, for packets that were not for this host too. */
	readonly local: boolean;
	readonly redirect: boolean;
	readonly tunnel: boolean;
	/** The packet keeps its destination, so the route must say that the server is the next hop (FLOWI_FLAG_KNOWN_NH). */
	readonly knownNextHop: boolean;
	/** The packet is an ICMP error: none is sent about it. */
	readonly icmp: boolean;
}

/** `local`: the packet stays here and keeps its route. `out`: it has its new route. `failed`: it must be dropped, and why. */
export type OutRoute =
	| { readonly to: "local" }
	| { readonly to: "out"; readonly dst: Dst }
	| { readonly to: "failed"; readonly why: string };

export function ipVsGetOutRt(net: IpvsNet, skb: Skb, daddr: number, mode: OutRouteMode): OutRoute {
	const found = ipRouteOutput(net.netns, { dst: daddr, mark: 0, tos: 0, proto: 0 });
	if (!found.ok) {
		skb.dst?.linkFailure(skb);
		return failed("no route to the destination");
	}
	const dst = mode.knownNextHop ? byNextHop(found.value, daddr) : found.value;
	const wasLocal = skb.dst?.type === "local";
	if (dst.type === "local") {
		if (!mode.local || (!mode.redirect && !wasLocal)) return failed("the destination is on this host");
		return { to: "local" };
	}
	const b = skb.bytes;
	if (ipv4Src(b, skb.network) >>> 24 === 127) return failed("a loopback address must not leave the host");
	const ttl = ipv4Ttl(b, skb.network);
	if (ttl <= 1) {
		icmpSend(skb, ICMP_TIME_EXCEEDED, 0, 0);
		return failed("the time to live ran out");
	}
	setIpv4Ttl(b, skb.network, ttl - 1);
	if (skb.machine.tracer !== undefined) {
		traceStep(skb, net.netns, "decrement_ttl", { step: "ttl", before: ttl, after: ttl - 1 });
	}
	const mtu = mode.tunnel ? dst.mtu - IPV4_MIN_HLEN : dst.mtu;
	if (mode.tunnel && mtu < MIN_MTU) return failed("the MTU is too small for a tunnel");
	if (!fits(net, skb, mtu, mode)) {
		icmpSend(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
		return failed(`${skb.end - skb.network} bytes, MTU ${mtu}`);
	}
	skb.dst = dst;
	return { to: "out", dst };
}

function byNextHop(dst: Dst, gateway: number): Dst {
	if (dst.gateway !== undefined || dst.type !== "unicast" || !(dst instanceof Ipv4Dst)) return dst;
	const { dev, type, prefsrc, fibRoute, nexthop } = dst;
	return new Ipv4Dst({ dev, type, gateway, prefsrc, fibRoute, nexthop });
}

/** Without path MTU discovery (`vs.pmtu_disc`) a tunnelled packet is cut instead. */
function fits(net: IpvsNet, skb: Skb, mtu: number, mode: OutRouteMode): boolean {
	if ((mode.tunnel && !net.settings.pmtuDisc) || mode.icmp) return true;
	return (ipv4Frag(skb.bytes, skb.network) & IP_DF) === 0 || skb.end - skb.network <= mtu;
}

function failed(why: string): OutRoute {
	return { to: "failed", why };
}
