/** Topologies kept standing between scenarios, for kernels on which building one is slow. */
import type { Outcome } from "./outcome.ts";
import { playScenario, type RunOptions, refusedOutcome } from "./run-scenario.ts";
import type { Scenario } from "./scenario.ts";
import type { ScenarioHost } from "./scenario-host.ts";
import { ICMP_RATELIMIT, Stage } from "./stage.ts";

export interface PoolOptions {
	/** So many topologies stand at most; the one used longest ago goes first. Default 8. */
	readonly limit?: number;
}

export interface Played {
	readonly outcome: Outcome;
	/** Another scenario had used the topology before. */
	readonly reused: boolean;
}

export class StagePool {
	readonly #host: ScenarioHost;
	readonly #limit: number;
	/** By the topology's content, used longest ago first; clean, and not in use. */
	readonly #free = new Map<string, Stage>();
	#built = 0;

	constructor(host: ScenarioHost, { limit = 8 }: PoolOptions = {}) {
		this.#host = host;
		this.#limit = limit;
	}

	/** Plays on a topology that stands already, if one does. */
	async play(scenario: Scenario): Promise<Played> {
		const key = JSON.stringify(scenario.topology);
		const kept = this.#free.get(key);
		this.#free.delete(key);
		const stage = kept ?? (await this.#build(scenario));
		if (!(stage instanceof Stage)) return { outcome: stage, reused: false };
		let isClean = false;
		try {
			const outcome = await playScenario(stage, scenario);
			isClean = !leavesMarks(scenario) && (await stage.reset()).ok;
			return { outcome, reused: kept !== undefined };
		} finally {
			if (isClean) await this.#keep(key, stage);
			else await stage.remove();
		}
	}

	/** Plays on a topology of its own. */
	async playFresh(scenario: Scenario, options: RunOptions = {}): Promise<Outcome> {
		const stage = await this.#build(scenario);
		if (!(stage instanceof Stage)) return stage;
		try {
			return await playScenario(stage, scenario, options);
		} finally {
			await stage.remove();
		}
	}

	/** Takes all topologies down. */
	async close(): Promise<void> {
		for (const stage of this.#free.values()) await stage.remove();
		this.#free.clear();
	}

	async #build({ topology }: Scenario): Promise<Stage | Outcome> {
		this.#built += 1;
		const stage = await Stage.build(this.#host, topology, `.${this.#built}`);
		if (!stage.ok) return refusedOutcome(stage.error);
		const remembered = await stage.value.remember();
		if (remembered.ok) return stage.value;
		await stage.value.remove();
		return refusedOutcome(remembered.error);
	}

	async #keep(key: string, stage: Stage): Promise<void> {
		this.#free.set(key, stage);
		const [oldest] = this.#free;
		if (this.#free.size <= this.#limit || oldest === undefined) return;
		this.#free.delete(oldest[0]);
		await oldest[1].remove();
	}
}

/** It leaves what a reset does not take away: changed devices, connections in TIME_WAIT, counted ICMP errors. */
function leavesMarks({ config, steps }: Scenario): boolean {
	const limits = Object.values(config).some(({ sysctls }) => sysctls?.[ICMP_RATELIMIT] !== undefined);
	return limits || steps.some((step) => step.kind === "tcp" || (step.kind === "change" && step.object.kind === "link"));
}
