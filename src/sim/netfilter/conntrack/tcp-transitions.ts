/**
 * The states a TCP connection goes through as a bystander sees it: for each direction and kind of segment, the state
 * after each state before (the table of nf_conntrack_proto_tcp.c, in another notation).
 */
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, TCP_URG } from "../../../wire/tcp.ts";
import {
	TCP_CLOSE,
	TCP_CLOSE_WAIT,
	TCP_ESTABLISHED,
	TCP_FIN_WAIT,
	TCP_LAST_ACK,
	TCP_SYN_RECV,
	TCP_SYN_SENT,
	TCP_SYN_SENT2,
	TCP_TIME_WAIT,
} from "./tcp-track.ts";
import type { Direction } from "./types.ts";

/** Kinds of segments. */
export const SYN_SET = 0;
export const SYNACK_SET = 1;
export const FIN_SET = 2;
export const ACK_SET = 3;
export const RST_SET = 4;
export const NONE_SET = 5;

/** Outcomes that are no state: let it pass and keep the state, or refuse it. */
export const IGNORED = 10;
export const REFUSED = 11;

/** The kind of a segment by its flags (`get_conntrack_index`). */
export function tcpIndexOf(flags: number): number {
	if ((flags & TCP_RST) !== 0) return RST_SET;
	if ((flags & TCP_SYN) !== 0) return (flags & TCP_ACK) !== 0 ? SYNACK_SET : SYN_SET;
	if ((flags & TCP_FIN) !== 0) return FIN_SET;
	return (flags & TCP_ACK) !== 0 ? ACK_SET : NONE_SET;
}

/** The state after a segment of kind `index` in direction `dir`, or IGNORED or REFUSED. */
export function tcpNextState(dir: Direction, index: number, state: number): number {
	return NEXT[(dir * 6 + index) * 10 + state] ?? REFUSED;
}

/** Combinations of SYN, FIN, RST, ACK, URG that some TCP sends; PSH, ECE and CWR may be with any. */
export function tcpFlagsAreValid(flags: number): boolean {
	return VALID_FLAGS.has(flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK | TCP_URG));
}

const VALID_FLAGS: ReadonlySet<number> = new Set([
	TCP_SYN,
	TCP_SYN | TCP_URG,
	TCP_SYN | TCP_ACK,
	TCP_RST,
	TCP_RST | TCP_ACK,
	TCP_FIN | TCP_ACK,
	TCP_FIN | TCP_ACK | TCP_URG,
	TCP_ACK,
	TCP_ACK | TCP_URG,
]);

const LETTERS: Readonly<Record<string, number>> = {
	S: TCP_SYN_SENT,
	R: TCP_SYN_RECV,
	E: TCP_ESTABLISHED,
	F: TCP_FIN_WAIT,
	W: TCP_CLOSE_WAIT,
	L: TCP_LAST_ACK,
	T: TCP_TIME_WAIT,
	C: TCP_CLOSE,
	"2": TCP_SYN_SENT2,
	"=": IGNORED,
	x: REFUSED,
};

/** Columns: NONE, SYN_SENT, SYN_RECV, ESTABLISHED, FIN_WAIT, CLOSE_WAIT, LAST_ACK, TIME_WAIT, CLOSE, SYN_SENT2. */
const NEXT: Uint8Array = Uint8Array.from(
	[
		// From the originator: SYN, SYN-ACK, FIN, ACK, RST, none of them.
		"SS=====SS2",
		"xxRxxxxxxR",
		"xxFFLLLTCx",
		"ExEEWWTTCx",
		"xCCCCCCCCC",
		"xxxxxxxxxx",
		// From the answering end.
		"x2xxxxxSx2",
		"xR=======R",
		"xxFFLLLTCx",
		"x=REWWTTC=",
		"xCCCCCCCCC",
		"xxxxxxxxxx",
	]
		.join("")
		.split("")
		.map((letter) => LETTERS[letter] ?? REFUSED),
);
