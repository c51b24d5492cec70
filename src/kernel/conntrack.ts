/** Connection tracking entries as values. */
import type { IpAddr, IpFamily } from "../wire/addr.ts";

/** One direction of a flow. For ICMP, `icmp` stands instead of the ports; other protocols have neither. */
export interface Tuple {
	readonly proto: number;
	readonly src: IpAddr;
	readonly dst: IpAddr;
	readonly sport?: number;
	readonly dport?: number;
	readonly icmp?: { readonly type: number; readonly code: number; readonly id: number };
	/** The zone that counts in this direction only; one that counts in both is the entry's. */
	readonly zone?: number;
}

export type TcpCtState =
	| "NONE"
	| "SYN_SENT"
	| "SYN_RECV"
	| "ESTABLISHED"
	| "FIN_WAIT"
	| "CLOSE_WAIT"
	| "LAST_ACK"
	| "TIME_WAIT"
	| "CLOSE"
	| "SYN_SENT2";

export interface ConntrackEntry {
	readonly kind: "conntrack";
	readonly family: IpFamily;
	readonly proto: number;
	readonly original: Tuple;
	readonly reply: Tuple;
	/** Remaining life in whole seconds, rounded down. */
	readonly timeoutSeconds: number;
	readonly tcpState?: TcpCtState;
	readonly unreplied?: true;
	readonly assured?: true;
	readonly mark: number;
	readonly zone?: number;
	/** Which addresses are translated. */
	readonly snat?: true;
	readonly dnat?: true;
}

/** What became of an entry: it entered the table, a packet changed it, it left the table. */
export interface ConntrackEvent {
	readonly type: "new" | "update" | "destroy";
	/** Nanoseconds of the kernel's clock. */
	readonly atNs: number;
	/** As it is then; one that ended by itself has no seconds left. */
	readonly entry: ConntrackEntry;
	/** `destroy`: somebody deleted it. */
	readonly byUser?: true;
}

/** What connection tracking counted since the namespace was made (`conntrack -S`). */
export interface ConntrackStats {
	/** Packets that belong to no flow. */
	readonly invalid: number;
	/** New entries whose tuple was taken meanwhile. */
	readonly insertFailed: number;
	/** Packets dropped because an entry could not be made. */
	readonly drop: number;
	/** Entries ended to make room in a full table. */
	readonly earlyDrop: number;
	/** Clashes that the packet survived. */
	readonly clashResolve: number;
}
