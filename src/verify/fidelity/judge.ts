/** Plays generated scenarios on both kernels, confirms what differs on a fresh topology, and shrinks it. */
import { compareOutcomes } from "../compare.ts";
import type { Difference } from "../difference.ts";
import { type Feature, isFeature } from "../generate/features.ts";
import { generateScenario } from "../generate/generate.ts";
import type { WeightedPlaces } from "../generate/places/places.ts";
import { featuresOfRule } from "../generate/rules/rule-features.ts";
import type { Outcome } from "../outcome.ts";
import { playScenario, refusedOutcome } from "../run-scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { ScenarioHost } from "../scenario-host.ts";
import { shrinkScenario } from "../shrink/shrink.ts";
import { Stage } from "../stage.ts";
import type { StagePool } from "../stage-pool.ts";
import type { KernelRelease } from "./kernel-release.ts";
import { reasonFor } from "./known-differences.ts";
import type { ShrunkCase, Verdict, VerdictResult } from "./verdict.ts";

export interface JudgeOptions {
	/** A fresh simulated kernel. */
	readonly sim: () => ScenarioHost;
	/** Absent: scenarios are played on the simulated kernel only. */
	readonly real?: RealKernel;
	/** Milliseconds of some clock, to tell how long each kernel took. */
	readonly nowMs: () => number;
	/** Called between one kernel's work and the other's, where others share the thread. */
	readonly breathe?: () => Promise<void>;
	/** The scenario as a file, with a comment in front. */
	readonly printScenario: (scenario: Scenario, comment: string) => string;
	readonly printDifference: (difference: Difference) => string;
	/** Where generated scenarios play; absent: on what every kernel can have. */
	readonly places?: WeightedPlaces;
	/** 0: differing scenarios are not shrunk. */
	readonly shrinkTries: number;
}

export interface RealKernel {
	readonly pool: StagePool;
	readonly release: KernelRelease;
}

const CONFIRMATIONS = 2;

export class Judge {
	/**
	 * Time that generation and the simulated kernel took, and the real kernel with all its waiting; confirming and shrinking
	 * not counted.
	 */
	simMs = 0;
	realMs = 0;
	readonly #options: JudgeOptions;

	constructor(options: JudgeOptions) {
		this.#options = options;
	}

	judgeGenerated(seed: number, index: number): Promise<Verdict> {
		const { nowMs } = this.#options;
		const begin = nowMs();
		const scenario = generateScenario(seed, index, this.#options.places);
		this.simMs += nowMs() - begin;
		return this.#judge(scenario, true);
	}

	/** Of a scenario that was written down. */
	judgeWritten(scenario: Scenario): Promise<Verdict> {
		return this.#judge(scenario, false);
	}

	async #judge(scenario: Scenario, isGenerated: boolean): Promise<Verdict> {
		const { nowMs, real, sim: fresh } = this.#options;
		const begin = nowMs();
		const sim = await playSim(fresh(), scenario);
		this.simMs += nowMs() - begin;
		const features = scenario.features.filter(isFeature);
		const verdict = { name: scenario.name, isGenerated, features, hit: hitFeatures(sim), normalised: {} };
		if (sim.refused !== undefined) {
			const { netns, error } = sim.refused;
			return { ...verdict, result: { kind: "refused", message: `${netns}: ${error.errno} ${error.message}` } };
		}
		if (real === undefined) return { ...verdict, result: { kind: "played" } };
		await this.#options.breathe?.();
		const realBegin = nowMs();
		const { outcome } = await real.pool.play(scenario);
		this.realMs += nowMs() - realBegin;
		await this.#options.breathe?.();
		const compared = compareOutcomes(scenario, sim, outcome);
		if (compared.agrees) {
			return { ...verdict, normalised: Object.fromEntries(compared.normalised), result: { kind: "agrees" } };
		}
		return { ...verdict, result: await this.#confirm(real, scenario, compared.first) };
	}

	async #confirm(real: RealKernel, scenario: Scenario, first: Difference): Promise<VerdictResult> {
		const { printDifference } = this.#options;
		const again = await this.#lasting(real, scenario);
		if (again === undefined) return { kind: "agrees when fresh", difference: printDifference(first) };
		const reason = reasonFor(again, real.release);
		if (reason !== undefined) return { kind: "known", reason };
		const shrunk = await this.#shrink(real, scenario, again);
		return {
			kind: "differs",
			difference: printDifference(again),
			...(shrunk === undefined ? {} : { shrunk }),
		};
	}

	/** The difference, when it shows every time: on a busy machine a program of the real kernel may come too late once. */
	async #lasting(real: RealKernel, scenario: Scenario): Promise<Difference | undefined> {
		let found: Difference | undefined;
		for (let k = 0; k < CONFIRMATIONS; k += 1) {
			found = await this.#differenceOf(real, scenario);
			if (found === undefined) return undefined;
		}
		return found;
	}

	/** On fresh topologies of both kernels. */
	async #differenceOf(real: RealKernel, scenario: Scenario): Promise<Difference | undefined> {
		const sim = await playSim(this.#options.sim(), scenario);
		const compared = compareOutcomes(scenario, sim, await real.pool.playFresh(scenario));
		return compared.agrees ? undefined : compared.first;
	}

	async #shrink(real: RealKernel, scenario: Scenario, first: Difference): Promise<ShrunkCase | undefined> {
		const { shrinkTries: maxTries, printScenario, printDifference } = this.#options;
		if (maxTries === 0) return undefined;
		let difference = first;
		const stillFails = async (candidate: Scenario): Promise<boolean> => {
			const found = await this.#differenceOf(real, candidate);
			const isSame = found !== undefined && found.kind === first.kind && reasonFor(found, real.release) === undefined;
			if (isSame) difference = found;
			return isSame;
		};
		const { scenario: smallest, isMinimal } = await shrinkScenario(scenario, stillFails, { maxTries });
		return {
			text: printScenario(smallest, `It differed: ${printDifference(difference)}`),
			steps: smallest.steps.map((step) => step.kind),
			isMinimal,
			difference: printDifference(difference),
		};
	}
}

/** On a kernel that is thrown away afterwards: nothing is taken down. */
async function playSim(host: ScenarioHost, scenario: Scenario): Promise<Outcome> {
	const stage = await Stage.build(host, scenario.topology);
	return stage.ok ? playScenario(stage.value, scenario) : refusedOutcome(stage.error);
}

/** Features of the rules that counted a packet. */
function hitFeatures(outcome: Outcome): readonly Feature[] {
	const hit = new Set<Feature>();
	for (const { chains } of Object.values(outcome.netns)) {
		for (const { rules } of chains) {
			for (const rule of rules) {
				if ((rule.counters?.packets ?? 0) > 0) for (const feature of featuresOfRule(rule)) hit.add(feature);
			}
		}
	}
	return [...hit];
}
