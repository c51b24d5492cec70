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

export type TrackingTarget = CtTarget | NotrackTarget;
