/** The SCTP states of IPVS (ip_vs_proto_sctp.c), by the type of a packet's first chunk. */
import { get16 } from "../../wire/read-write.ts";
import type { StateDirection } from "./proto-tcp.ts";

export const SCTP_STATES = [
	"NONE",
	"INIT1",
	"INIT",
	"C-SENT",
	"C-REPLIED",
	"C-WAIT",
	"COOKIE",
	"C-ECHOED",
	"ESTABLISHED",
	"S-SENT",
	"S-RECEIVED",
	"S-ACK-SENT",
	"REJECTED",
	"CLOSED",
] as const;

export const SCTP_S_ESTABLISHED = 8;
export const SCTP_S_CLOSED = 13;
export const SCTP_CID_INIT = 1;
export const SCTP_CID_ABORT = 6;

const SCTP_CID_COOKIE_ECHO = 10;
const SCTP_CID_COOKIE_ACK = 11;
const SCTP_HLEN = 12;
const CHUNK_HLEN = 4;

/** Seconds in each state: 61 is the longest retransmission timeout and one. */
export function sctpTimeouts(): readonly number[] {
	return [2, 4, 61, 61, 61, 61, 61, 61, 900, 61, 61, 61, 4, 61];
}

/** The type of the chunk that begins behind the SCTP header at `at`; undefined: there is none. */
export function sctpChunkType(b: Uint8Array, at: number, end: number): number | undefined {
	return at + SCTP_HLEN + CHUNK_HLEN > end ? undefined : b[at + SCTP_HLEN];
}

export function sctpNextState(
	b: Uint8Array,
	at: number,
	end: number,
	from: { readonly state: number; readonly direction: StateDirection },
): number {
	const type = decisiveChunk(b, at, end);
	if (type === undefined) return from.state;
	return NEXT[from.direction][EVENTS[type] ?? 0]?.[from.state] ?? SCTP_S_CLOSED;
}

/** The first chunk, or an ABORT behind a cookie. */
function decisiveChunk(b: Uint8Array, at: number, end: number): number | undefined {
	const type = sctpChunkType(b, at, end);
	if (type !== SCTP_CID_COOKIE_ECHO && type !== SCTP_CID_COOKIE_ACK) return type;
	const length = get16(b, at + SCTP_HLEN + 2);
	if (length < CHUNK_HLEN) return type;
	const next = at + SCTP_HLEN + ((length + 3) & ~3);
	return next + CHUNK_HLEN <= end && b[next] === SCTP_CID_ABORT ? SCTP_CID_ABORT : type;
}

/** Rows of the tables by chunk type (0 to 14); any other counts as data. */
const EVENTS: readonly number[] = [0, 1, 2, 0, 0, 0, 9, 5, 6, 8, 3, 4, 0, 0, 7];

/** From each state in the order of `SCTP_STATES`, as letters: a NONE, b INIT1, … n CLOSED. */
function rows(text: string): readonly (readonly number[])[] {
	return text.split(" ").map((line) => line.split("").map((letter) => letter.charCodeAt(0) - 97));
}

/** Lines: data, INIT, INIT ACK, COOKIE ECHO, COOKIE ACK, SHUTDOWN, SHUTDOWN ACK, SHUTDOWN COMPLETE, ERROR, ABORT. */
const NEXT: Readonly<Record<StateDirection, readonly (readonly number[])[]>> = {
	input: rows(
		"ibcdefghijklmn bccdefghijklcc fffdegghijklmn ecceefghijklmn ibcdefgiijklmn " +
			"kbcdefghkjklmn nccdefghinknmn nnndefghijknmn nbcdefgnijklmn nnnnnmnnnnnnnn",
	),
	output: rows(
		"ibcdefghijklmn ffffffffifffff ddddefghijklmn hhhhhhhhijklmn iiiiiiiiijklmn " +
			"jjjjjjjjjjklmn lllllfghilllmn nbcdefghijklmn nnnnnfghijklmn nmnnnnnnnnnnnn",
	),
	"input-only": rows(
		"ibcdeighijklmn bcccccghijklcc hhhhhhghijklmn iiiiiighijklmn ibciifiiijklmn " +
			"kbcdefghkjklmn nccdefghnnknmn nnnnnfghijnnmn nbcdefghijklmn nnnnnmnnnnnnnn",
	),
};
