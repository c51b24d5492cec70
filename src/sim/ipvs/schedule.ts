/** A destination for a new connection (ip_vs_core.c: ip_vs_schedule, ip_vs_sched_persist, ip_vs_leave). */
import { ICMP_DEST_UNREACH, ICMP_PORT_UNREACH } from "../../wire/icmpv4.ts";
import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from "../../wire/ipv4.ts";
import { TCP_RST, TCP_SYN } from "../../wire/tcp.ts";
import { icmpSend } from "../ipv4/icmp.ts";
import { inetAddrType } from "../ipv4/route.ts";
import type { HookState, HookVerdict, Skb } from "../types.ts";
import { ipVsCheckTemplate, ipVsConnNew, ipVsConnPut, ipVsControlAdd } from "./conn.ts";
import type { ConnParam } from "./conn-table.ts";
import { connParam, inverted } from "./iph.ts";
import type { IpvsNet } from "./net.ts";
import { SCTP_CID_INIT, sctpChunkType } from "./proto-sctp.ts";
import { tcpSegmentFlags } from "./proto-tcp.ts";
import { ipVsSetState } from "./state.ts";
import { traceIpvs } from "./steps.ts";
import {
	CONN_F_ONE_PACKET,
	CONN_F_TEMPLATE,
	FTPDATA,
	FTPPORT,
	type IpvsConn,
	type IpvsDest,
	type IpvsIph,
	type IpvsSvc,
} from "./types.ts";
import { packetXmit } from "./xmit.ts";

/** The connection that the packet begins, or what becomes of a packet that begins none. */
export type Scheduled = { readonly cp: IpvsConn } | { readonly verdict: HookVerdict };

const PASS: Scheduled = { verdict: "accept" };

/** A packet of no connection: it begins one if there is a service for it (`ip_vs_try_to_schedule`, `…_conn_schedule`). */
export function tryToSchedule(net: IpvsNet, skb: Skb, iph: IpvsIph, state: HookState): Scheduled {
	const begins = beginsConnection(net, skb, iph);
	if (begins === "short") return dropped(state, "too short for its ports");
	if (begins === "no") return PASS;
	const { vaddr, vport } = connParam(iph);
	const svc = net.services.find(skb.mark, iph.proto, vaddr, vport);
	if (svc === undefined) return PASS;
	if (skb.machine.tracer !== undefined) traceIpvs(skb, net, "ip_vs_service_find", { action: "service", svc });
	const made = ipVsSchedule(net, skb, svc, iph);
	if (made === "ignored") return PASS;
	return made === "no-destination" ? ipVsLeave(net, skb, svc, { iph, state }) : { cp: made };
}

/** TCP begins with a SYN, SCTP with an INIT; the quoted header of an ICMP error may be of any packet. */
function beginsConnection(net: IpvsNet, skb: Skb, iph: IpvsIph): "yes" | "no" | "short" {
	if (!iph.hasPorts) return "short";
	if (iph.icmp || iph.proto === IPPROTO_UDP) return "yes";
	const { sloppyTcp, sloppySctp } = net.settings;
	if (iph.proto === IPPROTO_TCP) {
		const flags = tcpSegmentFlags(skb.bytes, iph.transport, skb.end);
		if (flags === undefined) return "short";
		return (flags & TCP_RST) === 0 && (sloppyTcp || (flags & TCP_SYN) !== 0) ? "yes" : "no";
	}
	if (iph.proto !== IPPROTO_SCTP) return "no";
	const chunk = sctpChunkType(skb.bytes, iph.transport, skb.end);
	return chunk !== undefined && (chunk === SCTP_CID_INIT || sloppySctp) ? "yes" : "short";
}

/** `ignored`: the packet is none of the service's business. */
function ipVsSchedule(net: IpvsNet, skb: Skb, svc: IpvsSvc, iph: IpvsIph): IpvsConn | "ignored" | "no-destination" {
	const param = connParam(iph);
	if (param.cport === FTPDATA) return "ignored";
	// An answer of a server on this host is not a request.
	const here = skb.dev === undefined || skb.dev.isLoopback;
	if (here && net.conns.inGet(connParam(inverted(iph))) !== undefined) return "ignored";
	if (svc.persistence !== undefined) return schedPersist(net, skb, svc, iph);
	if (svc.fwmark === 0 && param.vport !== svc.port) return "no-destination";
	const dest = svc.scheduler?.bound.schedule(iph, skb);
	if (dest === undefined) return "no-destination";
	const cp = ipVsConnNew(net, {
		param,
		daddr: dest.addr,
		dport: dest.port === 0 ? param.vport : dest.port,
		flags: onePacket(svc, iph),
		dest,
		fwmark: skb.mark,
	});
	countConn(net, cp, svc);
	if (skb.machine.tracer !== undefined) traceIpvs(skb, net, "ip_vs_schedule", { action: "schedule", cp, svc });
	return cp;
}

