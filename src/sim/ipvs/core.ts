/** What IPVS does with packets at the hooks (net/netfilter/ipvs/ip_vs_core.c): requests to destinations, answers back to clients. */
import { ICMP_DEST_UNREACH, ICMP_PORT_UNREACH } from "../../wire/icmpv4.ts";
import { IPPROTO_ICMP, IPPROTO_SCTP, IPPROTO_TCP, ipv4IsFragment, ipv4Proto } from "../../wire/ipv4.ts";
import { TCP_RST, TCP_SYN } from "../../wire/tcp.ts";
import { icmpSend } from "../ipv4/icmp.ts";
import { ipDefrag } from "../ipv4/ip-fragment.ts";
import { ipRouteMeHarder } from "../ipv4/route.ts";
import { stolen } from "../netfilter/hooks.ts";
import { dropSkb } from "../trace.ts";
import type { HookState, HookVerdict, Skb } from "../types.ts";
import { ipVsConnExpireNow, ipVsConnPut } from "./conn.ts";
import { countIn, countOut } from "./count.ts";
import { ipVsInIcmp, ipVsOutIcmp } from "./icmp.ts";
import { connParam, ipVsFillIph, ipVsProtoGet } from "./iph.ts";
import { type IpvsNet, ipvsNet } from "./net.ts";
import { ipVsConnUsesOldConntrack, ipVsNotrack, ipVsUpdateConntrack } from "./nfct.ts";
import { SCTP_CID_ABORT, SCTP_CID_INIT, SCTP_S_CLOSED, sctpChunkType } from "./proto-sctp.ts";
import { TCP_S_CLOSE, TCP_S_FIN_WAIT, TCP_S_TIME_WAIT, tcpSegmentFlags } from "./proto-tcp.ts";
import { snatPacket } from "./rewrite.ts";
import { tryToSchedule } from "./schedule.ts";
import { ipVsSetState } from "./state.ts";
import { rewriteTraced, traceIpvs } from "./steps.ts";
import { CONN_F_NFCT, CONN_F_NOOUTPUT, CONN_F_ONE_PACKET, type IpvsConn, type IpvsIph } from "./types.ts";
import { packetXmit } from "./xmit.ts";

/** INPUT and OUTPUT: a packet for a virtual service (`ip_vs_in_hook`). */
export function ipVsInHook(skb: Skb, state: HookState): HookVerdict {
	if (skb.ipvsProperty || skb.dst === undefined) return "accept";
	if (skb.pktType !== "host" && state.hook !== "OUTPUT") return "accept";
	const net = ipvsNet(state.netns);
	const iph = ipVsFillIph(skb);
	if (iph.proto === IPPROTO_ICMP) {
		const verdict = ipVsInIcmp(net, skb, state);
		if (verdict !== undefined) return verdict;
	}
	if (!ipVsProtoGet(iph.proto)) {
		// It will be seen again only from inside a tunnel.
		if (net.settings.ignoreTunneled) skb.ipvsProperty = true;
		return "accept";
	}
	let cp = iph.hasPorts ? net.conns.inGet(connParam(iph)) : undefined;
	if (cp !== undefined) {
		const usable = stillUsable(net, skb, cp, { iph, state });
		if (usable === "drop") return "drop";
		if (usable === "new") cp = undefined;
		else if (skb.machine.tracer !== undefined) traceIpvs(skb, net, "ip_vs_conn_in_get", { action: "found", cp });
	}
	if (cp === undefined) {
		const scheduled = tryToSchedule(net, skb, iph, state);
		if ("verdict" in scheduled) return scheduled.verdict;
		cp = scheduled.cp;
	}
	countIn(net, cp, skb);
	ipVsSetState(net, cp, skb, { iph, output: false });
	const verdict = packetXmit(net, skb, cp, { state, iph });
	if (!cp.has(CONN_F_ONE_PACKET)) cp.inPackets += 1;
	else if (cp.control !== undefined) cp.control.inPackets += 1;
	ipVsConnPut(net, cp);
	return verdict;
}

/** INPUT, FORWARD and OUTPUT: an answer of a real server (`ip_vs_out_hook`). */
export function ipVsOutHook(skb: Skb, state: HookState): HookVerdict {
	if (skb.ipvsProperty || skb.dst === undefined) return "accept";
	const net = ipvsNet(state.netns);
	if (ipv4Proto(skb.bytes, skb.network) === IPPROTO_ICMP) {
		const verdict = ipVsOutIcmp(net, skb, state);
		if (verdict !== undefined) return verdict;
	}
	if (!ipVsProtoGet(ipv4Proto(skb.bytes, skb.network))) return "accept";
	const waits = gatherFrags(skb, state);
	if (waits !== undefined) return waits;
	const iph = ipVsFillIph(skb);
	const cp = iph.hasPorts ? net.conns.outGet(connParam(iph)) : undefined;
	if (cp !== undefined) return handleResponse(net, skb, cp, { iph, state });
	return net.settings.natIcmpSend && iph.hasPorts ? strayAnswer(net, skb, iph, state) : "accept";
}

/** FORWARD: ICMP errors for clients of services by mark, whose address is not this host's (`ip_vs_forward_icmp`). */
export function ipVsForwardIcmp(skb: Skb, state: HookState): HookVerdict {
	if (ipv4Proto(skb.bytes, skb.network) !== IPPROTO_ICMP) return "accept";
	return ipVsInIcmp(ipvsNet(state.netns), skb, state) ?? "accept";
}

