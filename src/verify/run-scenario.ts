/** Plays a scenario on a kernel and writes down all that is to be seen of it. */
import { assertNever } from "../base/assert-never.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { XtChain } from "../kernel/objects.ts";
import type { TraceEvent } from "../kernel/trace-event.ts";
import type { NetnsOutcome, Outcome, Refusal, SeenFrame } from "./outcome.ts";
import { Players } from "./players.ts";
import type { Scenario, Step } from "./scenario.ts";
import type { ScenarioHost } from "./scenario-host.ts";
import { Sights } from "./sights.ts";
import { Stage, tablesOf } from "./stage.ts";

const NS_PER_MS = 1e6;

export interface RunOptions {
	/** Keep the trace, where the kernel has one. */
	readonly trace?: boolean;
}

/** Builds the topology, plays the scenario and takes the topology down again. */
export async function runScenario(host: ScenarioHost, scenario: Scenario, options: RunOptions = {}): Promise<Outcome> {
	const stage = await Stage.build(host, scenario.topology);
	if (!stage.ok) return refusedOutcome(stage.error);
	try {
		return await playScenario(stage.value, scenario, options);
	} finally {
		await stage.value.remove();
	}
}

/** Plays the scenario on its topology, which stands already and has nothing else set. */
export async function playScenario(stage: Stage, scenario: Scenario, options: RunOptions = {}): Promise<Outcome> {
	const play = new Play(stage, scenario);
	const ready = await stage.setUp(scenario);
	if (!ready.ok) return refusedOutcome(ready.error);
	try {
		const watching = play.watch(options);
		return watching.ok ? await play.run() : refusedOutcome(watching.error);
	} finally {
		play.end();
	}
}

export function refusedOutcome(refused: Refusal): Outcome {
	return { frames: [], netns: {}, log: [], sockets: [], refused };
}

class Play {
	readonly #stage: Stage;
	readonly #host: ScenarioHost;
	readonly #scenario: Scenario;
	#step = -1;
	readonly #frames: SeenFrame[] = [];
	readonly #sights = new Sights(() => this.#step);
	readonly #players: Players;
	readonly #stops: (() => void)[] = [];
	readonly #log: { readonly step: number; readonly level: number; readonly text: string }[] = [];
	readonly #trace: { readonly step: number; readonly event: TraceEvent }[] = [];
	#traces = false;
	readonly #begin: number;
	#logRead = 0;

	constructor(stage: Stage, scenario: Scenario) {
		this.#stage = stage;
		this.#host = stage.host;
		this.#scenario = scenario;
		this.#begin = stage.host.kernel.clock.now();
		this.#players = new Players(stage, this.#sights);
	}

	watch({ trace }: RunOptions): Result<void, Refusal> {
		const { kernel } = this.#host;
		for (const netns of this.#scenario.topology.netns) {
			const stop = kernel.capture(this.#stage.name(netns), {}, ({ dev, direction, pktType, frame, link }) => {
				const seen = { step: this.#step, netns, dev, direction, pktType, frame };
				this.#frames.push(link === undefined ? seen : { ...seen, link });
			});
			if (!stop.ok) return err({ netns, error: stop.error });
			this.#stops.push(stop.value);
		}
		this.#logRead = kernel.log().length;
		if (trace !== true) return ok(undefined);
		const stop = kernel.trace((event) => this.#trace.push({ step: this.#step, event }));
		if (stop !== undefined) {
			this.#stops.push(stop);
			this.#traces = true;
		}
		return ok(undefined);
	}

	async run(): Promise<Outcome> {
		const { listen, steps } = this.#scenario;
		for (const listener of listen) this.#players.listen(listener);
		await this.#settle();
		for (const [index, step] of steps.entries()) {
			this.#step = index;
			await this.#carryOut(step);
			await this.#settle();
		}
		this.#step = steps.length;
		const netns: Record<string, NetnsOutcome> = {};
		for (const name of this.#scenario.topology.netns) {
			const read = await this.#read(name);
			if (!read.ok) return refusedOutcome({ netns: name, error: read.error });
			netns[name] = read.value;
		}
		const durationMs = (this.#host.kernel.clock.now() - this.#begin) / NS_PER_MS;
		const trace = this.#traces ? { trace: this.#trace } : {};
		return { frames: this.#frames, netns, log: this.#log, sockets: [...this.#sights.all], durationMs, ...trace };
	}

	end(): void {
		for (const stop of this.#stops.splice(0)) stop();
		this.#players.close();
	}

	async #carryOut(step: Step): Promise<void> {
		const number = this.#step + 1;
		switch (step.kind) {
			case "wait":
				await this.#host.kernel.run(() => false, step.ms * NS_PER_MS);
				return;
			case "change": {
				const { netns, verb, object } = step;
				const applied = await this.#host.kernel.apply(this.#stage.name(netns), [this.#stage.op({ verb, object })]);
				if (!applied.ok) this.#sights.of(netns, `change step ${number}`).error(applied.error);
				return;
			}
			case "frame":
			case "tcp":
			case "udp":
			case "ping":
				await this.#players.play(step, number);
				return;
			default:
				assertNever(step);
		}
	}

	async #settle(): Promise<void> {
		await this.#host.settle();
		const log = this.#host.kernel.log();
		for (; this.#logRead < log.length; this.#logRead += 1) {
			const line = log[this.#logRead];
			if (line !== undefined) this.#log.push({ step: this.#step, level: line.level, text: line.text });
		}
	}

	async #read(netns: string): Promise<Result<NetnsOutcome, Refusal["error"]>> {
		const name = this.#stage.name(netns);
		const chains = await this.#chains(netns);
		if (!chains.ok) return chains;
		const { ipset, nfacct } = this.#scenario.config[netns] ?? {};
		const dumped = await this.#host.kernel.dump(name, [
			"conntrack",
			"neigh",
			"fdb",
			...(ipset === undefined ? [] : ["ipset" as const]),
			...(nfacct === undefined ? [] : ["nfacct" as const]),
		]);
		if (!dumped.ok) return dumped;
		const objects = dumped.value;
		return ok({
			chains: chains.value,
			conntrack: objects.filter((object) => object.kind === "conntrack"),
			neighs: objects.filter((object) => object.kind === "neigh"),
			fdb: objects.filter((object) => object.kind === "fdb"),
			sets: objects.filter((object) => object.kind === "ipset"),
			accounts: objects.filter((object) => object.kind === "nfacct"),
		});
	}

	async #chains(netns: string): Promise<Result<readonly XtChain[], Refusal["error"]>> {
		const { config, steps } = this.#scenario;
		const text = config[netns]?.iptables;
		const isChanged = steps.some(
			(step) => step.kind === "change" && step.netns === netns && step.object.kind === "xt-rule",
		);
		if (text === undefined && !isChanged) return ok([]);
		const saved = await this.#host.saveTables(this.#stage.name(netns));
		if (!saved.ok) return saved;
		const tables = tablesOf(text ?? "");
		return ok(saved.value.filter((chain) => tables.includes(chain.table)));
	}
}
