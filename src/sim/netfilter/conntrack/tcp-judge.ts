/** What a segment means for the state of its connection, before its numbers are looked at (nf_conntrack_proto_tcp.c). */
import type { ConntrackNet } from "./net.ts";
import { refuse } from "./proto.ts";
import { before, readTcpOptions, receiverOf, senderOf, type TcpSegment } from "./tcp-segment.ts";
import {
	LAST_EXP_CHALLENGE_ACK,
	LAST_SIMULTANEOUS_OPEN,
	SEEN_BE_LIBERAL,
	SEEN_CLOSE_INIT,
	SEEN_MAXACK_SET,
	SEEN_SACK_PERM,
	SEEN_WINDOW_SCALE,
	TCP_CLOSE,
	TCP_ESTABLISHED,
	TCP_FIN_WAIT,
	TCP_LAST_ACK,
	TCP_SYN_RECV,
	TCP_SYN_SENT,
	TCP_SYN_SENT2,
	TCP_TIME_WAIT,
	TcpSeen,
	type TcpTrack,
} from "./tcp-track.ts";
import { ACK_SET, IGNORED, REFUSED, RST_SET, SYN_SET, SYNACK_SET, tcpNextState } from "./tcp-transitions.ts";
import { type Conntrack, IPS_ASSURED, IPS_SEEN_REPLY, ORIGINAL, REPLY } from "./types.ts";

/**
 * `check`: on to `segment.next` if the numbers are in window; `go`: on whatever they are; `ignore`: let it pass, the ends
 * will tell what was meant; `repeat`: the entry is gone, begin anew.
 */
export type Judgement = "check" | "go" | "ignore" | "invalid" | "repeat";

/** Sets the segment's `from` and `next`. */
export function judge(ct: Conntrack, track: TcpTrack, segment: TcpSegment, net: ConntrackNet): Judgement {
	segment.from = track.state;
	segment.next = tcpNextState(segment.dir, segment.index, track.state);
	switch (segment.next) {
		case TCP_SYN_SENT:
			if (track.state < TCP_TIME_WAIT) return "check";
			if (!mayReopen(track, segment)) return ignore(track, segment);
			net.table.kill(ct);
			return "repeat";
		case IGNORED:
			return ignore(track, segment);
		case REFUSED:
			return refuse(net, "the segment is not possible in this state of the connection");
		case TCP_TIME_WAIT:
			if (!isChallengeAck(track, segment)) return "check";
			track.lastFlags &= ~LAST_EXP_CHALLENGE_ACK;
			return "ignore";
		case TCP_SYN_SENT2:
			track.lastFlags |= LAST_SIMULTANEOUS_OPEN;
			return "check";
		case TCP_SYN_RECV:
			if (segment.dir === REPLY && segment.index === ACK_SET && (track.lastFlags & LAST_SIMULTANEOUS_OPEN) !== 0) {
				segment.next = TCP_ESTABLISHED;
			}
			return "check";
		case TCP_CLOSE:
			return segment.index === RST_SET ? judgeRst(ct, track, segment, net) : "check";
		default:
			return "check";
	}
}

/** A SYN after the end: of a connection that was closed, or reset by the same end. */
function mayReopen(track: TcpTrack, segment: TcpSegment): boolean {
	const closing = ((track.original.flags | track.reply.flags) & SEEN_CLOSE_INIT) !== 0;
	return closing || (track.lastDir === segment.dir && track.lastIndex === RST_SET);
}

/** An ACK that answers a stray SYN must not be taken for the one that ends the connection (RFC 5961 §4). */
function isChallengeAck(track: TcpTrack, segment: TcpSegment): boolean {
	return (
		track.state === TCP_LAST_ACK &&
		segment.index === ACK_SET &&
		track.lastDir !== segment.dir &&
		track.lastIndex === SYN_SET &&
		(track.lastFlags & LAST_EXP_CHALLENGE_ACK) !== 0
	);
}

