/** A segment for a connection, state by state (net/ipv4/tcp_input.c: tcp_rcv_state_process, tcp_rcv_established; RFC 9293 §3.10.7). */
import type { DropReason } from "../../kernel/drop-reason.ts";
import { TCP_ACK, TCP_RST, TCP_SYN, tcpOptions } from "../../wire/tcp.ts";
import { deliverSkb, dropSkb } from "../trace.ts";
import type { Fate } from "../types.ts";
import { tcpAck, tcpAckProblem } from "./tcp-ack.ts";
import type { TcpArrival } from "./tcp-arrival.ts";
import { tcpClosed, tcpReset, tcpTimeWait } from "./tcp-done.ts";
import { hasUnsent, tcpCurrentMss, tcpPush, tcpSendAck, tcpSendSyn } from "./tcp-output.ts";
import { tcpDataProblem, tcpDataQueue, tcpValidateIncoming } from "./tcp-receive.ts";
import { tcpV4SendReset } from "./tcp-reset.ts";
import { after, seqAdd } from "./tcp-seq.ts";
import { TCP_INIT_CWND, TCP_MSS_DEFAULT, type TcpSock } from "./tcp-sock.ts";
import { tcpTellConnected, tcpWake } from "./tcp-tell.ts";

/** Takes a segment for a connection. */
export function tcpDoRcv(sock: TcpSock, seg: TcpArrival): Fate {
	if (sock.state === "SYN_SENT") return tcpRcvSynSent(sock, seg);
	if ((seg.flags & (TCP_ACK | TCP_RST | TCP_SYN)) === 0) return drop(sock, seg, "TCP_FLAGS");
	const invalid = tcpValidateIncoming(sock, seg);
	if (invalid !== undefined) return drop(sock, seg, invalid);
	if ((seg.flags & TCP_ACK) === 0) return drop(sock, seg, "TCP_FLAGS");
	const badAck = tcpAckProblem(sock, seg);
	if (badAck !== undefined) {
		if (sock.state === "SYN_RECV") tcpV4SendReset(sock.options.netns, seg);
		return drop(sock, seg, badAck);
	}
	const useless = tcpDataProblem(sock, seg);
	const fate = useless === undefined ? deliver(sock, seg) : drop(sock, seg, useless);
	tcpAck(sock, seg);
	if (sock.state === "SYN_RECV") tcpEstablish(sock);
	if (!tcpFinAcked(sock)) return fate;
	if (useless === undefined) tcpDataQueue(sock, seg);
	else sock.ackPending = true;
	tcpPush(sock);
	answerAndTell(sock, seg);
	return fate;
}

/** The handshake is done. A FIN that the program already asked for counts from here. */
export function tcpEstablish(sock: TcpSock): void {
	sock.state = sock.finQueued ? "FIN_WAIT1" : "ESTABLISHED";
	tcpCurrentMss(sock);
	tcpTellConnected(sock);
}

/** What the peer's SYN says about it goes into the socket. */
export function tcpTakeSyn(sock: TcpSock, seg: TcpArrival): void {
	const options = tcpOptions(seg.skb.bytes, seg.skb.data);
	sock.mssClamp = options.mss ?? TCP_MSS_DEFAULT;
	sock.tstampOk = sock.tstampOk && options.timestamps !== undefined;
	sock.sackOk = sock.sackOk && options.sackPermitted === true;
	sock.wscaleOk = sock.wscaleOk && options.windowScale !== undefined;
	sock.sndWscale = sock.wscaleOk ? Math.min(options.windowScale ?? 0, 14) : 0;
	if (!sock.wscaleOk) sock.rcvWscale = 0;
	sock.tsRecent = options.timestamps?.value ?? 0;
	sock.rcvNxt = seqAdd(seg.seq, 1);
	sock.rcvWup = sock.rcvNxt;
	sock.sndWnd = seg.window;
	sock.sndWl1 = seg.seq;
	sock.maxWindow = seg.window;
	sock.pmtu = 0;
	tcpCurrentMss(sock);
}