/** Puts fragments together; undefined: the packet is whole (`ip_vs_gather_frags`). */
export function gatherFrags(skb: Skb, state: HookState): HookVerdict | undefined {
	if (!ipv4IsFragment(skb.bytes, skb.network)) return undefined;
	const user = state.hook === "INPUT" ? "vs-in" : state.hook === "FORWARD" ? "vs-forward" : "vs-out";
	const fate = ipDefrag(skb, state.netns, user);
	if (fate === undefined) return undefined;
	stolen.fate = fate;
	return "stolen";
}

/** Whether a known connection takes the packet, a new one begins, or the packet has no future. */
function stillUsable(
	net: IpvsNet,
	skb: Skb,
	cp: IpvsConn,
	at: { readonly iph: IpvsIph; readonly state: HookState },
): "yes" | "new" | "drop" {
	const { connReuseMode, expireNodestConn } = net.settings;
	if (connReuseMode !== 0 && isNewConn(skb, at.iph)) {
		const oldCt = ipVsConnUsesOldConntrack(cp, skb);
		const quiesced = expireNodestConn && cp.dest !== undefined && cp.dest.weight === 0;
		const reused = !quiesced && isNewConnExpected(cp, connReuseMode);
		// One that others depend on stays while its conntrack entry does.
		if (quiesced || (reused && (cp.nControl === 0 || !oldCt))) {
			if (!oldCt) cp.flags &= ~CONN_F_NFCT;
			if (cp.nControl === 0) ipVsConnExpireNow(net, cp);
			if (!oldCt) return "new";
			at.state.dropDetail = "IPVS: the connection is over, and its conntrack entry is not yet";
			return "drop";
		}
	}
	if (cp.dest === undefined || cp.dest.available) return "yes";
	if (!expireNodestConn) {
		at.state.dropDetail = "IPVS: the destination was deleted (expire_nodest_conn is off)";
		return "drop";
	}
	const oldCt = ipVsConnUsesOldConntrack(cp, skb);
	if (!oldCt) cp.flags &= ~CONN_F_NFCT;
	ipVsConnExpireNow(net, cp);
	if (!oldCt) return "new";
	at.state.dropDetail = "IPVS: the destination was deleted";
	return "drop";
}

function isNewConn(skb: Skb, iph: IpvsIph): boolean {
	if (iph.proto === IPPROTO_TCP) return ((tcpSegmentFlags(skb.bytes, iph.transport, skb.end) ?? 0) & TCP_SYN) !== 0;
	return iph.proto === IPPROTO_SCTP && sctpChunkType(skb.bytes, iph.transport, skb.end) === SCTP_CID_INIT;
}

/** The old connection is over, so that the client may use the port again (`is_new_conn_expected`). */
function isNewConnExpected(cp: IpvsConn, connReuseMode: number): boolean {
	if (cp.control !== undefined) return false;
	if (cp.proto === IPPROTO_SCTP) return cp.state === SCTP_S_CLOSED;
	if (cp.proto !== IPPROTO_TCP) return false;
	if (cp.state === TCP_S_TIME_WAIT || cp.state === TCP_S_CLOSE) return true;
	return (connReuseMode & 2) !== 0 && cp.state === TCP_S_FIN_WAIT && cp.has(CONN_F_NOOUTPUT);
}

/** The answer goes to the client as if from the virtual address (`handle_response`). */
function handleResponse(
	net: IpvsNet,
	skb: Skb,
	cp: IpvsConn,
	at: { readonly iph: IpvsIph; readonly state: HookState },
): HookVerdict {
	if (cp.method === "masq") {
		rewriteTraced(skb, net, { fn: "handle_response", action: "reply", cp }, () => snatPacket(skb, cp));
		if (!ipVsRouteMeHarder(net, skb, at.state)) {
			stolen.fate = dropSkb(skb, net.netns, "handle_response", "NOT_SPECIFIED", {
				detail: "no route from the virtual address",
			});
			return "stolen";
		}
	} else if (skb.machine.tracer !== undefined) {
		traceIpvs(skb, net, "ip_vs_conn_out_get", { action: "found", cp });
	}
	countOut(net, cp, skb);
	ipVsSetState(net, cp, skb, { iph: at.iph, output: true });
	skb.ipvsProperty = true;
	if (cp.has(CONN_F_NFCT)) ipVsUpdateConntrack(skb, cp, "client");
	else ipVsNotrack(skb);
	ipVsConnPut(net, cp);
	return "accept";
}

/** `snat_reroute`: the answer is routed by its new source, as if made here. False: there is no route. */
export function ipVsRouteMeHarder(net: IpvsNet, skb: Skb, state: HookState): boolean {
	if (!net.settings.snatReroute || state.hook === "INPUT" || skb.dst?.type === "local") return true;
	return ipRouteMeHarder(net.netns, skb) === undefined;
}

/** `nat_icmp_send`: a real server that answers to no connection is told so. */
function strayAnswer(net: IpvsNet, skb: Skb, iph: IpvsIph, state: HookState): HookVerdict {
	const isServer = net.services.entries().some((svc) =>
		svc.dests.some((dest) => {
			const same = dest.addr === iph.saddr && dest.port === iph.sport && dest.forward === "masq";
			return same && (svc.proto === iph.proto || svc.fwmark !== 0);
		}),
	);
	if (!isServer || endsConn(skb, iph)) return "accept";
	icmpSend(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	state.dropDetail = "IPVS: an answer to no connection (nat_icmp_send)";
	return "drop";
}

function endsConn(skb: Skb, iph: IpvsIph): boolean {
	if (iph.proto === IPPROTO_TCP) return ((tcpSegmentFlags(skb.bytes, iph.transport, skb.end) ?? 0) & TCP_RST) !== 0;
	return iph.proto === IPPROTO_SCTP && sctpChunkType(skb.bytes, iph.transport, skb.end) === SCTP_CID_ABORT;
}
