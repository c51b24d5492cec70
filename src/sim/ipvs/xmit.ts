/** Sending a packet to its destination (ip_vs_xmit.c): by rewriting it, by MAC address only, or inside another packet. */
import { IP_DF, IPPROTO_IPIP, ipv4Dst, ipv4Frag, ipv4Tos, ipv4Ttl } from "../../wire/ipv4.ts";
import { ipLocalOut, ipPushHeader, ipSelectIdent } from "../ipv4/ip-output.ts";
import { nfConntrackConfirm } from "../netfilter/conntrack/core.ts";
import { nfHook, stolen } from "../netfilter/hooks.ts";
import { dropSkb } from "../trace.ts";
import type { Fate, HookState, HookVerdict, Skb } from "../types.ts";
import type { IpvsNet } from "./net.ts";
import { ipVsNotrack, ipVsUpdateConntrack } from "./nfct.ts";
import { ipVsGetOutRt, type OutRouteMode } from "./out-route.ts";
import { dnatPacket, ipVsNatIcmp } from "./rewrite.ts";
import { rewriteTraced, traceIpvs, xmitName } from "./steps.ts";
import { CONN_F_NFCT, type IpvsConn, type IpvsIph } from "./types.ts";

const NAT: OutRouteMode = { local: true, redirect: true, tunnel: false, knownNextHop: false, icmp: false };
const DIRECT: OutRouteMode = { local: true, redirect: false, tunnel: false, knownNextHop: true, icmp: false };
const TUNNEL: OutRouteMode = { local: true, redirect: false, tunnel: true, knownNextHop: false, icmp: false };
const BYPASS: OutRouteMode = { local: false, redirect: false, tunnel: false, knownNextHop: false, icmp: false };

/** Sends the packet by its connection's method. `accept`: the destination is this host, the packet goes on here. */
export function packetXmit(
	net: IpvsNet,
	skb: Skb,
	cp: IpvsConn,
	from: { readonly state: HookState; readonly iph: IpvsIph },
): HookVerdict {
	const { icmp } = from.iph;
	switch (cp.method) {
		case "masq":
			return natXmit(net, skb, cp, from.state);
		case "tunnel":
			return tunnelXmit(net, skb, cp, { ...TUNNEL, icmp });
		case "droute":
			return direct(net, skb, cp, { daddr: cp.daddr, mode: { ...DIRECT, icmp } });
		case "bypass":
			return direct(net, skb, cp, { daddr: ipv4Dst(skb.bytes, skb.network), mode: { ...BYPASS, icmp } });
	}
}

/** An ICMP error about a connection's packet on its way to the server (`ip_vs_icmp_xmit`). */
export function ipVsIcmpXmit(
	net: IpvsNet,
	skb: Skb,
	cp: IpvsConn,
	from: { readonly state: HookState; readonly iph: IpvsIph },
): HookVerdict {
	if (cp.method !== "masq") {
		const verdict = packetXmit(net, skb, cp, from);
		cp.inPackets += 1;
		return verdict;
	}
	const forwarded = from.state.hook === "FORWARD";
	const fromAfar = wasInput(skb, from.state);
	const route = ipVsGetOutRt(net, skb, cp.daddr, { ...NAT, icmp: true, local: !forwarded, redirect: !forwarded });
	if (route.to === "failed") return txError(net, skb, "ip_vs_icmp_xmit", route.why);
	if (route.to === "local" && isLoopback(cp.daddr) && fromAfar)
		return txError(net, skb, "ip_vs_icmp_xmit", TO_LOOPBACK);
	rewriteTraced(skb, net, { fn: "ip_vs_nat_icmp", action: "icmp", cp }, () => ipVsNatIcmp(skb, cp, "server"));
	skb.ignoreDf = true;
	return natSendOrCont(net, skb, cp, route.to === "local");
}

const TO_LOOPBACK = "a packet from outside must not get a loopback address";

function natXmit(net: IpvsNet, skb: Skb, cp: IpvsConn, state: HookState): HookVerdict {
	const fromAfar = wasInput(skb, state);
	const route = ipVsGetOutRt(net, skb, cp.daddr, NAT);
	if (route.to === "failed") return txError(net, skb, "ip_vs_nat_xmit", route.why);
	if (route.to === "local" && isLoopback(cp.daddr) && fromAfar) return txError(net, skb, "ip_vs_nat_xmit", TO_LOOPBACK);
	rewriteTraced(skb, net, { fn: "ip_vs_nat_xmit", action: "forward", cp }, () => dnatPacket(skb, cp));
	skb.ignoreDf = true;
	return natSendOrCont(net, skb, cp, route.to === "local");
}