/** `tcp_rcv_synsent_state_process`. */
function tcpRcvSynSent(sock: TcpSock, seg: TcpArrival): Fate {
	const acked = (seg.flags & TCP_ACK) !== 0;
	if (acked && (!after(seg.ack, sock.sndUna) || after(seg.ack, sock.sndNxt))) {
		tcpV4SendReset(sock.options.netns, seg);
		return drop(sock, seg, "TCP_INVALID_ACK_SEQUENCE");
	}
	if ((seg.flags & TCP_RST) !== 0) {
		if (!acked) return drop(sock, seg, "TCP_RESET");
		const fate = deliver(sock, seg);
		tcpReset(sock);
		return fate;
	}
	if ((seg.flags & TCP_SYN) === 0) return drop(sock, seg, "TCP_FLAGS");
	const fate = deliver(sock, seg);
	if (!acked) {
		// Both opened at the same moment (RFC 9293 §3.5, figure 7).
		tcpTakeSyn(sock, seg);
		sock.state = "SYN_RECV";
		sock.retransmits = 0;
		tcpSendSyn(sock);
		return fate;
	}
	tcpAck(sock, seg);
	tcpTakeSyn(sock, seg);
	sock.cwnd = TCP_INIT_CWND;
	sock.state = sock.finQueued ? "FIN_WAIT1" : "ESTABLISHED";
	// What the program wrote meanwhile carries the ACK.
	if (hasUnsent(sock)) tcpPush(sock);
	else tcpSendAck(sock);
	tcpTellConnected(sock);
	return fate;
}

/** Goes on to the next state when the peer has acknowledged our FIN. False: the socket is gone. */
function tcpFinAcked(sock: TcpSock): boolean {
	if (!sock.finSent || sock.sndUna !== sock.sndNxt) return true;
	if (sock.state === "FIN_WAIT1") sock.state = "FIN_WAIT2";
	else if (sock.state === "CLOSING") {
		tcpTimeWait(sock);
		return false;
	} else if (sock.state === "LAST_ACK") {
		tcpClosed(sock);
		return false;
	}
	return true;
}

/**
 * Data is acknowledged before the program sees it (Linux's quick ACK; delayed ACKs are not modelled), a bare FIN after
 * it (tcp-tell.ts), so that a program which closes at once sends its own FIN with the ACK.
 */
function answerAndTell(sock: TcpSock, seg: TcpArrival): void {
	const bareFin = sock.finArrived && seg.payload.length === 0;
	if (sock.ackPending && !bareFin) tcpSendAck(sock);
	const finNow = sock.finArrived && !isPeerClosed(sock);
	if (finNow) {
		if (sock.state === "FIN_WAIT2") {
			if (sock.ackPending) tcpSendAck(sock);
			tcpTimeWait(sock);
			return;
		}
		if (sock.state === "FIN_WAIT1") {
			if (sock.ackPending) tcpSendAck(sock);
			sock.state = "CLOSING";
		} else sock.state = "CLOSE_WAIT";
	}
	if (sock.ackPending || sock.unreadBytes > 0 || finNow) tcpWake(sock);
}

/** The FIN that came has already been taken into account. */
function isPeerClosed(sock: TcpSock): boolean {
	const { state } = sock;
	return state === "CLOSE_WAIT" || state === "CLOSING" || state === "LAST_ACK" || state === "CLOSE";
}

function deliver(sock: TcpSock, seg: TcpArrival): Fate {
	return deliverSkb(seg.skb, sock.options.netns, "tcp_v4_rcv", describeIfTraced(sock));
}

function drop(sock: TcpSock, seg: TcpArrival, reason: DropReason): Fate {
	return dropSkb(seg.skb, sock.options.netns, "tcp_v4_rcv", reason, { detail: describeIfTraced(sock) });
}

function describeIfTraced(sock: TcpSock): string {
	return sock.options.netns.machine.tracer === undefined ? "" : sock.describe;
}
