/** The passive side of the handshake: SYN, SYN-ACK and its repetitions, the ACK that makes a socket (tcp_conn_request, tcp_check_req). */
import type { DropReason } from "../../kernel/drop-reason.ts";
import { buildTcpOptions, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, tcpOptions } from "../../wire/tcp.ts";
import { deliverSkb, dropSkb } from "../trace.ts";
import type { Fate, Netns } from "../types.ts";
import { transportConf } from "./conf.ts";
import { tcpRttSample } from "./tcp-ack.ts";
import { NO_BYTES, type TcpArrival } from "./tcp-arrival.ts";
import { tcpDoRcv } from "./tcp-input.ts";
import { endsOf, tcpV4SendReset } from "./tcp-reset.ts";
import { secureTcpSeq, secureTcpTsOffset, type TcpEnds } from "./tcp-secure.ts";
import { after, before, seqAdd } from "./tcp-seq.ts";
import { TCP_MSS_DEFAULT, TcpSock } from "./tcp-sock.ts";
import { describeTcp, type TcpAgreed, type TcpListenSock, TcpRequestSock, tcpTable } from "./tcp-table.ts";
import { tcpWriteTimer } from "./tcp-timer.ts";
import { TCP_TS_BYTES, tcpAdvMss, tcpInitialWindow, tcpSyncMss, tcpWindowScale } from "./tcp-window.ts";
import { tcpClockMs, tcpRouteOf, tcpSendReply, timestampOption } from "./tcp-xmit.ts";

const TCP_TIMEOUT_INIT_NS = 1_000_000_000;

/** A segment for a listening port. `isn`: the first sequence number to use, when TIME_WAIT says so. */
export function tcpListenRcv(listener: TcpListenSock, seg: TcpArrival, isn?: number): Fate {
	const { netns } = listener.options;
	const { flags, skb } = seg;
	if ((flags & TCP_RST) !== 0) return drop(netns, seg, "TCP_RESET");
	if ((flags & TCP_ACK) !== 0) {
		tcpV4SendReset(netns, seg);
		return drop(netns, seg, "TCP_FLAGS");
	}
	const synAlone = (flags & TCP_SYN) !== 0 && (flags & TCP_FIN) === 0;
	if (!synAlone || skb.dst?.type === "broadcast" || skb.dst?.type === "multicast") {
		return drop(netns, seg, "TCP_FLAGS");
	}
	return tcpConnRequest(listener, seg, isn);
}

/** A segment for a half-open connection. */
export function tcpCheckReq(request: TcpRequestSock, seg: TcpArrival): Fate {
	const { netns } = request.listener.options;
	const { flags } = seg;
	const old = request.agreed.tstampOk && seg.hasTimestamp && before(seg.tsval, request.tsRecent);
	if (flags === TCP_SYN && seg.seq === request.rcvIsn && !old) {
		// The SYN again: our answer was lost.
		request.resent = true;
		sendSynAck(request, seg);
		request.timer.set(TCP_TIMEOUT_INIT_NS * 2 ** request.retransmits);
		return deliverSkb(seg.skb, netns, "tcp_v4_rcv", describe(request));
	}
	if ((flags & TCP_ACK) !== 0 && seg.ack !== seqAdd(request.sndIsn, 1)) {
		tcpV4SendReset(netns, seg);
		return drop(netns, seg, "TCP_INVALID_ACK_SEQUENCE");
	}
	const rcvNxt = seqAdd(request.rcvIsn, 1);
	const outside = before(seg.endSeq, rcvNxt) || after(seg.seq, seqAdd(rcvNxt, request.agreed.rcvWnd));
	if (old || outside) {
		if ((flags & TCP_RST) === 0) sendRequestAck(request, seg);
		return drop(netns, seg, old ? "TCP_RFC7323_PAWS" : "TCP_INVALID_SEQUENCE");
	}
	if ((flags & (TCP_RST | TCP_SYN)) !== 0) {
		if ((flags & TCP_RST) === 0) tcpV4SendReset(netns, seg);
		tcpRequestDrop(request);
		return drop(netns, seg, (flags & TCP_RST) === 0 ? "TCP_INVALID_SYN" : "TCP_RESET");
	}
	if ((flags & TCP_ACK) === 0) return drop(netns, seg, "TCP_FLAGS");
	return tcpDoRcv(tcpChild(request, seg), seg);
}

export function tcpRequestDrop(request: TcpRequestSock): void {
	request.timer.stop();
	tcpTable(request.listener.options.netns).established.remove(request);
}

function tcpConnRequest(listener: TcpListenSock, seg: TcpArrival, isn: number | undefined): Fate {
	const { netns } = listener.options;
	const ends = endsOf(seg);
	const dst = tcpRouteOf(ends, listener.options);
	if (dst === undefined) return drop(netns, seg, "IP_OUTNOROUTES");
	const request = new TcpRequestSock({
		listener,
		ends,
		rcvIsn: seg.seq,
		sndIsn: isn ?? secureTcpSeq(netns, ends),
		agreed: agree(netns, ends, seg, tcpAdvMss(dst.mtu)),
		tsRecent: seg.tsval,
		onTimer: onRequestTimer,
	});
	tcpTable(netns).established.insert(request);
	const fate = deliverSkb(seg.skb, netns, "tcp_v4_rcv", describe(request));
	request.timer.set(TCP_TIMEOUT_INIT_NS);
	sendSynAck(request, seg);
	return fate;
}

