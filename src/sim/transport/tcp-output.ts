/**
 * Sending: cutting the byte stream into segments, within the peer's window and the congestion window, with Nagle
 * (net/ipv4/tcp_output.c). Not modelled: segmentation offload (every segment is a packet), pacing, tail loss probes.
 */
import { concatBytes } from "../../base/bytes.ts";
import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN } from "../../wire/tcp.ts";
import { transportConf } from "./conf.ts";
import { NO_BYTES, type TcpArrival } from "./tcp-arrival.ts";
import { after, before, seqAdd, seqDiff } from "./tcp-seq.ts";
import type { TcpChunk, TcpSegment, TcpSock } from "./tcp-sock.ts";
import { tcpSyncMss } from "./tcp-window.ts";
import { tcpRoute, tcpStillHere, tcpTransmit } from "./tcp-xmit.ts";

const RTO_MIN_NS = 200_000_000;
export const RTO_MAX_NS = 120_000_000_000;

/** Sends the SYN of a new connection, or the SYN-ACK of a simultaneous open. */
export function tcpSendSyn(sock: TcpSock): void {
	const ack = sock.state === "SYN_RECV" ? TCP_ACK : 0;
	const syn = segment(sock, seqAdd(sock.sndUna, 1), TCP_SYN | ack, NO_BYTES);
	syn.seq = sock.sndUna;
	sock.rtxQueue.length = 0;
	sock.rtxQueue.push(syn);
	sock.sndNxt = syn.endSeq;
	syn.skb = tcpTransmit(sock, syn.seq, syn.flags, NO_BYTES);
	sock.timer.set(sock.rtoNs);
}

/** Sends what the windows allow (`tcp_write_xmit`), and minds the timer. */
export function tcpPush(sock: TcpSock): void {
	if (!mayTransmit(sock)) return;
	tcpCurrentMss(sock);
	const sentBefore = sock.sndNxt;
	while (sock.inFlight < sock.cwnd) {
		const size = nextSegmentSize(sock);
		if (size === undefined) break;
		if (!sendSegment(sock, size)) break;
	}
	if (sock.sndNxt !== sentBefore && !sock.timer.armed) sock.timer.set(sock.rtoNs);
	if (sock.rtxQueue.length === 0 && hasUnsent(sock) && !sock.timer.armed) sock.timer.set(tcpProbe0Delay(sock));
}

/** True when there are bytes, or a FIN, that were not sent yet. */
export function hasUnsent(sock: TcpSock): boolean {
	return sock.unsentBytes > 0 || (sock.finQueued && !sock.finSent);
}

export function tcpSendAck(sock: TcpSock): void {
	if (sock.state === "CLOSE") return;
	tcpTransmit(sock, acceptableSeq(sock), TCP_ACK, NO_BYTES);
}

/** Resets the peer's end (`tcp_send_active_reset`). */
export function tcpSendActiveReset(sock: TcpSock): void {
	tcpTransmit(sock, acceptableSeq(sock), TCP_RST | TCP_ACK, NO_BYTES);
}

/** An ACK that tells a peer in doubt where we are (RFC 5961 §7), at most one in half a second. */
export function tcpSendChallengeAck(sock: TcpSock): void {
	if (!oowLimited(sock)) tcpSendAck(sock);
}

/** Answers a segment that is out of the window; those without data only every half second, against loops of ACKs. */
export function tcpSendDupAck(sock: TcpSock, seg: TcpArrival): void {
	const hasData = seg.seq !== seg.endSeq && (seg.flags & TCP_SYN) === 0;
	if (hasData || !oowLimited(sock)) tcpSendAck(sock);
}

/**
 * Sends the oldest segment again, cut when the MSS has become smaller (`tcp_retransmit_skb`); not one that has not even left.
 */
export function tcpRetransmit(sock: TcpSock, index: number): void {
	if (tcpStillHere(sock, sock.rtxQueue[index]?.skb)) return;
	tcpCurrentMss(sock);
	splitIfTooLong(sock, index);
	const seg = sock.rtxQueue[index];
	if (seg === undefined) return;
	if (seg.lost) sock.lostOut -= 1;
	seg.lost = false;
	seg.retransmitted = true;
	seg.sentNs = sock.options.netns.machine.loop.now();
	seg.skb = tcpTransmit(sock, seg.seq, (seg.flags & TCP_SYN) === 0 ? seg.flags | TCP_ACK : seg.flags, seg.payload);
}

/** Sends lost segments again as far as the congestion window allows (`tcp_xmit_retransmit_queue`). */
export function tcpRetransmitLost(sock: TcpSock): void {
	for (let k = 0; sock.lostOut > 0 && k < sock.rtxQueue.length && sock.inFlight < sock.cwnd; k += 1) {
		if (sock.rtxQueue[k]?.lost === true) tcpRetransmit(sock, k);
	}
}

export function tcpMarkLost(sock: TcpSock, seg: TcpSegment): void {
	if (seg.lost) return;
	seg.lost = true;
	sock.lostOut += 1;
}

/** Asks a peer whose window is closed: with data as soon as any fits, else with an old sequence number (`tcp_write_wakeup`). */
export function tcpWriteWakeup(sock: TcpSock): void {
	const room = seqDiff(seqAdd(sock.sndUna, sock.sndWnd), sock.sndNxt);
	if (room > 0 && hasUnsent(sock)) {
		tcpCurrentMss(sock);
		sendSegment(sock, Math.min(sock.unsentBytes, room, sock.mss));
		return;
	}
	tcpTransmit(sock, seqAdd(sock.sndUna, -1), TCP_ACK, NO_BYTES);
}

