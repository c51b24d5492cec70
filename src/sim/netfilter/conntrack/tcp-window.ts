/**
 * Window tracking: whether a segment can belong to the connection, by what both ends sent, acknowledged and allowed
 * (Guido van Rooij, "Real Stateful TCP Packet Filtering in IP Filter"; `tcp_in_window` of nf_conntrack_proto_tcp.c).
 */
import { TCP_ACK, TCP_RST, TCP_SYN } from "../../../wire/tcp.ts";
import type { CtSettings } from "./settings.ts";
import { before, readTcpOptions, readTcpSack, receiverOf, senderOf, type TcpSegment } from "./tcp-segment.ts";
import {
	SEEN_BE_LIBERAL,
	SEEN_DATA_UNACKNOWLEDGED,
	SEEN_MAXACK_SET,
	SEEN_SACK_PERM,
	SEEN_WINDOW_SCALE,
	TCP_SYN_RECV,
	TCP_SYN_SENT,
	type TcpSeen,
	type TcpTrack,
} from "./tcp-track.ts";
import { ACK_SET } from "./tcp-transitions.ts";
import { REPLY } from "./types.ts";

/** Acknowledgements up to this far back are taken for late ones. */
const MAX_ACK_WINDOW = 66000;

/** Why a segment is out of window; the first two make it invalid. */
type OutOfWindow = typeof TOO_FAR | typeof ACK_UNSEEN | typeof OVERSHOT | typeof OLD_DATA | typeof OLD_ACK;

const TOO_FAR = "SEQ is over the upper bound (over the window of the receiver)";
const OVERSHOT = "more bytes than the receiver's window allows";
const ACK_UNSEEN = "ACK is over the upper bound (ACKed data not seen yet)";
const OLD_DATA = "SEQ is under the lower bound (already ACKed data retransmitted)";
const OLD_ACK = "ACK is under the lower bound (possible overly delayed ACK)";

/** The first packet of a flow: a SYN, or a segment in the middle of a connection that is picked up (`tcp_new`). */
export function initTcpTrack(track: TcpTrack, segment: TcpSegment): void {
	const sender = track.original;
	sender.end = segment.end;
	sender.maxWin = segment.window === 0 ? 1 : segment.window;
	sender.maxEnd = sender.end;
	if ((segment.flags & TCP_SYN) !== 0) {
		readTcpOptions(segment, sender);
		return;
	}
	sender.maxEnd = (sender.end + sender.maxWin) | 0;
	// The window scale is not known: believe any window.
	sender.flags = SEEN_SACK_PERM | SEEN_BE_LIBERAL;
	track.reply.flags = SEEN_SACK_PERM | SEEN_BE_LIBERAL;
}

/**
 * Takes the segment into account; changes its `seq`, `end` and `ack` where they are to be read otherwise. `ignore`: it is
 * old, or a little too long: let it pass and keep the state.
 */
export function tcpInWindow(
	track: TcpTrack,
	segment: TcpSegment,
	settings: CtSettings,
): "accept" | "ignore" | typeof TOO_FAR | typeof ACK_UNSEEN {
	const sender = senderOf(track, segment.dir);
	const receiver = receiverOf(track, segment.dir);
	if ((receiver.flags & SEEN_SACK_PERM) !== 0) readTcpSack(segment);
	if (isFirstOfSender(track, segment, sender, receiver)) return "accept";
	reinterpret(track, segment, sender, receiver);

	const fault = outOfWindow(sender, receiver, segment);
	if (fault === undefined) {
		updateEnds(sender, receiver, segment);
		if (segment.index === ACK_SET) countRepeats(track, segment);
		return "accept";
	}
	if (fault === OVERSHOT) {
		// The receiver may acknowledge it all the same.
		sender.end = segment.end;
		sender.flags |= SEEN_DATA_UNACKNOWLEDGED;
	}
	if ((sender.flags & SEEN_BE_LIBERAL) !== 0 || settings.tcpBeLiberal) return "accept";
	return fault === TOO_FAR || fault === ACK_UNSEEN ? fault : "ignore";
}