/** What both ends support (`tcp_openreq_init`). */
function agree(netns: Netns, ends: TcpEnds, seg: TcpArrival, advMss: number): TcpAgreed {
	const conf = transportConf(netns);
	const options = tcpOptions(seg.skb.bytes, seg.skb.data);
	const tstampOk = conf.tcpTimestamps !== 0 && options.timestamps !== undefined;
	const wscaleOk = conf.tcpWindowScaling !== 0 && options.windowScale !== undefined;
	return {
		mss: options.mss ?? TCP_MSS_DEFAULT,
		tstampOk,
		sackOk: conf.tcpSack !== 0 && options.sackPermitted === true,
		wscaleOk,
		sndWscale: wscaleOk ? Math.min(options.windowScale ?? 0, 14) : 0,
		rcvWscale: wscaleOk ? tcpWindowScale(conf) : 0,
		rcvWnd: tcpInitialWindow(conf, tstampOk ? advMss - TCP_TS_BYTES : advMss),
		advMss,
		tsOffset: conf.tcpTimestamps === 1 ? secureTcpTsOffset(netns, ends) : 0,
	};
}

function sendSynAck(request: TcpRequestSock, parent?: TcpArrival): void {
	const { agreed, listener } = request;
	const { netns } = listener.options;
	request.sentNs = netns.machine.loop.now();
	const value = (tcpClockMs(netns) + agreed.tsOffset) >>> 0;
	tcpSendReply(netns, request, {
		seq: request.sndIsn,
		ack: seqAdd(request.rcvIsn, 1),
		flags: TCP_SYN | TCP_ACK,
		window: agreed.rcvWnd,
		options: buildTcpOptions({
			mss: agreed.advMss,
			...(agreed.sackOk ? { sackPermitted: true as const } : {}),
			...(agreed.tstampOk ? { timestamps: { value, echo: request.tsRecent } } : {}),
			...(agreed.wscaleOk ? { windowScale: agreed.rcvWscale } : {}),
		}),
		fn: "tcp_v4_send_synack",
		...(parent === undefined ? {} : { parent: parent.skb }),
		from: listener.options,
		sk: { describe: "a listening socket", owner: listener.options.owner, isRequest: true },
	});
}

/** Tells a peer whose segment does not fit where we are (`tcp_v4_reqsk_send_ack`). */
function sendRequestAck(request: TcpRequestSock, parent: TcpArrival): void {
	const { agreed, listener } = request;
	const { netns } = listener.options;
	const value = (tcpClockMs(netns) + agreed.tsOffset) >>> 0;
	tcpSendReply(netns, request, {
		seq: seqAdd(request.sndIsn, 1),
		ack: seqAdd(request.rcvIsn, 1),
		flags: TCP_ACK,
		window: agreed.rcvWnd >>> agreed.rcvWscale,
		options: agreed.tstampOk ? timestampOption(value, request.tsRecent) : NO_BYTES,
		fn: "tcp_v4_reqsk_send_ack",
		parent: parent.skb,
		from: listener.options,
	});
}

/** No ACK came: the SYN-ACK again after 1, 3, 7, 15 and 31 s (tcp_synack_retries), then no more (`reqsk_timer_handler`). */
function onRequestTimer(request: TcpRequestSock): void {
	if (request.retransmits >= transportConf(request.listener.options.netns).tcpSynackRetries) {
		tcpRequestDrop(request);
		return;
	}
	request.retransmits += 1;
	sendSynAck(request);
	request.timer.set(TCP_TIMEOUT_INIT_NS * 2 ** request.retransmits);
}

/** The full socket of a connection whose handshake the segment completes (`tcp_v4_syn_recv_sock`). */
function tcpChild(request: TcpRequestSock, seg: TcpArrival): TcpSock {
	const { listener, agreed } = request;
	const { netns } = listener.options;
	const sock = new TcpSock({
		options: listener.options,
		ends: request,
		state: "SYN_RECV",
		handlers: {},
		onTimer: tcpWriteTimer,
		onAccept: listener.onAccept,
	});
	const firstSeq = seqAdd(request.sndIsn, 1);
	sock.sndUna = firstSeq;
	sock.sndNxt = firstSeq;
	sock.sndSml = firstSeq;
	sock.recover = firstSeq;
	sock.rcvNxt = seqAdd(request.rcvIsn, 1);
	sock.rcvWup = sock.rcvNxt;
	sock.rcvWnd = agreed.rcvWnd;
	sock.rcvSpace = agreed.rcvWnd;
	sock.rcvWscale = agreed.rcvWscale;
	sock.sndWscale = agreed.sndWscale;
	sock.wscaleOk = agreed.wscaleOk;
	sock.tstampOk = agreed.tstampOk;
	sock.sackOk = agreed.sackOk;
	sock.tsOffset = agreed.tsOffset;
	sock.tsRecent = request.tsRecent;
	sock.mssClamp = agreed.mss;
	sock.sndWl1 = seg.seq;
	sock.sndWnd = seg.window * 2 ** agreed.sndWscale;
	sock.maxWindow = sock.sndWnd;
	tcpSyncMss(sock, tcpRouteOf(request, listener.options)?.mtu ?? agreed.advMss + 40);
	if (request.retransmits === 0 && !request.resent) tcpRttSample(sock, netns.machine.loop.now() - request.sentNs);
	tcpRequestDrop(request);
	tcpTable(netns).established.insert(sock);
	return sock;
}

function describe(request: TcpRequestSock): string {
	const { options } = request.listener;
	return options.netns.machine.tracer === undefined ? "" : describeTcp(request, options.program);
}

function drop(netns: Netns, seg: TcpArrival, reason: DropReason): Fate {
	return dropSkb(seg.skb, netns, "tcp_v4_rcv", reason);
}
