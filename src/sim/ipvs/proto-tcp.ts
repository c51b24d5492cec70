/**
 * The TCP states of IPVS (ip_vs_proto_tcp.c): what each segment makes of a connection. The director may see one direction only,
 * so the table is IPVS's own and not TCP's.
 */
import { TCP_ACK, TCP_FIN, TCP_MIN_HLEN, TCP_RST, TCP_SYN, tcpFlags } from "../../wire/tcp.ts";

export const TCP_STATES = [
	"NONE",
	"ESTABLISHED",
	"SYN_SENT",
	"SYN_RECV",
	"FIN_WAIT",
	"TIME_WAIT",
	"CLOSE",
	"CLOSE_WAIT",
	"LAST_ACK",
	"LISTEN",
	"SYNACK",
] as const;

export const TCP_S_ESTABLISHED = 1;
export const TCP_S_FIN_WAIT = 4;
export const TCP_S_TIME_WAIT = 5;
export const TCP_S_CLOSE = 6;

/** Seconds in each state. */
const TIMEOUTS = [2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120] as const;

/** Whether a connection in the state counts as active. */
const ACTIVE: readonly boolean[] = [false, true, true, true, false, false, false, false, false, false, true];

/** Which way a packet goes; `input-only` when the director never sees answers. */
export type StateDirection = "input" | "output" | "input-only";

export function tcpTimeouts(): number[] {
	return [...TIMEOUTS];
}

export function tcpStateIsActive(state: number): boolean {
	return ACTIVE[state] === true;
}

/** The next state; a segment with none of RST, SYN, FIN, ACK closes. `at` is the TCP header. */
export function tcpNextState(b: Uint8Array, at: number, state: number, direction: StateDirection): number {
	const flags = tcpFlags(b, at);
	const row =
		(flags & TCP_RST) !== 0
			? "rst"
			: (flags & TCP_SYN) !== 0
				? "syn"
				: (flags & TCP_FIN) !== 0
					? "fin"
					: (flags & TCP_ACK) !== 0
						? "ack"
						: undefined;
	return row === undefined ? TCP_S_CLOSE : (NEXT[direction][row][state] ?? TCP_S_CLOSE);
}

/** The segment's flags when all of its header is there. */
export function tcpSegmentFlags(b: Uint8Array, at: number, end: number): number | undefined {
	return at + TCP_MIN_HLEN > end ? undefined : tcpFlags(b, at);
}

type Row = "syn" | "fin" | "ack" | "rst";

const SHORT: Readonly<Record<string, number>> = {
	NO: 0,
	ES: 1,
	SS: 2,
	SR: 3,
	FW: 4,
	TW: 5,
	CL: 6,
	CW: 7,
	LA: 8,
	LI: 9,
	SA: 10,
};

/** From each state in the order of `TCP_STATES`. */
function row(text: string): readonly number[] {
	return text.split(" ").map((word) => SHORT[word] ?? TCP_S_CLOSE);
}

const SYN_IN = row("SR ES ES SR SR SR SR SR SR SR SR");
const ACK_IN = row("ES ES SS ES FW TW CL CW CL LI ES");

const NEXT: Readonly<Record<StateDirection, Readonly<Record<Row, readonly number[]>>>> = {
	input: {
		syn: SYN_IN,
		fin: row("CL CW SS TW TW TW CL CW LA LI TW"),
		ack: ACK_IN,
		rst: row("CL CL CL SR CL CL CL CL LA LI SR"),
	},
	output: {
		syn: row("SS ES SS SR SS SS SS SS SS LI SR"),
		fin: row("TW FW SS TW FW TW CL TW LA LI TW"),
		ack: row("ES ES SS ES FW TW CL CW LA ES ES"),
		rst: row("CL CL SS CL CL TW CL CL CL CL CL"),
	},
	"input-only": {
		syn: SYN_IN,
		fin: row("CL FW SS TW FW TW CL CW LA LI TW"),
		ack: ACK_IN,
		rst: row("CL CL CL SR CL CL CL CL LA LI CL"),
	},
};
