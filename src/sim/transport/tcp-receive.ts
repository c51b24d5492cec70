/** Taking in data: what is acceptable, in order or early (tcp_input.c: tcp_data_queue). */
import type { DropReason } from "../../kernel/drop-reason.ts";
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from "../../wire/tcp.ts";
import type { TcpArrival } from "./tcp-arrival.ts";
import { tcpReset } from "./tcp-done.ts";
import { tcpSendChallengeAck, tcpSendDupAck } from "./tcp-output.ts";
import { after, before, seqAdd, seqDiff } from "./tcp-seq.ts";
import type { TcpEarly, TcpSock } from "./tcp-sock.ts";
import { tcpReceiveWindow } from "./tcp-window.ts";

/** Checks time stamp, sequence number, RST and SYN (`tcp_validate_incoming`); answers what must be answered. */
export function tcpValidateIncoming(sock: TcpSock, seg: TcpArrival): DropReason | undefined {
	const rst = (seg.flags & TCP_RST) !== 0;
	if (pawsDiscard(sock, seg)) {
		if (!rst) tcpSendDupAck(sock, seg);
		return "TCP_RFC7323_PAWS";
	}
	const outside = tcpSequence(sock, seg);
	if (outside !== undefined) {
		if ((seg.flags & TCP_SYN) !== 0 && !rst) tcpSendChallengeAck(sock);
		else if (!rst) tcpSendDupAck(sock, seg);
		return outside;
	}
	if (rst) {
		// Only the exact sequence number resets; another in the window is challenged (RFC 5961 §3.2).
		if (seg.seq === sock.rcvNxt) {
			tcpReset(sock);
			return "TCP_RESET";
		}
		tcpSendChallengeAck(sock);
		return "TCP_RESET";
	}
	if ((seg.flags & TCP_SYN) !== 0 && !answersCrossedSyn(sock, seg)) {
		tcpSendChallengeAck(sock);
		return "TCP_INVALID_SYN";
	}
	return undefined;
}

/** Why the data (or FIN) of a valid segment is of no use; undefined: it is, or there is none. */
export function tcpDataProblem(sock: TcpSock, seg: TcpArrival): DropReason | undefined {
	if (seg.seq === seg.endSeq) return undefined;
	if (sock.finArrived || !after(seg.endSeq, sock.rcvNxt)) return "TCP_OLD_DATA";
	const window = tcpReceiveWindow(sock);
	if (window === 0) return "TCP_ZEROWINDOW";
	return before(seg.seq, seqAdd(sock.rcvNxt, window)) ? undefined : "TCP_OVERWINDOW";
}

/** Takes the data of a segment that has no `tcpDataProblem`. An ACK is owed afterwards. */
export function tcpDataQueue(sock: TcpSock, seg: TcpArrival): void {
	if (seg.seq === seg.endSeq) return;
	sock.ackPending = true;
	if (after(seg.seq, sock.rcvNxt)) {
		keepEarly(sock, seg);
		return;
	}
	takeInOrder(sock, seg);
	for (let early = sock.early[0]; early !== undefined && !after(early.seq, sock.rcvNxt); early = sock.early[0]) {
		sock.early.shift();
		if (after(early.endSeq, sock.rcvNxt)) takeInOrder(sock, early);
	}
}

/** RFC 7323 §5; an ACK that merely came late is let through (`tcp_disordered_ack`). */
function pawsDiscard(sock: TcpSock, seg: TcpArrival): boolean {
	if (!sock.tstampOk || !seg.hasTimestamp || !before(seg.tsval, sock.tsRecent)) return false;
	const bareAck = seg.seq === seg.endSeq && seg.seq === sock.rcvNxt && seg.ack === sock.sndUna;
	return !(bareAck && seqDiff(sock.tsRecent, seg.tsval) <= sock.rtoNs / 1_000_000);
}

/** The SYN-ACK of a peer that opened at the same moment. */
function answersCrossedSyn(sock: TcpSock, seg: TcpArrival): boolean {
	const crossed = sock.state === "SYN_RECV" && (seg.flags & TCP_ACK) !== 0 && seg.ack === sock.sndNxt;
	return crossed && seqAdd(seg.seq, 1) === seg.endSeq && seg.endSeq === sock.rcvNxt;
}

/** RFC 9293 §3.10.7.4, as lenient at the left edge as Linux (`tcp_sequence`). */
function tcpSequence(sock: TcpSock, seg: TcpArrival): DropReason | undefined {
	if (before(seg.endSeq, sock.rcvWup)) return "TCP_OLD_SEQUENCE";
	if (after(seg.seq, seqAdd(sock.rcvNxt, tcpReceiveWindow(sock)))) return "TCP_INVALID_SEQUENCE";
	return undefined;
}

function takeInOrder(sock: TcpSock, piece: TcpEarly): void {
	const fresh = piece.payload.subarray(seqDiff(sock.rcvNxt, piece.seq));
	if (fresh.length > 0) {
		sock.unread.push(fresh);
		sock.unreadBytes += fresh.length;
	}
	sock.rcvNxt = piece.endSeq;
	if ((piece.flags & TCP_FIN) === 0) return;
	sock.finArrived = true;
	sock.early.length = 0;
}

/** In order of sequence number; overlaps stay and are cut when their turn comes. */
function keepEarly(sock: TcpSock, { seq, endSeq, payload, flags }: TcpEarly): void {
	let at = sock.early.length;
	while (at > 0 && after(sock.early[at - 1]?.seq ?? 0, seq)) at -= 1;
	const previous = sock.early[at - 1];
	if (previous !== undefined && previous.seq === seq && !after(endSeq, previous.endSeq)) return;
	sock.early.splice(at, 0, { seq, endSeq, payload, flags });
}
