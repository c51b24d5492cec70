/** Targets that tell connection tracking what to do, or change what a packet carries besides its addresses. */

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

export type TrackingTarget = CtTarget | NotrackTarget | ConnmarkTarget;
