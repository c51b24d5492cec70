/** IPv4 output (net/ipv4/ip_output.c): LOCAL_OUT, POST_ROUTING, fragmentation, the neighbour. */
import type { IpNum } from "../../wire/addr.ts";
import { ETH_P_IP } from "../../wire/ethernet.ts";
import { IP_DF, IPV4_MIN_HLEN, ipv4Dst, ipv4Frag, ipv4Ttl, putIpv4 } from "../../wire/ipv4.ts";
import { neighOutput } from "../core/neighbour.ts";
import type { Work } from "../event-loop.ts";
import { nfHook } from "../netfilter/hooks.ts";
import { copySkb, pushSkb } from "../skb.ts";
import { dropSkb, originSkb } from "../trace.ts";
import { type Dst, type Fate, type HookState, type Netns, pernet, type Skb } from "../types.ts";
import { ipv4DstOf } from "./dst.ts";
import { ipDoFragment } from "./ip-refragment.ts";
import { traceRouteOutput } from "./route.ts";

export interface IpHeaderToBuild {
	readonly src: IpNum;
	readonly dst: IpNum;
	readonly proto: number;
	readonly ttl: number;
	readonly tos: number;
	readonly id: number;
	readonly df: boolean;
}

/** An identification for a packet without DF: never 0 (`ip_select_ident`). */
export function ipSelectIdent(netns: Netns): number {
	const state = outputState(netns);
	state.ident = state.ident >= 0xffff ? 1 : state.ident + 1;
	return state.ident;
}

/** Puts a 20-byte IP header in front of `skb.data`. */
export function ipPushHeader(skb: Skb, header: IpHeaderToBuild): void {
	const { src, dst, proto, ttl, tos, id } = header;
	if (typeof src !== "number" || typeof dst !== "number") throw new Error("not IPv4 addresses");
	skb.transport = skb.data;
	pushSkb(skb, IPV4_MIN_HLEN);
	skb.network = skb.data;
	skb.protocol = ETH_P_IP;
	const totalLength = skb.end - skb.data;
	putIpv4(skb.bytes, skb.data, { src, dst, proto, ttl, tos, id, frag: header.df ? IP_DF : 0, totalLength });
}

/** Puts the IP header in front and sends the packet. `skb.dst` is set. */
export function ipBuildAndSend(netns: Netns, skb: Skb, header: IpHeaderToBuild): Fate {
	ipPushHeader(skb, header);
	return ipLocalOut(netns, skb);
}

/** Sends a packet made here: `skb.data` at a complete IP header, `skb.dst` set (`ip_local_out`). */
export function ipLocalOut(netns: Netns, skb: Skb): Fate {
	skb.network = skb.data;
	skb.protocol = ETH_P_IP;
	if (skb.machine.tracer !== undefined) traceRouteOutput(skb, netns, "ip_route_output_key_hash");
	const outdev = skb.dst?.dev;
	const state: HookState = { family: "ipv4", hook: "OUTPUT", netns, indev: undefined, outdev, okfn: dstOutput };
	const fate = nfHook(state, skb);
	// Netfilter dropped it before it was handed to the device: the sender is told.
	if (fate === "dropped" && outputState(netns).passed !== skb.id) skb.sk?.error?.(state.dropErrno ?? "EPERM");
	return fate;
}

/** `ip_output`: a packet, made here or forwarded, on its way to `skb.dst.dev`. */
export function ipOutput(skb: Skb): Fate {
	const { dev: outdev } = dstOf(skb);
	const indev = skb.dev;
	skb.dev = outdev;
	skb.protocol = ETH_P_IP;
	return nfHook({ family: "ipv4", hook: "POSTROUTING", netns: outdev.netns, indev, outdev, okfn: ipFinishOutput }, skb);
}