/** Begins with what the sender says first; true: that is all there is to check, for both ends open at once. */
function isFirstOfSender(track: TcpTrack, segment: TcpSegment, sender: TcpSeen, receiver: TcpSeen): boolean {
	const syn = (segment.flags & TCP_SYN) !== 0;
	const ack = (segment.flags & TCP_ACK) !== 0;
	if (sender.maxWin !== 0) {
		// Begun anew with other numbers before it was established.
		const opening = track.state === TCP_SYN_SENT || track.state === TCP_SYN_RECV;
		if (!syn || !opening || !before(sender.end, segment.end)) return false;
		initSender(sender, receiver, segment);
		return segment.dir === REPLY && !ack;
	}
	if (syn) {
		initSender(sender, receiver, segment);
		return !ack;
	}
	const window = segment.window << sender.scale;
	sender.end = segment.end;
	sender.maxWin = window === 0 ? 1 : window;
	sender.maxEnd = (segment.end + sender.maxWin) | 0;
	if (receiver.maxWin === 0) {
		receiver.end = segment.sack;
		receiver.maxEnd = segment.sack;
	} else if (segment.sack === ((receiver.end + 1) | 0)) receiver.end = segment.sack; // The answer to a keep-alive.
	return false;
}

function initSender(sender: TcpSeen, receiver: TcpSeen, segment: TcpSegment): void {
	sender.end = segment.end;
	sender.maxEnd = segment.end;
	sender.maxWin = segment.window === 0 ? 1 : segment.window;
	readTcpOptions(segment, sender);
	const bothScale = (sender.flags & receiver.flags & SEEN_WINDOW_SCALE) !== 0;
	if (segment.dir === REPLY && !bothScale) {
		sender.scale = 0;
		receiver.scale = 0;
	}
}

/** A segment without ACK, or a RST with ACK 0, acknowledges what is right; a RST that answers a SYN may have SEQ 0. */
function reinterpret(track: TcpTrack, segment: TcpSegment, sender: TcpSeen, receiver: TcpSeen): void {
	const rst = (segment.flags & TCP_RST) !== 0;
	if ((segment.flags & TCP_ACK) === 0 || (rst && segment.ack === 0)) {
		segment.ack = receiver.end;
		segment.sack = receiver.end;
	}
	if (rst && segment.seq === 0 && track.state === TCP_SYN_SENT) {
		segment.seq = sender.end;
		segment.end = sender.end;
	}
}

function outOfWindow(sender: TcpSeen, receiver: TcpSeen, s: TcpSegment): OutOfWindow | undefined {
	const oldest = (sender.end - receiver.maxWin - 1) | 0;
	const dataInWindow = receiver.maxWin === 0 || before(oldest, s.end);
	const ackWindow = Math.max(sender.maxWin, MAX_ACK_WINDOW);
	const ackNotOld = before((receiver.end - ackWindow - 1) | 0, s.sack);
	const ackSeen = before(s.sack, (receiver.end + 1) | 0);
	if (!before(s.seq, (sender.maxEnd + 1) | 0)) {
		const overshot = (s.end - sender.maxEnd + 1) >>> 0;
		return dataInWindow && ackNotOld && overshot <= receiver.maxWin && ackSeen ? OVERSHOT : TOO_FAR;
	}
	if (!ackSeen) return ACK_UNSEEN;
	if (!dataInWindow) return OLD_DATA;
	return ackNotOld ? undefined : OLD_ACK;
}

function updateEnds(sender: TcpSeen, receiver: TcpSeen, s: TcpSegment): void {
	const window = (s.flags & TCP_SYN) !== 0 ? s.window : s.window << sender.scale;
	const reach = window + ((s.sack - s.ack) | 0);
	if (sender.maxWin < reach) sender.maxWin = reach;
	if (before(sender.end, s.end)) {
		sender.end = s.end;
		sender.flags |= SEEN_DATA_UNACKNOWLEDGED;
	}
	if ((s.flags & TCP_ACK) !== 0) {
		if ((sender.flags & SEEN_MAXACK_SET) === 0 || before(sender.maxAck, s.ack)) sender.maxAck = s.ack;
		sender.flags |= SEEN_MAXACK_SET;
	}
	if (receiver.maxWin !== 0 && before(sender.maxEnd, s.end)) receiver.maxWin += (s.end - sender.maxEnd) | 0;
	const allowed = (s.sack + window) | 0;
	if (before((receiver.maxEnd - 1) | 0, allowed)) receiver.maxEnd = window === 0 ? (allowed + 1) | 0 : allowed;
	if (s.ack === receiver.end) receiver.flags &= ~SEEN_DATA_UNACKNOWLEDGED;
}

function countRepeats(track: TcpTrack, s: TcpSegment): void {
	const same =
		track.lastDir === s.dir &&
		track.lastSeq === s.seq &&
		track.lastAck === s.ack &&
		track.lastEnd === s.end &&
		track.lastWin === s.window;
	if (same) {
		track.retrans += 1;
		return;
	}
	track.lastDir = s.dir;
	track.lastSeq = s.seq;
	track.lastAck = s.ack;
	track.lastEnd = s.end;
	track.lastWin = s.window;
	track.retrans = 0;
}
