/** Counts verdicts per feature. */
import { FEATURES, type Feature } from "../generate/features.ts";
import type { Verdict } from "./verdict.ts";

export interface FeatureTally {
	readonly feature: Feature;
	/** Scenarios that have it. */
	readonly scenarios: number;
	/** Of those of rules: scenarios in which a packet matched such a rule. */
	readonly hit: number;
	readonly agreements: number;
	/** Unexplained ones. */
	readonly differences: number;
	readonly known: Readonly<Record<string, number>>;
}

export interface TallySummary {
	readonly scenarios: number;
	readonly agreements: number;
	/** Of the agreements: only on a fresh topology. */
	readonly onlyFresh: number;
	readonly differences: number;
	/** Of the unexplained differences: in scenarios that are files. */
	readonly ofFiles: number;
	readonly known: Readonly<Record<string, number>>;
	readonly refused: number;
	readonly normalised: Readonly<Record<string, number>>;
	readonly features: readonly FeatureTally[];
}

type Counts = { -readonly [K in "scenarios" | "hit" | "agreements" | "differences"]: number } & {
	readonly known: Record<string, number>;
};

export class Tally {
	readonly #features: Map<Feature, Counts> = new Map(FEATURES.map((feature) => [feature, noCounts()]));
	readonly #all: Counts = noCounts();
	readonly #normalised: Record<string, number> = {};
	#onlyFresh = 0;
	#refused = 0;
	#ofFiles = 0;

	add(verdict: Verdict): void {
		count(this.#all, verdict);
		for (const feature of verdict.features) {
			const counts = this.#features.get(feature);
			if (counts !== undefined) count(counts, verdict);
		}
		for (const feature of verdict.hit) {
			const counts = this.#features.get(feature);
			if (counts !== undefined) counts.hit += 1;
		}
		for (const [what, times] of Object.entries(verdict.normalised)) add(this.#normalised, what, times);
		if (verdict.result.kind === "agrees when fresh") this.#onlyFresh += 1;
		if (verdict.result.kind === "refused") this.#refused += 1;
		if (verdict.result.kind === "differs" && !verdict.isGenerated) this.#ofFiles += 1;
	}

	summary(): TallySummary {
		const { scenarios, agreements, differences, known } = this.#all;
		return {
			scenarios,
			agreements,
			onlyFresh: this.#onlyFresh,
			differences,
			ofFiles: this.#ofFiles,
			known: { ...known },
			refused: this.#refused,
			normalised: { ...this.#normalised },
			features: [...this.#features].map(([feature, counts]) => ({ feature, ...counts, known: { ...counts.known } })),
		};
	}
}

/** Whether so few differ: of scenarios that nobody has seen so many may, of files none. */
export function agreesEnough({ differences, ofFiles }: TallySummary, allow: number): boolean {
	return ofFiles === 0 && differences <= allow;
}

function noCounts(): Counts {
	return { scenarios: 0, hit: 0, agreements: 0, differences: 0, known: {} };
}

function count(counts: Counts, { result }: Verdict): void {
	counts.scenarios += 1;
	switch (result.kind) {
		case "agrees":
		case "agrees when fresh":
			counts.agreements += 1;
			return;
		case "known":
			add(counts.known, result.reason, 1);
			return;
		case "differs":
			counts.differences += 1;
			return;
		case "played":
		case "refused":
			return;
	}
}

function add(counts: Record<string, number>, key: string, times: number): void {
	counts[key] = (counts[key] ?? 0) + times;
}
