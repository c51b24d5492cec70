/**
 * What an acknowledgement does: frees what arrived, measures the round trip, opens the windows, finds losses
 * (net/ipv4/tcp_input.c: tcp_ack). Congestion control is NewReno (RFC 5681, RFC 6582) with a first window of 10 segments.
 * Not modelled: SACK blocks (the option is offered, blocks are neither sent nor read), RACK, CUBIC, ECN, F-RTO.
 */
import type { DropReason } from "../../kernel/drop-reason.ts";
import { TCP_SYN } from "../../wire/tcp.ts";
import type { TcpArrival } from "./tcp-arrival.ts";
import {
	hasUnsent,
	tcpMarkLost,
	tcpProbe0Delay,
	tcpRetransmitLost,
	tcpSendChallengeAck,
	tcpSetRto,
} from "./tcp-output.ts";
import { after, before, seqAdd, seqDiff } from "./tcp-seq.ts";
import type { TcpSock } from "./tcp-sock.ts";
import { tcpSyncMss } from "./tcp-window.ts";
import { tcpClockMs } from "./tcp-xmit.ts";

const DUP_ACKS = 3;

/** Why an acknowledgement number is not acceptable; undefined: it is. One far too old gets a challenge (RFC 5961 §5.2). */
export function tcpAckProblem(sock: TcpSock, seg: TcpArrival): DropReason | undefined {
	if (after(seg.ack, sock.sndNxt)) return "TCP_ACK_UNSENT_DATA";
	if (before(seg.ack, seqAdd(sock.sndUna, -Math.max(sock.maxWindow, 1)))) {
		tcpSendChallengeAck(sock);
		return "TCP_TOO_OLD_ACK";
	}
	return undefined;
}

/** Takes an acceptable acknowledgement. */
export function tcpAck(sock: TcpSock, seg: TcpArrival): void {
	storeTimestamp(sock, seg);
	if (before(seg.ack, sock.sndUna)) return;
	const flightBefore = sock.rtxQueue.length;
	const windowChanged = updateWindow(sock, seg);
	sock.probesOut = 0;
	if (after(seg.ack, sock.sndUna)) newAck(sock, seg);
	else if (flightBefore > 0 && seg.seq === seg.endSeq && !windowChanged) duplicateAck(sock);
	tcpRetransmitLost(sock);
	rearm(sock, flightBefore);
}

/** RFC 7323 §4.3. */
function storeTimestamp(sock: TcpSock, seg: TcpArrival): void {
	if (seg.hasTimestamp && sock.tstampOk && !after(seg.seq, sock.rcvWup)) sock.tsRecent = seg.tsval;
}

/** True when the segment told a new window. */
function updateWindow(sock: TcpSock, seg: TcpArrival): boolean {
	const window = (seg.flags & TCP_SYN) === 0 ? seg.window * 2 ** sock.sndWscale : seg.window;
	const newer =
		after(seg.ack, sock.sndUna) ||
		after(seg.seq, sock.sndWl1) ||
		(seg.seq === sock.sndWl1 && (window > sock.sndWnd || window === 0));
	if (!newer) return false;
	const changed = window !== sock.sndWnd;
	sock.sndWl1 = seg.seq;
	sock.sndWnd = window;
	if (window > sock.maxWindow) {
		sock.maxWindow = window;
		if (sock.pmtu > 0) tcpSyncMss(sock, sock.pmtu);
	}
	return changed;
}

function newAck(sock: TcpSock, seg: TcpArrival): void {
	const acked = cleanRtxQueue(sock, seg);
	sock.sndUna = seg.ack;
	sock.dstPendingConfirm = true;
	sock.dupAcks = 0;
	sock.retransmits = 0;
	sock.softErrno = undefined;
	if (sock.caState === "open") {
		growWindow(sock, acked);
		return;
	}
	if (!before(seg.ack, sock.recover)) {
		sock.caState = "open";
		sock.cwnd = Math.max(Math.min(sock.cwnd, sock.ssthresh), 2);
		return;
	}
	if (sock.caState === "loss") {
		growWindow(sock, acked);
		return;
	}
	// A partial acknowledgement: the next one is lost as well (RFC 6582 §3.2).
	const head = sock.rtxQueue[0];
	if (head !== undefined) tcpMarkLost(sock, head);
	sock.cwnd = Math.max(sock.cwnd - acked + 1, 1);
}

