/** One TCP segment as connection tracking sees it, and its options. Sequence numbers are signed 32-bit. */
import { get32 } from "../../../wire/read-write.ts";
import { TCP_FIN, TCP_SYN, tcpAck, tcpFlags, tcpHeaderLength, tcpSeq, tcpWindow } from "../../../wire/tcp.ts";
import {
	SEEN_BE_LIBERAL,
	SEEN_SACK_PERM,
	SEEN_WINDOW_SCALE,
	TCP_NONE,
	type TcpSeen,
	type TcpTrack,
} from "./tcp-track.ts";
import { NONE_SET, tcpIndexOf } from "./tcp-transitions.ts";
import { type Direction, ORIGINAL } from "./types.ts";

const MAX_WSCALE = 14;
const NO_BYTES = new Uint8Array(0);

/** Filled anew for each segment, so that none is allocated. */
export class TcpSegment {
	b: Uint8Array = NO_BYTES;
	/** Where the TCP header begins. */
	at = 0;
	dir: Direction = ORIGINAL;
	flags = 0;
	/** The kind of segment (tcp-transitions.ts). */
	index: number = NONE_SET;
	seq = 0;
	/** One past its last sequence number. */
	end = 0;
	ack = 0;
	/** The right edge of the highest SACK block, or `ack`. */
	sack = 0;
	/** As on the wire. */
	window = 0;
	/** The connection's state before it, and after it if its numbers are good. */
	from: number = TCP_NONE;
	next: number = TCP_NONE;

	/** Reads the segment in `b[at, end)`. */
	read(b: Uint8Array, at: number, end: number, dir: Direction): void {
		const flags = tcpFlags(b, at);
		const counted = ((flags & TCP_SYN) !== 0 ? 1 : 0) + ((flags & TCP_FIN) !== 0 ? 1 : 0);
		this.b = b;
		this.at = at;
		this.dir = dir;
		this.flags = flags;
		this.index = tcpIndexOf(flags);
		this.seq = tcpSeq(b, at) | 0;
		this.end = (this.seq + (end - at - tcpHeaderLength(b, at)) + counted) | 0;
		this.ack = tcpAck(b, at) | 0;
		this.sack = this.ack;
		this.window = tcpWindow(b, at);
	}
}

/** True when `a` comes before `b` on the circle of sequence numbers. */
export function before(a: number, b: number): boolean {
	return ((a - b) | 0) < 0;
}

/** The end that sent the segment, and the other one. */
export function senderOf(track: TcpTrack, dir: Direction): TcpSeen {
	return dir === ORIGINAL ? track.original : track.reply;
}

export function receiverOf(track: TcpTrack, dir: Direction): TcpSeen {
	return dir === ORIGINAL ? track.reply : track.original;
}

/** Takes window scale and SACK-permitted from a SYN (`tcp_options`). */
export function readTcpOptions(segment: TcpSegment, seen: TcpSeen): void {
	seen.scale = 0;
	seen.flags &= SEEN_BE_LIBERAL;
	eachOption(segment, (kind, from, length) => {
		if (kind === 4 && length === 2) seen.flags |= SEEN_SACK_PERM;
		if (kind === 3 && length === 3) {
			seen.scale = Math.min(segment.b[from] ?? 0, MAX_WSCALE);
			seen.flags |= SEEN_WINDOW_SCALE;
		}
	});
}

/** Finds the highest SACK block (`tcp_sack`). */
export function readTcpSack(segment: TcpSegment): void {
	const { b, at } = segment;
	const length = tcpHeaderLength(b, at);
	if (length === 20 || (length === 32 && get32(b, at + 20) === NOP_NOP_TIMESTAMP)) return;
	eachOption(segment, (kind, from, optionLength) => {
		if (kind !== 5 || optionLength < 10 || (optionLength - 2) % 8 !== 0) return;
		for (let pos = from; pos < from + optionLength - 2; pos += 8) {
			const edge = get32(b, pos + 4) | 0;
			if (before(segment.sack, edge)) segment.sack = edge;
		}
	});
}

const NOP_NOP_TIMESTAMP = 0x0101080a;

function eachOption(segment: TcpSegment, visit: (kind: number, from: number, length: number) => void): void {
	const { b, at } = segment;
	const end = at + tcpHeaderLength(b, at);
	let pos = at + 20;
	while (pos < end) {
		const kind = b[pos] ?? 0;
		if (kind === 0) return;
		if (kind === 1) {
			pos += 1;
			continue;
		}
		const length = b[pos + 1] ?? 0;
		if (length < 2 || pos + length > end) return;
		visit(kind, pos + 2, length);
		pos += length;
	}
}