/** `ip_mc_output`: broadcast and multicast, of which this host takes a copy. */
export function ipMcOutput(skb: Skb): Fate {
	const { dev: outdev, type } = dstOf(skb);
	const { netns } = outdev;
	skb.dev = outdev;
	skb.protocol = ETH_P_IP;
	if (!outdev.isLoopback && (type === "broadcast" || isAllHosts(skb))) {
		const copy = copySkb(skb);
		originSkb(copy, netns, "ip_mc_output", "this host's own copy", skb);
		nfHook({ family: "ipv4", hook: "POSTROUTING", netns, indev: undefined, outdev, okfn: devLoopbackXmit }, copy);
	}
	if (type === "multicast" && ipv4Ttl(skb.bytes, skb.network) === 0) {
		return dropSkb(skb, netns, "ip_mc_output", "TTL_EXPIRED", { detail: "a TTL of 0 keeps multicast on this host" });
	}
	return nfHook({ family: "ipv4", hook: "POSTROUTING", netns, indev: undefined, outdev, okfn: ipFinishOutput }, skb);
}

/** After POST_ROUTING: cuts what is too long, and goes to the next hop. */
export function ipFinishOutput(skb: Skb): Fate {
	const dst = dstOf(skb);
	outputState(dst.dev.netns).passed = skb.id;
	const mtu = skb.forwarded ? (ipv4DstOf(skb)?.forwardMtu ?? dst.mtu) : dst.mtu;
	if (skb.end - skb.network > mtu || skb.fragMaxSize > 0) return ipFragment(skb, dst, mtu);
	return ipFinishOutput2(skb);
}

/** `ip_fragment`: cuts, unless the packet says that it must not be cut. */
function ipFragment(skb: Skb, dst: Dst, mtu: number): Fate {
	const { netns } = dst.dev;
	const mayNotCut = (ipv4Frag(skb.bytes, skb.network) & IP_DF) !== 0;
	if (mayNotCut && (!skb.ignoreDf || skb.fragMaxSize > mtu)) {
		ipv4DstOf(skb)?.fragNeeded(skb, mtu);
		// The ICMP error may have passed POST_ROUTING since.
		outputState(netns).passed = skb.id;
		skb.sk?.error?.("EMSGSIZE");
		return dropSkb(skb, netns, "ip_fragment", "PKT_TOO_BIG", {
			detail: `${skb.end - skb.network} bytes, MTU ${mtu} of ${dst.dev.name}`,
		});
	}
	const fate = ipDoFragment(skb, { netns, mtu, output: ipFinishOutput2 });
	// What came of the first fragments may have passed POST_ROUTING since.
	outputState(netns).passed = skb.id;
	return fate;
}

function ipFinishOutput2(skb: Skb): Fate {
	const dst = dstOf(skb);
	return neighOutput(skb, dst.dev, dst.gateway ?? ipv4Dst(skb.bytes, skb.network));
}

/** Hands the host its own copy as if it had come in by the device; captures do not see it (`dev_loopback_xmit`). */
function devLoopbackXmit(skb: Skb): Fate {
	skb.pktType = "loopback";
	skb.iif = skb.dev?.ifindex ?? 0;
	skb.machine.loop.post(loopedBack, skb);
	return "queued";
}

const loopedBack: Work<Skb> = {
	run(skb) {
		skb.machine.packetTypes.get(ETH_P_IP)?.(skb);
	},
};

/** `dst_output`. */
function dstOutput(skb: Skb): Fate {
	return dstOf(skb).output(skb);
}

function dstOf(skb: Skb): Dst {
	if (skb.dst === undefined) throw new Error("ip_output: the packet has no route");
	return skb.dst;
}

function isAllHosts(skb: Skb): boolean {
	return ipv4Dst(skb.bytes, skb.network) === 0xe0000001;
}

/** The last identification given out, and the last packet that passed POST_ROUTING. */
const outputState: (netns: Netns) => { ident: number; passed: number } = pernet((netns) => ({
	ident: netns.machine.rng.below(0xffff),
	passed: 0,
}));
