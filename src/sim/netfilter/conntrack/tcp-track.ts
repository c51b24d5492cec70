/** What connection tracking remembers of a TCP connection (`struct ip_ct_tcp`). Sequence numbers are signed 32-bit. */
import type { TcpCtState } from "../../../kernel/conntrack.ts";

/** States as numbers, in the order of `enum tcp_conntrack`. */
export const TCP_NONE = 0;
export const TCP_SYN_SENT = 1;
export const TCP_SYN_RECV = 2;
export const TCP_ESTABLISHED = 3;
export const TCP_FIN_WAIT = 4;
export const TCP_CLOSE_WAIT = 5;
export const TCP_LAST_ACK = 6;
export const TCP_TIME_WAIT = 7;
export const TCP_CLOSE = 8;
export const TCP_SYN_SENT2 = 9;

export const TCP_CT_STATES: readonly TcpCtState[] = [
	"NONE",
	"SYN_SENT",
	"SYN_RECV",
	"ESTABLISHED",
	"FIN_WAIT",
	"CLOSE_WAIT",
	"LAST_ACK",
	"TIME_WAIT",
	"CLOSE",
	"SYN_SENT2",
];

/** Flags of one end (`IP_CT_TCP_FLAG_*`). */
export const SEEN_WINDOW_SCALE = 0x01;
export const SEEN_SACK_PERM = 0x02;
export const SEEN_CLOSE_INIT = 0x04;
export const SEEN_BE_LIBERAL = 0x08;
export const SEEN_DATA_UNACKNOWLEDGED = 0x10;
export const SEEN_MAXACK_SET = 0x20;
/** Flags of the connection's last ignored packet. */
export const LAST_EXP_CHALLENGE_ACK = 0x40;
export const LAST_SIMULTANEOUS_OPEN = 0x80;

/** What one end was seen to send (`struct ip_ct_tcp_state`). */
export class TcpSeen {
	/** One past the last sequence number sent. */
	end = 0;
	/** The last one it may send: what the peer acknowledged and its window. */
	maxEnd = 0;
	/** The largest window it advertised, scaled; 0: it has sent nothing yet. */
	maxWin = 0;
	/** The largest acknowledgement it sent. */
	maxAck = 0;
	/** Window scale it offered. */
	scale = 0;
	flags = 0;
}

export class TcpTrack {
	state: number = TCP_NONE;
	/** The originator's end. */
	readonly original: TcpSeen = new TcpSeen();
	/** The answering end. */
	readonly reply: TcpSeen = new TcpSeen();
	/** Direction of the last packet: 0 original, 1 reply. */
	lastDir = 0;
	/** Its flag class (`TcpIndex`). */
	lastIndex = 0;
	lastSeq = 0;
	lastAck = 0;
	lastEnd = 0;
	lastWin = 0;
	lastWscale = 0;
	lastFlags = 0;
	/** How often the last segment was repeated. */
	retrans = 0;
}
