/** What a packet makes of its connection's state and timeout (`ip_vs_set_state`), and the names of states. */
import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from "../../wire/ipv4.ts";
import { TCP_MIN_HLEN } from "../../wire/tcp.ts";
import type { Skb } from "../types.ts";
import { ipVsControlAssureCt, setConnActive } from "./conn.ts";
import type { IpvsNet } from "./net.ts";
import { SCTP_S_ESTABLISHED, SCTP_STATES, sctpChunkType, sctpNextState } from "./proto-sctp.ts";
import { type StateDirection, TCP_S_ESTABLISHED, TCP_STATES, tcpNextState, tcpStateIsActive } from "./proto-tcp.ts";
import { CONN_F_NOOUTPUT, CONN_F_TEMPLATE, CTPL_S_ASSURED, type IpvsConn, type IpvsIph } from "./types.ts";

/** `iph` is the packet's own header. */
export function ipVsSetState(
	net: IpvsNet,
	cp: IpvsConn,
	skb: Skb,
	to: { readonly iph: IpvsIph; readonly output: boolean },
): void {
	switch (cp.proto) {
		case IPPROTO_TCP:
			if (to.iph.transport + TCP_MIN_HLEN <= skb.end) setTcpState(net, cp, skb, to);
			return;
		case IPPROTO_UDP:
			cp.timeoutNs = net.timeouts.udp * 1e9;
			if (to.output) ipVsControlAssureCt(cp);
			return;
		case IPPROTO_SCTP:
			if (sctpChunkType(skb.bytes, to.iph.transport, skb.end) !== undefined) setSctpState(net, cp, skb, to);
			return;
		default:
	}
}

/** As `ipvsadm -Lnc` shows it (`ip_vs_state_name`). */
export function ipVsStateName(cp: IpvsConn): string {
	if (cp.has(CONN_F_TEMPLATE)) return (cp.state & CTPL_S_ASSURED) === 0 ? "NONE" : "ASSURED";
	switch (cp.proto) {
		case IPPROTO_TCP:
			return TCP_STATES[cp.state] ?? "ERR!";
		case IPPROTO_UDP:
			return "UDP";
		case IPPROTO_SCTP:
			return SCTP_STATES[cp.state] ?? "ERR!";
		default:
			return "NONE";
	}
}

function setTcpState(
	net: IpvsNet,
	cp: IpvsConn,
	skb: Skb,
	to: { readonly iph: IpvsIph; readonly output: boolean },
): void {
	const next = tcpNextState(skb.bytes, to.iph.transport, cp.state, directionOf(cp, to.output));
	if (next !== cp.state) {
		setConnActive(cp, tcpStateIsActive(next));
		if (next === TCP_S_ESTABLISHED) ipVsControlAssureCt(cp);
	}
	cp.state = next;
	cp.timeoutNs = (net.timeouts.tcp[next] ?? 0) * 1e9;
}

function setSctpState(
	net: IpvsNet,
	cp: IpvsConn,
	skb: Skb,
	to: { readonly iph: IpvsIph; readonly output: boolean },
): void {
	const direction = directionOf(cp, to.output);
	const next = sctpNextState(skb.bytes, to.iph.transport, skb.end, { state: cp.state, direction });
	if (next !== cp.state) {
		setConnActive(cp, next === SCTP_S_ESTABLISHED);
		if (next === SCTP_S_ESTABLISHED) ipVsControlAssureCt(cp);
	}
	cp.state = next;
	cp.timeoutNs = (net.timeouts.sctp[next] ?? 0) * 1e9;
}

/** Only the client's packets are seen, until one of the server's is. */
function directionOf(cp: IpvsConn, output: boolean): StateDirection {
	if (!cp.has(CONN_F_NOOUTPUT)) return output ? "output" : "input";
	if (!output) return "input-only";
	cp.flags &= ~CONN_F_NOOUTPUT;
	return "output";
}
