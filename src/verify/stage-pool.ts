/** Topologies kept standing between scenarios, for kernels on which building one is slow. */
import { ETH_HLEN, ETH_P_IP, ethType } from "../wire/ethernet.ts";
import {
	ICMP_DEST_UNREACH,
	ICMP_HOST_UNREACH,
	ICMP_NET_UNREACH,
	ICMP_PKT_FILTERED,
	icmpCode,
	icmpType,
} from "../wire/icmpv4.ts";
import { IPPROTO_ICMP, ipv4HeaderLength, ipv4Proto } from "../wire/ipv4.ts";
import type { Outcome, SeenFrame } from "./outcome.ts";
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
	/** By `keyOf`, used longest ago first; not in use, and with nothing in it that `setUp` does not know of. */
	readonly #free = new Map<string, Stage>();
	readonly #routeErrors = new WeakMap<Stage, number>();
	#built = 0;

	constructor(host: ScenarioHost, { limit = 8 }: PoolOptions = {}) {
		this.#host = host;
		this.#limit = limit;
	}

	/** Plays on a topology that stands already, if one does. */
	async play(scenario: Scenario): Promise<Played> {
		const key = keyOf(scenario, scenario.config);
		const kept = this.#free.get(key);
		this.#free.delete(key);
		const stage = kept ?? (await this.#build(scenario));
		if (!(stage instanceof Stage)) return { outcome: stage, reused: false };
		let isClean = false;
		try {
			const outcome = await playScenario(stage, scenario);
			const errors = (this.#routeErrors.get(stage) ?? 0) + routeErrors(outcome);
			this.#routeErrors.set(stage, errors);
			const isKnown = outcome.refused === undefined && errors <= ROUTE_ERROR_LIMIT && !leavesMarks(scenario);
			isClean = isKnown && (await stage.flush(scenario)).ok;
			return { outcome, reused: kept !== undefined };
		} finally {
			if (isClean) await this.#keep(keyOf(scenario, scenario.config, scenario.steps), stage);
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

/**
 * ICMP errors about the way (no route, unreachable, prohibited), which the kernel limits apart from all others: five at
 * once to a sender, then one a second, and no namespace can change that (net.ipv4.route.error_burst and error_cost).
 */
function routeErrors({ frames }: Outcome): number {
	const isRouteError = ({ direction, frame }: SeenFrame): boolean =>
		direction === "out" &&
		ethType(frame, 0) === ETH_P_IP &&
		ipv4Proto(frame, ETH_HLEN) === IPPROTO_ICMP &&
		icmpType(frame, ETH_HLEN + ipv4HeaderLength(frame, ETH_HLEN)) === ICMP_DEST_UNREACH &&
		ROUTE_ERROR_CODES.has(icmpCode(frame, ETH_HLEN + ipv4HeaderLength(frame, ETH_HLEN)));
	return frames.filter(isRouteError).length;
}

const ROUTE_ERROR_CODES: ReadonlySet<number> = new Set([ICMP_NET_UNREACH, ICMP_HOST_UNREACH, ICMP_PKT_FILTERED]);
/** So many may have been sent before on a topology that is used again; a namespace that made it shows it once. */
const ROUTE_ERROR_LIMIT = 3;

/** It leaves what a reset does not take away: changed devices, counted ICMP errors. */
function leavesMarks({ config, steps }: Scenario): boolean {
	const limits = Object.values(config).some(({ sysctls }) => sysctls?.[ICMP_RATELIMIT] !== undefined);
	return limits || steps.some((step) => step.kind === "change" && step.object.kind === "link");
}
