/** Differences that are known and stay: each with a reason, and a test by which one is recognised. */
import type { Difference } from "../difference.ts";
import { vxlanDepth } from "../tunnel-inside.ts";
import { isBefore, type KernelRelease } from "./kernel-release.ts";

export interface KnownDifference {
	/** A sentence for the fidelity table. */
	readonly reason: string;
	/** Only kernels before this one differ: the simulated kernel follows the later ones. */
	readonly before?: KernelRelease;
	/** It must be narrow: what it takes for known is never looked at again. */
	readonly explains: (difference: Difference) => boolean;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
	{
		reason: "a VXLAN device that sends through itself is stopped some levels later, for tunnels are not counted.",
		before: { major: 6, minor: 18 },
		explains: isDeepInVxlan,
	},
];

/** The reason for which the difference is known; undefined: it is not. */
export function reasonFor(
	difference: Difference,
	release: KernelRelease,
	known: readonly KnownDifference[] = KNOWN_DIFFERENCES,
): string | undefined {
	const found = known.find(
		({ before, explains }) => (before === undefined || isBefore(release, before)) && explains(difference),
	);
	if (found === undefined) return undefined;
	const { before, reason } = found;
	return before === undefined ? reason : `Linux before ${before.major}.${before.minor}: ${reason}`;
}

/** A frame that the simulated kernel no longer sends, for it is in so many tunnels already. */
function isDeepInVxlan(difference: Difference): boolean {
	if (difference.kind !== "frame" || difference.sim !== undefined || difference.real === undefined) return false;
	return vxlanDepth(difference.real.frame) >= DEEP_VXLANS;
}

/** As many as the simulated kernel puts around a packet before it says that this is a loop. */
const DEEP_VXLANS = 3;
