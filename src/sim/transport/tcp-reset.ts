/** RST for a segment that belongs to no connection (net/ipv4/tcp_ipv4.c: tcp_v4_send_reset; RFC 9293 §3.10.7.1). */
import { ipv4Tos } from "../../wire/ipv4.ts";
import { TCP_ACK, TCP_RST, tcpDport, tcpSport } from "../../wire/tcp.ts";
import { traceStep } from "../trace.ts";
import type { Netns } from "../types.ts";
import { inetDst, inetSrc } from "./inet.ts";
import { NO_BYTES, type TcpArrival } from "./tcp-arrival.ts";
import type { TcpEnds } from "./tcp-secure.ts";
import { tcpSendReply } from "./tcp-xmit.ts";

/** The two bits of congestion notification, which no answer repeats. */
const INET_ECN_MASK = 3;

/** The ends of an arriving segment as the receiver sees them. */
export function endsOf(seg: TcpArrival): TcpEnds {
	const { skb } = seg;
	return {
		laddr: inetDst(skb),
		lport: tcpDport(skb.bytes, skb.data),
		raddr: inetSrc(skb),
		rport: tcpSport(skb.bytes, skb.data),
	};
}

/** Answers with a RST, unless the segment is one; `skb.data` is still at the TCP header. */
export function tcpV4SendReset(netns: Netns, seg: TcpArrival): void {
	if ((seg.flags & TCP_RST) !== 0) return;
	const acked = (seg.flags & TCP_ACK) !== 0;
	const rst = tcpSendReply(netns, endsOf(seg), {
		seq: acked ? seg.ack : 0,
		ack: acked ? 0 : seg.endSeq,
		flags: acked ? TCP_RST : TCP_RST | TCP_ACK,
		window: 0,
		options: NO_BYTES,
		fn: "tcp_v4_send_reset",
		parent: seg.skb,
		tos: ipv4Tos(seg.skb.bytes, seg.skb.network) & ~INET_ECN_MASK,
	});
	if (rst === undefined) return;
	traceStep(seg.skb, netns, "tcp_v4_send_reset", { step: "answer", what: "TCP RST", child: rst.id });
}