/** `ip_vs_nat_send_or_cont`. */
function natSendOrCont(net: IpvsNet, skb: Skb, cp: IpvsConn, local: boolean): HookVerdict {
	skb.ipvsProperty = true;
	if (cp.has(CONN_F_NFCT)) ipVsUpdateConntrack(skb, cp, "server");
	else ipVsNotrack(skb);
	return local ? "accept" : localOut(net, skb);
}

/** The packet as it is, to the destination's MAC address (`ip_vs_dr_xmit`, `ip_vs_bypass_xmit`). */
function direct(
	net: IpvsNet,
	skb: Skb,
	cp: IpvsConn,
	to: { readonly daddr: number; readonly mode: OutRouteMode },
): HookVerdict {
	const fn = xmitName(cp.method);
	const route = ipVsGetOutRt(net, skb, to.daddr, to.mode);
	if (route.to === "failed") return txError(net, skb, fn, route.why);
	if (skb.machine.tracer !== undefined) traceIpvs(skb, net, fn, { action: "forward", cp, ...localWhy(route.to) });
	if (route.to === "out") skb.ignoreDf = true;
	return sendOrCont(net, skb, cp, route.to === "local");
}

/** The packet inside another one (`ip_vs_tunnel_xmit`); the outer one goes through OUTPUT and POSTROUTING with an entry of its own. */
function tunnelXmit(net: IpvsNet, skb: Skb, cp: IpvsConn, mode: OutRouteMode): HookVerdict {
	const route = ipVsGetOutRt(net, skb, cp.daddr, mode);
	if (route.to === "failed") return txError(net, skb, "ip_vs_tunnel_xmit", route.why);
	if (skb.machine.tracer !== undefined) {
		traceIpvs(skb, net, "ip_vs_tunnel_xmit", { action: "forward", cp, ...localWhy(route.to) });
	}
	if (route.to === "local") return sendOrCont(net, skb, cp, true);
	const b = skb.bytes;
	const { network } = skb;
	const outer = {
		src: route.dst.prefsrc ?? 0,
		dst: cp.daddr,
		proto: IPPROTO_IPIP,
		ttl: ipv4Ttl(b, network),
		tos: ipv4Tos(b, network),
		df: net.settings.pmtuDisc && (ipv4Frag(b, network) & IP_DF) !== 0,
		id: ipSelectIdent(net.netns),
	};
	skb.data = network;
	if (!confirmed(net, skb, cp)) return "drop";
	skb.sk = undefined;
	ipPushHeader(skb, outer);
	skb.ignoreDf = true;
	stolen.fate = ipLocalOut(net.netns, skb);
	return "stolen";
}

/** The inner packet's own entry ends its way here; the outer packet begins without (`ip_vs_tunnel_xmit_prepare`). */
function confirmed(net: IpvsNet, skb: Skb, cp: IpvsConn): boolean {
	skb.ipvsProperty = true;
	if (cp.has(CONN_F_NFCT)) {
		const { netns } = net;
		const state: HookState = {
			family: "ipv4",
			hook: "POSTROUTING",
			netns,
			indev: undefined,
			outdev: undefined,
			okfn: () => "queued",
		};
		if (nfConntrackConfirm(skb, state) !== "accept") return false;
	}
	skb.ct = undefined;
	skb.ctInfo = "none";
	return true;
}

/** `ip_vs_send_or_cont`. */
function sendOrCont(net: IpvsNet, skb: Skb, cp: IpvsConn, local: boolean): HookVerdict {
	skb.ipvsProperty = true;
	if (!cp.has(CONN_F_NFCT)) ipVsNotrack(skb);
	return local ? "accept" : localOut(net, skb);
}

/** Through OUTPUT, never through FORWARD. */
function localOut(net: IpvsNet, skb: Skb): HookVerdict {
	if (skb.dev !== undefined) skb.sk = undefined;
	skb.data = skb.network;
	stolen.fate = nfHook(
		{ family: "ipv4", hook: "OUTPUT", netns: net.netns, indev: undefined, outdev: skb.dst?.dev, okfn: dstOutput },
		skb,
	);
	return "stolen";
}

function dstOutput(skb: Skb): Fate {
	if (skb.dst === undefined) throw new Error("ip_vs: the packet lost its route");
	return skb.dst.output(skb);
}

function txError(net: IpvsNet, skb: Skb, fn: string, detail: string): HookVerdict {
	stolen.fate = dropSkb(skb, net.netns, fn, "NOT_SPECIFIED", { detail });
	return "stolen";
}

/** The packet came from another host: its route is one of input. */
function wasInput(skb: Skb, state: HookState): boolean {
	return state.hook !== "OUTPUT" && skb.dev?.isLoopback !== true;
}

function isLoopback(addr: number): boolean {
	return addr >>> 24 === 127;
}

function localWhy(to: "local" | "out"): { readonly why?: string } {
	return to === "local" ? { why: "the destination is this host" } : {};
}
