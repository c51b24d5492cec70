/** Segments for a connection in TIME_WAIT (net/ipv4/tcp_minisocks.c: tcp_timewait_state_process; RFC 9293 §3.10.7.4, RFC 6191). */
import { TCP_ACK, TCP_RST, TCP_SYN } from "../../wire/tcp.ts";
import { deliverSkb, dropSkb } from "../trace.ts";
import type { Fate } from "../types.ts";
import { transportConf } from "./conf.ts";
import { NO_BYTES, type TcpArrival } from "./tcp-arrival.ts";
import { tcpTimewaitKill, tcpTimewaitSchedule } from "./tcp-done.ts";
import { tcpListenRcv } from "./tcp-handshake.ts";
import { after, before, seqAdd } from "./tcp-seq.ts";
import { describeTcp, type TcpTimewaitSock, tcpLookupListener, tcpTable } from "./tcp-table.ts";
import { tcpClockMs, tcpSendReply, timestampOption } from "./tcp-xmit.ts";

/** Takes a late segment; a SYN that is clearly newer opens a connection anew. */
export function tcpTimewaitRcv(timewait: TcpTimewaitSock, seg: TcpArrival): Fate {
	const { netns } = timewait.options;
	const { flags } = seg;
	const rst = (flags & TCP_RST) !== 0;
	const stamped = timewait.tstampOk && seg.hasTimestamp;
	const old = stamped && before(seg.tsval, timewait.tsRecent);
	if (!old && seg.seq === timewait.rcvNxt && (seg.seq === seg.endSeq || rst)) {
		if (rst && transportConf(netns).tcpRfc1337 === 0) tcpTimewaitKill(timewait);
		else {
			if (stamped) timewait.tsRecent = seg.tsval;
			tcpTimewaitSchedule(timewait);
		}
		return take(timewait, seg);
	}
	const newer = after(seg.seq, timewait.rcvNxt) || (stamped && after(seg.tsval, timewait.tsRecent));
	if ((flags & TCP_SYN) !== 0 && (flags & (TCP_RST | TCP_ACK)) === 0 && !old && newer) {
		const dif = seg.skb.dev?.ifindex ?? 0;
		const listener = tcpLookupListener(tcpTable(netns), timewait.laddr, timewait.lport, dif);
		if (listener !== undefined) {
			tcpTimewaitKill(timewait);
			return tcpListenRcv(listener, seg, seqAdd(timewait.sndNxt, 65537));
		}
	}
	if (rst) return take(timewait, seg);
	if (old || (flags & TCP_ACK) !== 0) tcpTimewaitSchedule(timewait);
	const fate = old
		? dropSkb(seg.skb, netns, "tcp_v4_rcv", "TCP_RFC7323_TW_PAWS", { detail: describe(timewait) })
		: take(timewait, seg);
	sendTimewaitAck(timewait, seg);
	return fate;
}

/** Repeats our last ACK, for a peer that did not get it (`tcp_v4_timewait_ack`). */
function sendTimewaitAck(timewait: TcpTimewaitSock, seg: TcpArrival): void {
	const { options } = timewait;
	const nowNs = options.netns.machine.loop.now();
	const bare = seg.seq === seg.endSeq;
	const limitNs = transportConf(options.netns).tcpInvalidRatelimitMs * 1_000_000;
	if (bare && nowNs - timewait.lastOowAckNs < limitNs) return;
	timewait.lastOowAckNs = nowNs;
	const value = (tcpClockMs(options.netns) + timewait.tsOffset) >>> 0;
	tcpSendReply(options.netns, timewait, {
		seq: timewait.sndNxt,
		ack: timewait.rcvNxt,
		flags: TCP_ACK,
		window: timewait.rcvWnd,
		options: timewait.tstampOk ? timestampOption(value, timewait.tsRecent) : NO_BYTES,
		fn: "tcp_v4_timewait_ack",
		parent: seg.skb,
		from: options,
	});
}

function take(timewait: TcpTimewaitSock, seg: TcpArrival): Fate {
	return deliverSkb(seg.skb, timewait.options.netns, "tcp_v4_rcv", describe(timewait));
}

function describe(timewait: TcpTimewaitSock): string {
	if (timewait.options.netns.machine.tracer === undefined) return "";
	return `${describeTcp(timewait, timewait.options.program)} in TIME_WAIT`;
}