/** The destination of the client's template, or a new one and a template for it (`ip_vs_sched_persist`). */
function schedPersist(net: IpvsNet, skb: Skb, svc: IpvsSvc, iph: IpvsIph): IpvsConn | "no-destination" {
	const param = connParam(iph);
	const { timeoutNs, netmask } = svc.persistence ?? { timeoutNs: 0, netmask: 0xffffffff };
	const key = templateParam(svc, param, (param.caddr & netmask) >>> 0);
	const found = net.conns.templateGet(key);
	const known = found !== undefined && ipVsCheckTemplate(net, found) ? found : undefined;
	const dest = known === undefined ? svc.scheduler?.bound.schedule(iph, skb) : known.dest;
	if (dest === undefined) return "no-destination";
	const template = known ?? newTemplate(net, svc, { key, dest, vport: param.vport, mark: skb.mark });
	if (known === undefined) template.timeoutNs = timeoutNs;
	const cp = ipVsConnNew(net, {
		param,
		daddr: dest.addr,
		dport: param.vport === svc.port && dest.port !== 0 ? dest.port : param.vport,
		flags: onePacket(svc, iph),
		dest,
		fwmark: skb.mark,
	});
	ipVsControlAdd(cp, template);
	ipVsConnPut(net, template);
	countConn(net, cp, svc);
	if (skb.machine.tracer !== undefined) {
		const why = known === undefined ? "a new persistence template" : "as its persistence template says";
		traceIpvs(skb, net, "ip_vs_sched_persist", { action: "schedule", cp, svc, why });
	}
	return cp;
}

/** By service port; FTP, services for every port and those by mark have one template for all ports. */
function templateParam(svc: IpvsSvc, param: ConnParam, snet: number): ConnParam {
	const { proto, vaddr, vport } = param;
	if (vport === svc.port) return { proto, caddr: snet, cport: 0, vaddr, vport: vport === FTPPORT ? 0 : vport };
	if (svc.fwmark !== 0) return { proto: 0, caddr: snet, cport: 0, vaddr: svc.fwmark, vport: 0 };
	return { proto, caddr: snet, cport: 0, vaddr, vport: 0 };
}

function newTemplate(
	net: IpvsNet,
	svc: IpvsSvc,
	of: { readonly key: ConnParam; readonly dest: IpvsDest; readonly vport: number; readonly mark: number },
): IpvsConn {
	const dport = of.vport === svc.port && svc.port !== FTPPORT ? of.dest.port : 0;
	return ipVsConnNew(net, {
		param: of.key,
		daddr: of.dest.addr,
		dport,
		flags: CONN_F_TEMPLATE,
		dest: of.dest,
		fwmark: of.mark,
	});
}

/** There is a service and no destination: the sender is told that the port is unreachable, TCP too (`ip_vs_leave`). */
function ipVsLeave(
	net: IpvsNet,
	skb: Skb,
	svc: IpvsSvc,
	at: { readonly iph: IpvsIph; readonly state: HookState },
): Scheduled {
	const { iph, state } = at;
	const param = connParam(iph);
	const bypass = net.settings.cacheBypass && svc.fwmark !== 0 && !iph.icmp;
	if (bypass && inetAddrType(net.netns, iph.daddr) === "unicast") return bypassed(net, skb, svc, at);
	if (svc.port === FTPPORT && param.vport !== FTPPORT) return PASS;
	const why = svc.dests.length === 0 ? "the service has no destination" : "no destination can take a connection";
	if (skb.machine.tracer !== undefined) traceIpvs(skb, net, "ip_vs_leave", { action: "no-destination", svc, why });
	if (!iph.icmp) icmpSend(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	return dropped(state, why);
}

/** `cache_bypass`: to where the client wanted. */
function bypassed(
	net: IpvsNet,
	skb: Skb,
	svc: IpvsSvc,
	at: { readonly iph: IpvsIph; readonly state: HookState },
): Scheduled {
	const { iph } = at;
	const flags = onePacket(svc, iph);
	const cp = ipVsConnNew(net, { param: connParam(iph), daddr: 0, dport: 0, flags, dest: undefined, fwmark: skb.mark });
	ipVsSetState(net, cp, skb, { iph, output: false });
	const verdict = packetXmit(net, skb, cp, at);
	cp.inPackets += 1;
	ipVsConnPut(net, cp);
	return { verdict };
}

function onePacket(svc: IpvsSvc, iph: IpvsIph): number {
	return svc.onePacket && iph.proto === IPPROTO_UDP ? CONN_F_ONE_PACKET : 0;
}

/** `ip_vs_conn_stats`. */
function countConn(net: IpvsNet, cp: IpvsConn, svc: IpvsSvc): void {
	cp.dest?.stats.countConn(net);
	svc.stats.countConn(net);
	net.totals.countConn(net);
}

function dropped(state: HookState, detail: string): Scheduled {
	state.dropDetail = `IPVS: ${detail}`;
	return { verdict: "drop" };
}
