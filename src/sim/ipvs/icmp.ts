/** ICMP errors about packets of connections, in both directions (ip_vs_core.c: ip_vs_in_icmp, ip_vs_out_icmp). */
import {
	ICMP_DEST_UNREACH,
	ICMP_FRAG_NEEDED,
	ICMP_HLEN,
	ICMP_TIME_EXCEEDED,
	icmpChecksumIsValid,
	icmpCode,
	icmpRest,
	icmpType,
} from "../../wire/icmpv4.ts";
import {
	IP_DF,
	IPPROTO_IPIP,
	IPV4_MIN_HLEN,
	ipv4Dst,
	ipv4Frag,
	ipv4HeaderLength,
	ipv4IsFragment,
	ipv4Proto,
	ipv4Src,
} from "../../wire/ipv4.ts";
import { icmpSend } from "../ipv4/icmp.ts";
import { ipDefrag } from "../ipv4/ip-fragment.ts";
import { ipRouteMeHarder, ipv4UpdatePmtu } from "../ipv4/route.ts";
import { stolen } from "../netfilter/hooks.ts";
import { consumeSkb } from "../trace.ts";
import type { HookState, HookVerdict, Skb } from "../types.ts";
import { ipVsConnPut } from "./conn.ts";
import { countIn, countOut } from "./count.ts";
import { connParam, ipVsFillIphIcmp, ipVsProtoGet } from "./iph.ts";
import type { IpvsNet } from "./net.ts";
import { ipVsNotrack, ipVsUpdateConntrack } from "./nfct.ts";
import { ipVsNatIcmp } from "./rewrite.ts";
import { tryToSchedule } from "./schedule.ts";
import { rewriteTraced, traceIpvs } from "./steps.ts";
import { CONN_F_NFCT, type IpvsConn } from "./types.ts";
import { ipVsIcmpXmit } from "./xmit.ts";

const ICMP_SOURCE_QUENCH = 4;

/** An ICMP packet from outside; undefined: it is no error, or about nothing of IPVS's, and is looked at no further. */
export function ipVsInIcmp(net: IpvsNet, skb: Skb, state: HookState): HookVerdict | undefined {
	const error = quotedError(skb, state);
	if (typeof error !== "number") return error;
	if (ipv4Proto(skb.bytes, error) === IPPROTO_IPIP) return tunnelError(net, skb, error);
	const ciph = ipVsFillIphIcmp(skb, error, true);
	if (ciph === undefined || !ipVsProtoGet(ciph.proto)) return "accept";
	let cp = ciph.hasPorts ? net.conns.inGet(connParam(ciph)) : undefined;
	const known = cp !== undefined;
	if (cp === undefined) {
		if (!net.settings.scheduleIcmp) return "accept";
		const scheduled = tryToSchedule(net, skb, ciph, state);
		if ("verdict" in scheduled) return scheduled.verdict;
		cp = scheduled.cp;
	}
	if (!icmpIsIntact(skb)) return badChecksum(state);
	if (known && skb.machine.tracer !== undefined) traceIpvs(skb, net, "ip_vs_in_icmp", { action: "found", cp });
	countIn(net, cp, skb);
	const verdict = ipVsIcmpXmit(net, skb, cp, { state, iph: ciph });
	if (!known) ipVsConnPut(net, cp);
	return verdict;
}

/** An ICMP packet of a real server, or about one, on its way to a client; undefined as above. */
export function ipVsOutIcmp(net: IpvsNet, skb: Skb, state: HookState): HookVerdict | undefined {
	const error = quotedError(skb, state);
	if (typeof error !== "number") return error;
	const ciph = ipVsFillIphIcmp(skb, error, true);
	if (ciph === undefined || !ipVsProtoGet(ciph.proto)) return "accept";
	const cp = ciph.hasPorts ? net.conns.outGet(connParam(ciph)) : undefined;
	if (cp === undefined) return "accept";
	if (cp.method === "masq") {
		if (!icmpIsIntact(skb)) return badChecksum(state);
		rewriteTraced(skb, net, { fn: "ip_vs_nat_icmp", action: "icmp", cp }, () => ipVsNatIcmp(skb, cp, "client"));
		const stays = !net.settings.snatReroute || state.hook === "INPUT" || skb.dst?.type === "local";
		if (!stays && ipRouteMeHarder(net.netns, skb) !== undefined) {
			state.dropDetail = "IPVS: no route from the virtual address";
			return "drop";
		}
	}
	countOut(net, cp, skb);
	skb.ipvsProperty = true;
	if (cp.has(CONN_F_NFCT)) ipVsUpdateConntrack(skb, cp, "client");
	else ipVsNotrack(skb);
	return "accept";
}

