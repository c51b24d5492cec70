/** Topologies kept standing between scenarios, for kernels on which building one is slow. */
import type { Outcome } from "./outcome.ts";
import { RouteErrors } from "./route-errors.ts";
import { playScenario, type RunOptions, refusedOutcome } from "./run-scenario.ts";
import type { Scenario, Step } from "./scenario.ts";
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
	/** Used longest ago first; not in use, and with nothing in them that `setUp` does not know of. */
	readonly #free: FreeStage[] = [];
	#built = 0;

	constructor(host: ScenarioHost, { limit = 8 }: PoolOptions = {}) {
		this.#host = host;
		this.#limit = limit;
	}

	/** Plays on a topology that stands already, if one does. */
	async play(scenario: Scenario): Promise<Played> {
		const key = keyOf(scenario, scenario.config);
		const kept = this.#take(key);
		const stage = kept?.stage ?? (await this.#build(scenario));
		if (!(stage instanceof Stage)) return { outcome: stage, reused: false };
		const errors = kept?.errors ?? new RouteErrors();
		let isClean = false;
		try {
			const outcome = await playScenario(stage, scenario);
			errors.count(outcome.frames, this.#now());
			const isKnown = outcome.refused === undefined && !leavesMarks(scenario);
			isClean = isKnown && (await stage.flush(scenario)).ok;
			return { outcome, reused: kept !== undefined };
		} finally {
			if (isClean) await this.#keep({ key: keyOf(scenario, scenario.config, scenario.steps), stage, errors });
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
		for (const { stage } of this.#free.splice(0)) await stage.remove();
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

	/** The one used longest ago has had most time to forget. */
	#take(key: string): FreeStage | undefined {
		const at = this.#free.findIndex((free) => free.key === key && free.errors.areForgotten(this.#now()));
		return at < 0 ? undefined : this.#free.splice(at, 1)[0];
	}

	async #keep(free: FreeStage): Promise<void> {
		this.#free.push(free);
		if (this.#free.length > this.#limit) await this.#free.shift()?.stage.remove();
	}

	#now(): number {
		return this.#host.kernel.clock.now();
	}
}

interface FreeStage {
	/** See `keyOf`. */
	readonly key: string;
	readonly stage: Stage;
	readonly errors: RouteErrors;
}

/**
 * Topologies are alike when their content is, and the same namespaces ever had a policy rule or a local route of their own:
 * from then on Linux looks at source addresses more closely (`fib_has_custom_rules`, `fib_has_custom_local_routes`).
 */
function keyOf({ topology }: Scenario, config: Scenario["config"], steps: readonly Step[] = []): string {
	const marked = topology.netns.filter((netns) => {
		const { rules = [], routes = [] } = config[netns] ?? {};
		const changed = steps.flatMap((step) => (step.kind === "change" && step.netns === netns ? [step.object] : []));
		return [...rules, ...routes, ...changed].some(
			(object) => object.kind === "rule" || (object.kind === "route" && object.type === "local"),
		);
	});
	return JSON.stringify([topology, marked]);
}

/** It leaves what a reset does not take away: changed devices, counted ICMP errors that it limited itself. */
function leavesMarks({ config, steps }: Scenario): boolean {
	const limits = Object.values(config).some(({ sysctls }) => sysctls?.[ICMP_RATELIMIT] !== undefined);
	return limits || steps.some((step) => step.kind === "change" && step.object.kind === "link");
}