/** Removes what `ack` covers; the number of segments. */
function cleanRtxQueue(sock: TcpSock, seg: TcpArrival): number {
	const nowNs = sock.options.netns.machine.loop.now();
	let acked = 0;
	let rttNs = -1;
	for (let head = sock.rtxQueue[0]; head !== undefined && !after(head.endSeq, seg.ack); head = sock.rtxQueue[0]) {
		if (rttNs < 0 && !head.retransmitted) rttNs = nowNs - head.sentNs;
		if (head.lost) sock.lostOut -= 1;
		sock.rtxQueue.shift();
		acked += 1;
	}
	const head = sock.rtxQueue[0];
	if (head !== undefined && before(head.seq, seg.ack)) {
		head.payload = head.payload.subarray(seqDiff(seg.ack, head.seq));
		head.seq = seg.ack;
	}
	if (rttNs < 0 && seg.hasTimestamp && sock.tstampOk && seg.tsecr !== 0) {
		const sentMs = (seg.tsecr - sock.tsOffset) >>> 0;
		rttNs = Math.max(0, seqDiff(tcpClockMs(sock.options.netns) >>> 0, sentMs)) * 1_000_000;
	}
	if (rttNs >= 0) tcpRttSample(sock, rttNs);
	return acked;
}

/** One measured round trip (RFC 6298 §2). */
export function tcpRttSample(sock: TcpSock, rttNs: number): void {
	const sample = Math.max(rttNs, 1_000);
	if (sock.srttNs === 0) {
		sock.srttNs = sample;
		sock.mdevNs = sample / 2;
	} else {
		sock.mdevNs += (Math.abs(sock.srttNs - sample) - sock.mdevNs) / 4;
		sock.srttNs += (sample - sock.srttNs) / 8;
	}
	sock.backoff = 0;
	tcpSetRto(sock);
}

function growWindow(sock: TcpSock, acked: number): void {
	if (sock.cwnd < sock.ssthresh) {
		sock.cwnd += acked;
		return;
	}
	sock.cwndCount += acked;
	if (sock.cwndCount >= sock.cwnd) {
		sock.cwndCount -= sock.cwnd;
		sock.cwnd += 1;
	}
}

function duplicateAck(sock: TcpSock): void {
	sock.dupAcks += 1;
	if (sock.caState === "recovery") {
		sock.cwnd += 1;
		return;
	}
	if (sock.caState === "loss" || sock.dupAcks !== DUP_ACKS) return;
	sock.caState = "recovery";
	sock.recover = sock.sndNxt;
	sock.ssthresh = Math.max(Math.floor(sock.inFlight / 2), 2);
	sock.cwnd = sock.ssthresh + DUP_ACKS;
	const head = sock.rtxQueue[0];
	if (head !== undefined) tcpMarkLost(sock, head);
}

/** The timer runs while something is in flight, or while a closed window keeps data back. */
function rearm(sock: TcpSock, flightBefore: number): void {
	if (sock.rtxQueue.length > 0) {
		if (sock.rtxQueue.length !== flightBefore) sock.timer.set(sock.rtoNs);
		return;
	}
	if (flightBefore > 0) {
		sock.timer.clear();
		return;
	}
	if (!hasUnsent(sock)) return;
	const room = seqDiff(seqAdd(sock.sndUna, sock.sndWnd), sock.sndNxt);
	if (room >= Math.min(sock.unsentBytes, sock.mss) && room > 0) {
		sock.backoff = 0;
		sock.timer.clear();
	} else sock.timer.set(tcpProbe0Delay(sock));
}