/** Where the packet that an error quotes begins; a verdict: it ends here; undefined: it is no error that IPVS looks at. */
function quotedError(skb: Skb, state: HookState): number | HookVerdict | undefined {
	if (ipv4IsFragment(skb.bytes, skb.network)) {
		const user = state.hook === "INPUT" ? "vs-in" : state.hook === "FORWARD" ? "vs-forward" : "vs-out";
		const fate = ipDefrag(skb, state.netns, user);
		if (fate !== undefined) {
			stolen.fate = fate;
			return "stolen";
		}
	}
	const icmp = skb.network + ipv4HeaderLength(skb.bytes, skb.network);
	if (icmp + ICMP_HLEN > skb.end) {
		state.dropDetail = "IPVS: a short ICMP packet";
		return "drop";
	}
	const type = icmpType(skb.bytes, icmp);
	if (type !== ICMP_DEST_UNREACH && type !== ICMP_SOURCE_QUENCH && type !== ICMP_TIME_EXCEEDED) return undefined;
	const quoted = icmp + ICMP_HLEN;
	return quoted + IPV4_MIN_HLEN > skb.end ? "accept" : quoted;
}

/** An error about a packet that was sent inside another: the client is told of it as of its own packet. */
function tunnelError(net: IpvsNet, skb: Skb, outer: number): HookVerdict {
	const b = skb.bytes;
	if (skb.dst?.type !== "local") return "accept";
	const server = ipv4Dst(b, outer);
	const isTunnel = net.services
		.entries()
		.some((svc) => svc.dests.some((d) => d.addr === server && d.forward === "tunnel"));
	const inner = outer + ipv4HeaderLength(b, outer);
	if (!isTunnel || inner + IPV4_MIN_HLEN > skb.end) return "accept";
	const ciph = ipVsFillIphIcmp(skb, inner, false);
	const cp = ciph?.hasPorts === true ? net.conns.inGet(connParam(ciph)) : undefined;
	if (cp === undefined) return "accept";
	if (!icmpIsIntact(skb)) return "drop";
	const told = tellClient(net, skb, cp, { outer, inner });
	stolen.fate = consumeSkb(
		skb,
		net.netns,
		"ip_vs_in_icmp",
		told ? "the client is told" : "noted the path MTU of the tunnel",
	);
	return "stolen";
}

/** False: the client does not ask for path MTUs, so it is not told of one. */
function tellClient(
	net: IpvsNet,
	skb: Skb,
	cp: IpvsConn,
	at: { readonly outer: number; readonly inner: number },
): boolean {
	const b = skb.bytes;
	const icmp = at.outer - ICMP_HLEN;
	const type = icmpType(b, icmp);
	const code = icmpCode(b, icmp);
	let rest = icmpRest(b, icmp);
	if (type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED) {
		const flow = { dst: ipv4Dst(b, at.outer), src: ipv4Src(b, at.outer), mark: 0, tos: 0, proto: 0 };
		ipv4UpdatePmtu(net.netns, flow, rest & 0xffff);
		if ((ipv4Frag(b, at.inner) & IP_DF) === 0) return false;
		rest = Math.max(rest & 0xffff, 88) - IPV4_MIN_HLEN;
	}
	skb.network = at.inner;
	skb.data = at.inner;
	icmpSend(skb, type, code, rest);
	countOut(net, cp, skb);
	return true;
}

function icmpIsIntact(skb: Skb): boolean {
	return icmpChecksumIsValid(skb.bytes, skb.network + ipv4HeaderLength(skb.bytes, skb.network), skb.end);
}

function badChecksum(state: HookState): HookVerdict {
	state.dropDetail = "IPVS: the ICMP checksum is wrong";
	return "drop";
}
