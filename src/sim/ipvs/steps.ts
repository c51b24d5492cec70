/** Trace events of IPVS, and its objects as values of the port; callers on the packet path check `skb.machine.tracer` first. */
import type { IpvsConnection, IpvsForward, IpvsProtocol, IpvsServiceKey } from "../../kernel/ipvs.ts";
import type { TraceStep } from "../../kernel/trace-event.ts";
import { ipText } from "../../wire/addr.ts";
import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from "../../wire/ipv4.ts";
import { readIpv4Tuple, tupleValue } from "../netfilter/conntrack/tuple.ts";
import { CtTuple, ORIGINAL } from "../netfilter/conntrack/types.ts";
import { traceStep } from "../trace.ts";
import type { Skb } from "../types.ts";
import type { IpvsNet } from "./net.ts";
import { ipVsStateName } from "./state.ts";
import { CONN_F_TEMPLATE, type IpvsConn, type IpvsSvc } from "./types.ts";

type IpvsStep = Extract<TraceStep, { step: "ipvs" }>;

/** Emits a step about a connection as it is now. */
export function traceIpvs(
	skb: Skb,
	net: IpvsNet,
	fn: string,
	of: { readonly action: IpvsStep["action"]; readonly cp?: IpvsConn; readonly svc?: IpvsSvc; readonly why?: string },
): void {
	const { action, cp, svc, why } = of;
	traceStep(skb, net.netns, fn, {
		step: "ipvs",
		action,
		...(svc === undefined ? {} : { service: serviceKeyOf(svc), scheduler: svc.scheduler?.name ?? "none" }),
		...(cp === undefined ? {} : { connection: connectionOf(cp, net.now()), method: cp.method }),
		...(why === undefined ? {} : { why }),
	});
}

/** Does `rewrite` and says what it changed. */
export function rewriteTraced(
	skb: Skb,
	net: IpvsNet,
	of: { readonly fn: string; readonly action: IpvsStep["action"]; readonly cp: IpvsConn },
	rewrite: () => void,
): void {
	if (skb.machine.tracer === undefined) {
		rewrite();
		return;
	}
	const before = tupleOf(skb);
	rewrite();
	traceStep(skb, net.netns, of.fn, {
		step: "ipvs",
		action: of.action,
		connection: connectionOf(of.cp, net.now()),
		method: of.cp.method,
		before,
		after: tupleOf(skb),
	});
}

export function serviceKeyOf(svc: IpvsSvc): IpvsServiceKey {
	if (svc.fwmark !== 0) return { fwmark: svc.fwmark };
	return { proto: protocolOf(svc.proto) ?? "tcp", addr: ipText(svc.addr), port: svc.port };
}

/** As `ipvsadm -Lnc` would list it at `nowNs`. */
export function connectionOf(cp: IpvsConn, nowNs: number): IpvsConnection {
	// Before its first packet is through its timer does not run.
	const leftNs = cp.timer === undefined ? cp.timeoutNs : Math.max(0, cp.expiresNs - nowNs);
	return {
		kind: "ipvs-connection",
		family: "ipv4",
		proto: protocolOf(cp.proto) ?? "ip",
		client: { addr: ipText(cp.caddr), port: cp.cport },
		virtual: { addr: ipText(cp.vaddr), port: cp.vport },
		destination: { addr: ipText(cp.daddr), port: cp.dport },
		state: ipVsStateName(cp),
		expiresSeconds: Math.floor(leftNs / 1e9),
		...(cp.has(CONN_F_TEMPLATE) ? { template: true } : {}),
	};
}

export function protocolOf(proto: number): IpvsProtocol | undefined {
	switch (proto) {
		case IPPROTO_TCP:
			return "tcp";
		case IPPROTO_UDP:
			return "udp";
		case IPPROTO_SCTP:
			return "sctp";
		default:
			return undefined;
	}
}

/** The Linux function that sends by this method. */
export function xmitName(method: IpvsForward | "bypass"): string {
	switch (method) {
		case "masq":
			return "ip_vs_nat_xmit";
		case "droute":
			return "ip_vs_dr_xmit";
		case "tunnel":
			return "ip_vs_tunnel_xmit";
		case "bypass":
			return "ip_vs_bypass_xmit";
	}
}

function tupleOf(skb: Skb): ReturnType<typeof tupleValue> {
	const tuple = new CtTuple(undefined, ORIGINAL);
	readIpv4Tuple(skb.bytes, skb.network, skb.end, tuple);
	return tupleValue(tuple);
}
