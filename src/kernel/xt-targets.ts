/** Targets that tell connection tracking what to do, or change what a packet carries besides its addresses. */
import type { Cidr } from "../wire/addr.ts";

/**
 * `-j CT`: connection tracking passes the packet over, or keeps its flow in a zone: a number, or the packet's mark. Without
 * `dir` the zone counts in both directions.
 */
export interface CtTarget {
	readonly kind: "ct";
	readonly notrack?: true;
	readonly zone?: { readonly id: number | "mark"; readonly dir?: "original" | "reply" };
}

/** `-j NOTRACK`: the older name of `-j CT --notrack`. */
export interface NotrackTarget {
	readonly kind: "notrack";
}

/** Whole marks are shifted after they were masked. */
export interface MarkShift {
	readonly dir: "left" | "right";
	/** 1–31. */
	readonly bits: number;
}

/** `-j CONNMARK`: the flow's mark is set, or made of the packet's (`save`), or the other way round (`restore`). */
export type ConnmarkTarget =
	/** ctmark = (ctmark & ~mask) ^ value. */
	| {
			readonly kind: "connmark";
			readonly op: "set";
			readonly value: number;
			readonly mask: number;
			readonly shift?: MarkShift;
	  }
	/** save: ctmark = (ctmark & ~ctmask) ^ (mark & nfmask); restore: mark = (mark & ~nfmask) ^ (ctmark & ctmask). */
	| {
			readonly kind: "connmark";
			readonly op: "save" | "restore";
			readonly nfmask: number;
			readonly ctmask: number;
			readonly shift?: MarkShift;
	  };

/** `-j TTL --ttl-set`, `--ttl-inc`, `--ttl-dec`: it stays between 0 and 255. */
export interface TtlTarget {
	readonly kind: "ttl";
	readonly op: "set" | "inc" | "dec";
	readonly value: number;
}

/** `-j TOS --set-tos value/mask`: tos = (tos & ~mask) ^ value. */
export interface TosTarget {
	readonly kind: "tos";
	readonly value: number;
	readonly mask: number;
}

/** `-j DSCP --set-dscp`: 0–63. */
export interface DscpTarget {
	readonly kind: "dscp";
	readonly value: number;
}

/** `-j TCPMSS`: lowers the maximum segment size that a SYN offers to a number, or to what the path carries. */
export interface TcpmssTarget {
	readonly kind: "tcpmss";
	readonly mss: number | "pmtu";
}

/** `-j NETMAP --to`: the network's bits of the address are replaced, the host's stay. */
export interface NetmapTarget {
	readonly kind: "netmap";
	readonly net: Cidr;
}

/** `-j CHECKSUM --checksum-fill`: completes a checksum that the hardware would have; here they always are complete. */
export interface ChecksumTarget {
	readonly kind: "checksum";
}

/** `-j NFLOG`: a copy goes to whoever listens to the group; the packet goes on. */
export interface NflogTarget {
	readonly kind: "nflog";
	readonly group?: number;
	readonly prefix?: string;
	/** How many bytes of the packet are copied. */
	readonly size?: number;
	/** How many packets are sent together. */
	readonly threshold?: number;
}

/** `-j CLASSIFY --set-class major:minor`: which class of a queueing discipline the packet is for. */
export interface ClassifyTarget {
	readonly kind: "classify";
	readonly major: number;
	readonly minor: number;
}

/** `-j TRACE`: asks the kernel to tell of each rule that the packet meets. */
export interface TraceTarget {
	readonly kind: "trace";
}

export type TrackingTarget = CtTarget | NotrackTarget | ConnmarkTarget;

/** Targets after which the packet goes on, changed or noted (NETMAP: translated). */
export type ManglingTarget =
	| TtlTarget
	| TosTarget
	| DscpTarget
	| TcpmssTarget
	| NetmapTarget
	| ChecksumTarget
	| NflogTarget
	| ClassifyTarget
	| TraceTarget;