/** How long until the next probe of a closed window. */
export function tcpProbe0Delay(sock: TcpSock): number {
	return Math.min(Math.max(sock.rtoNs, RTO_MIN_NS) * 2 ** Math.min(sock.backoff, 20), RTO_MAX_NS);
}

/** Looks whether the path MTU has changed, and with it the segment size. */
export function tcpCurrentMss(sock: TcpSock): void {
	const mtu = tcpRoute(sock)?.mtu;
	if (mtu !== undefined && mtu !== sock.pmtu) tcpSyncMss(sock, mtu);
}

/** What of the round trips is known goes into the time-out (RFC 6298 with Linux's least variance of 200 ms). */
export function tcpSetRto(sock: TcpSock): void {
	if (sock.srttNs === 0) return;
	sock.rtoNs = Math.min(sock.srttNs + Math.max(4 * sock.mdevNs, RTO_MIN_NS), RTO_MAX_NS);
}

function mayTransmit(sock: TcpSock): boolean {
	return sock.state !== "CLOSE" && sock.state !== "SYN_SENT" && sock.state !== "SYN_RECV";
}

/** Payload of the next segment; undefined: nothing to send, or it must wait. 0: a FIN alone. */
function nextSegmentSize(sock: TcpSock): number | undefined {
	if (!hasUnsent(sock)) return undefined;
	const size = Math.min(sock.unsentBytes, sock.mss);
	const last = size === sock.unsentBytes;
	const fin = last && sock.finQueued ? 1 : 0;
	if (after(seqAdd(sock.sndNxt, size + fin), seqAdd(sock.sndUna, sock.sndWnd))) return undefined;
	const smallInFlight = after(sock.sndSml, sock.sndUna) && !after(sock.sndSml, sock.sndNxt);
	if (size < sock.mss && fin === 0 && smallInFlight) return undefined;
	return size;
}

/** False: it failed on its way down, and is as unsent as before (`tcp_write_xmit` does not advance then). */
function sendSegment(sock: TcpSock, size: number): boolean {
	const { payload, endsSend } = takeUnsent(sock, size);
	const fin = sock.finQueued && sock.unsentBytes === 0;
	const endSeq = seqAdd(sock.sndNxt, payload.length + (fin ? 1 : 0));
	const flags = (endsSend ? TCP_PSH : 0) | (fin ? TCP_FIN : 0);
	const seg = segment(sock, endSeq, flags, payload);
	seg.skb = tcpTransmit(sock, seg.seq, flags | TCP_ACK, payload);
	if (sock.sendFailed) {
		putBackUnsent(sock, payload, endsSend);
		return false;
	}
	sock.rtxQueue.push(seg);
	sock.sndNxt = endSeq;
	if (fin) sock.finSent = true;
	if (payload.length > 0 && payload.length < sock.mss) sock.sndSml = endSeq;
	return true;
}

/** A segment from `sndNxt` to `endSeq`. */
function segment(sock: TcpSock, endSeq: number, flags: number, payload: Uint8Array): TcpSegment {
	const sentNs = sock.options.netns.machine.loop.now();
	return { seq: sock.sndNxt, endSeq, flags, payload, sentNs, retransmitted: false, lost: false, skb: undefined };
}

/** The next `size` unsent bytes, and whether they end what the program gave in one call (PSH). */
function takeUnsent(sock: TcpSock, size: number): { readonly payload: Uint8Array; readonly endsSend: boolean } {
	const parts: Uint8Array[] = [];
	let left = size;
	let endsSend = false;
	while (left > 0) {
		const chunk: TcpChunk | undefined = sock.unsent[0];
		if (chunk === undefined) break;
		const part = chunk.bytes.subarray(chunk.at, chunk.at + left);
		parts.push(part);
		chunk.at += part.length;
		left -= part.length;
		endsSend = chunk.at === chunk.bytes.length;
		if (endsSend) sock.unsent.shift();
	}
	sock.unsentBytes -= size - left;
	return { payload: parts.length === 1 ? (parts[0] ?? NO_BYTES) : concatBytes(...parts), endsSend };
}

/** Undoes `takeUnsent`. */
function putBackUnsent(sock: TcpSock, payload: Uint8Array, endsSend: boolean): void {
	if (payload.length === 0) return;
	const begun = endsSend ? undefined : sock.unsent.shift();
	const bytes = begun === undefined ? payload : concatBytes(payload, begun.bytes.subarray(begun.at));
	sock.unsent.unshift({ bytes, at: 0 });
	sock.unsentBytes += payload.length;
}

function splitIfTooLong(sock: TcpSock, index: number): void {
	const seg = sock.rtxQueue[index];
	if (seg === undefined || seg.payload.length <= sock.mss) return;
	const cut = seqAdd(seg.seq, sock.mss);
	const head: TcpSegment = { ...seg, endSeq: cut, flags: 0, payload: seg.payload.subarray(0, sock.mss) };
	const tail: TcpSegment = { ...seg, seq: cut, payload: seg.payload.subarray(sock.mss), skb: undefined };
	if (seg.lost) sock.lostOut += 1;
	sock.rtxQueue.splice(index, 1, head, tail);
}

/** The sequence number of a segment without data (`tcp_acceptable_seq`). */
function acceptableSeq(sock: TcpSock): number {
	const windowEnd = seqAdd(sock.sndUna, sock.sndWnd);
	return before(windowEnd, sock.sndNxt) ? windowEnd : sock.sndNxt;
}

function oowLimited(sock: TcpSock): boolean {
	const nowNs = sock.options.netns.machine.loop.now();
	if (nowNs - sock.lastOowAckNs < transportConf(sock.options.netns).tcpInvalidRatelimitMs * 1_000_000) return true;
	sock.lastOowAckNs = nowNs;
	return false;
}
