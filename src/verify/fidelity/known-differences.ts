/** Differences that are known and stay: each with a reason, and a test by which one is recognised. */
import type { Difference } from "../difference.ts";
import type { Scenario } from "../scenario.ts";

export interface KnownDifference {
	/** A sentence for the fidelity table. */
	readonly reason: string;
	/** It must be narrow: what it takes for known is never looked at again. */
	readonly explains: (difference: Difference, scenario: Scenario) => boolean;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [];

/** The reason for which the difference is known; undefined: it is not. */
export function reasonFor(
	difference: Difference,
	scenario: Scenario,
	known: readonly KnownDifference[] = KNOWN_DIFFERENCES,
): string | undefined {
	return known.find(({ explains }) => explains(difference, scenario))?.reason;
}
