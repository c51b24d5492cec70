/** Things by name, side by side: the first one that is not the same. */
import type { Difference } from "./difference.ts";

/** What a thing is called → its text, in which everything that is compared stands. */
export type Lines = ReadonlyMap<string, string>;

/** Whether two texts of one thing may pass for the same. */
export type Close = (sim: string, real: string) => boolean;

/** What differs, still without its place in the scenario. */
export type StateDifference = Pick<Extract<Difference, { where: string }>, "kind" | "where"> & {
	readonly sim?: string;
	readonly real?: string;
};

/** `close`: texts that are not the same, but count as it. */
export function differing(
	kind: StateDifference["kind"],
	sim: Lines,
	real: Lines,
	close: Close = () => false,
): StateDifference | undefined {
	for (const [where, a] of sim) {
		const b = real.get(where);
		if (b === undefined) return { kind, where, sim: a };
		if (a !== b && !close(a, b)) return { kind, where, sim: a, real: b };
	}
	for (const [where, b] of real) if (!sim.has(where)) return { kind, where, real: b };
	return undefined;
}