/** A segment that may be right though it does not fit, for the entry may be out of step: remembered and let pass. */
function ignore(track: TcpTrack, segment: TcpSegment): Judgement {
	const { dir, index } = segment;
	if (index === SYNACK_SET && track.lastIndex === SYN_SET && track.lastDir !== dir && segment.ack === track.lastEnd) {
		resynchronise(track, segment);
		return "check";
	}
	track.lastIndex = index;
	track.lastDir = dir;
	track.lastSeq = segment.seq;
	track.lastEnd = segment.end;
	track.lastWin = segment.window;
	if (index === SYN_SET && dir === ORIGINAL) {
		const seen = new TcpSeen();
		readTcpOptions(segment, seen);
		track.lastFlags = seen.flags & (SEEN_WINDOW_SCALE | SEEN_SACK_PERM);
		track.lastWscale = seen.scale;
		if (track.state === TCP_LAST_ACK) track.lastFlags |= LAST_EXP_CHALLENGE_ACK;
	}
	if (track.state === TCP_SYN_SENT && index === ACK_SET && dir === REPLY) track.lastAck = segment.ack;
	return "ignore";
}

/** The SYN that was let pass was right: its numbers are taken over, and this SYN-ACK answers it. */
function resynchronise(track: TcpTrack, segment: TcpSegment): void {
	const opener = receiverOf(track, segment.dir);
	opener.end = track.lastEnd;
	opener.maxEnd = track.lastEnd;
	opener.maxWin = track.lastWin === 0 ? 1 : track.lastWin;
	opener.scale = track.lastWscale;
	track.lastFlags &= ~LAST_EXP_CHALLENGE_ACK;
	opener.flags = track.lastFlags;
	const answerer = senderOf(track, segment.dir);
	Object.assign(answerer, new TcpSeen(), { flags: answerer.flags & SEEN_BE_LIBERAL });
	segment.from = TCP_SYN_SENT;
	segment.next = TCP_SYN_RECV;
}

/** A RST closes an established connection only with the exact number; else an attacker could (RFC 5961 §3.2). */
function judgeRst(ct: Conntrack, track: TcpTrack, segment: TcpSegment, net: ConntrackNet): Judgement {
	if (track.state >= TCP_FIN_WAIT && track.state <= TCP_CLOSE) return "go";
	const peer = receiverOf(track, segment.dir);
	if ((peer.flags & SEEN_MAXACK_SET) !== 0 && track.lastIndex !== SYN_SET) {
		const established = track.state === TCP_ESTABLISHED && (ct.status & IPS_ASSURED) !== 0;
		if (segment.seq === 0 && !established) return "check";
		if (before(segment.seq, peer.maxAck) && !net.settings.tcpIgnoreInvalidRst) {
			return refuse(net, "invalid RST: older than what the other end has acknowledged");
		}
		if (!established || segment.seq === peer.maxAck) return "check";
		if (track.lastIndex === ACK_SET && track.lastDir === segment.dir && segment.seq === track.lastEnd) return "check";
		segment.next = track.state;
	}
	return answersIgnored(ct, track, segment) ? "go" : "check";
}

/** The RST answers a SYN or ACK that was let pass. */
function answersIgnored(ct: Conntrack, track: TcpTrack, segment: TcpSegment): boolean {
	const otherSide = track.lastDir !== segment.dir;
	const refusedSyn = (ct.status & IPS_SEEN_REPLY) !== 0 && track.lastIndex === SYN_SET && otherSide;
	const halfOpen = (ct.status & IPS_ASSURED) === 0 && track.lastIndex === ACK_SET;
	if ((refusedSyn || halfOpen) && segment.ack === track.lastEnd) return true;
	return (
		track.state === TCP_SYN_SENT &&
		track.lastIndex === ACK_SET &&
		track.lastDir === REPLY &&
		segment.seq === track.lastAck
	);
}
