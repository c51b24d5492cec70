/** What came of one generated scenario, as plain data that passes from a worker to its parent. */
import type { Feature } from "../generate/features.ts";
import type { StepKind } from "../scenario.ts";

export interface Verdict {
	/** Seed and number, or the scenario's file. */
	readonly name: string;
	/** Nobody has seen it before; else it is a file's, on which the kernels have agreed. */
	readonly isGenerated: boolean;
	readonly features: readonly Feature[];
	/** Features of rules that a packet matched. */
	readonly hit: readonly Feature[];
	readonly result: VerdictResult;
	/** What was normalised, and how often. */
	readonly normalised: Readonly<Record<string, number>>;
}

export type VerdictResult =
	| { readonly kind: "agrees" }
	/** It differed on a topology that others had used, and did not on a fresh one. */
	| { readonly kind: "agrees when fresh"; readonly difference: string }
	| { readonly kind: "known"; readonly reason: string }
	| { readonly kind: "differs"; readonly difference: string; readonly shrunk?: ShrunkCase }
	/** Played on the simulated kernel only. */
	| { readonly kind: "played" }
	/** The simulated kernel does not take what the generator made: a mistake of either. */
	| { readonly kind: "refused"; readonly message: string };

export interface ShrunkCase {
	/** The scenario as a file. */
	readonly text: string;
	readonly steps: readonly StepKind[];
	readonly isMinimal: boolean;
	readonly difference: string;
}
