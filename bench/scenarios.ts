/** How many generated scenarios a second two processes play, on the simulated kernel and on topologies of the real one; they are generated before the clock runs. */
import { fork } from "node:child_process";
import { setFlagsFromString } from "node:v8";
import { Turns } from "../src/base/turns.ts";
import { LANES, STAGES, WORKER_FLAGS } from "../src/cli/fidelity-run.ts";
import { type LinuxHost, NO_PRETENURING, openLinuxHost, simHost } from "../src/cli/scenario-hosts.ts";
import { generateScenario } from "../src/verify/generate/generate.ts";
import { playScenario } from "../src/verify/run-scenario.ts";
import type { Scenario } from "../src/verify/scenario.ts";
import { Stage } from "../src/verify/stage.ts";
import { StagePool } from "../src/verify/stage-pool.ts";
import { report } from "./measure.ts";

/** The argument that makes this program one of the two processes. */
export const SCENARIOS = "--scenarios";
const PROCESSES = 2;
const SEED = 20_261_128;
/** Played before the clock runs, and while it runs, by each process. */
const COUNTS = { sim: [3_000, 3_000], real: [1_000, 2_000] } as const;

type KernelName = keyof typeof COUNTS;

interface Rate {
	readonly seconds: number;
	/** Of this process alone: programs that it starts are not counted. */
	readonly cpuMs: number;
}

/** The real kernel only where this process may use it. */
export async function scenarioRates(): Promise<void> {
	await rates("sim");
	const host = await openLinuxHost();
	if (!host.ok) return;
	host.value.close();
	await rates("real");
}

/** What one of the processes does: plays, then tells its parent. */
export async function playAsChild(kernel: string, from: number): Promise<void> {
	setFlagsFromString(NO_PRETENURING);
	process.send?.(kernel === "real" ? await playReal(from) : await playSim(from));
}

async function rates(kernel: KernelName): Promise<void> {
	const [, count] = COUNTS[kernel];
	const each = await Promise.all(Array.from({ length: PROCESSES }, (_, k) => child(kernel, k * 10_000)));
	const seconds = Math.max(...each.map((one) => one.seconds));
	const cpuMs = each.reduce((sum, one) => sum + one.cpuMs, 0);
	report(`scenarios.${kernel}.two_processes`, (PROCESSES * count) / seconds, "scenarios/s");
	report(`scenarios.${kernel}.cpu`, cpuMs / (PROCESSES * count), "ms");
}

function child(kernel: KernelName, from: number): Promise<Rate> {
	return new Promise((resolve, reject) => {
		const forked = fork(process.argv[1] ?? "", [SCENARIOS, kernel, String(from)], { execArgv: [...WORKER_FLAGS] });
		forked.on("message", (rate: Rate) => resolve(rate));
		forked.on("exit", (code) => reject(new Error(`scenarios ${kernel}: exit code ${code}`)));
	});
}

async function playSim(from: number): Promise<Rate> {
	return measured("sim", from, async (scenario) => {
		const stage = await Stage.build(simHost(1), scenario.topology);
		if (!stage.ok) throw new Error(stage.error.error.message);
		await playScenario(stage.value, scenario);
	});
}

/** As `podwire fidelity` does it: while a scenario waits on one kernel, others play on others. */
async function playReal(from: number): Promise<Rate> {
	const turns = new Turns();
	const lanes = await Promise.all(Array.from({ length: LANES }, () => openLane(turns)));
	const rate = await measured("real", from, async (scenario) => {
		const lane = lanes.shift();
		if (lane === undefined) throw new Error("more scenarios at once than lanes");
		await turns.begin();
		try {
			await lane.pool.play(scenario);
		} finally {
			turns.give();
			lanes.push(lane);
		}
	});
	for (const { host } of lanes) host.close();
	return rate;
}

interface Lane {
	readonly host: LinuxHost;
	readonly pool: StagePool;
}

async function openLane(turns: Turns): Promise<Lane> {
	const host = await openLinuxHost({ turns });
	if (!host.ok) throw new Error(host.error.join(" "));
	return { host: host.value, pool: new StagePool(host.value, { limit: STAGES }) };
}

type Play = (scenario: Scenario) => Promise<void>;

async function measured(kernel: KernelName, from: number, play: Play): Promise<Rate> {
	const [before, count] = COUNTS[kernel];
	const atOnce = kernel === "real" ? LANES : 1;
	await playAll(generated(from, before), atOnce, play);
	const scenarios = generated(from + before, count);
	const [began, cpu] = [performance.now(), process.cpuUsage()];
	await playAll(scenarios, atOnce, play);
	const { user, system } = process.cpuUsage(cpu);
	return { seconds: (performance.now() - began) / 1e3, cpuMs: (user + system) / 1e3 };
}

function generated(from: number, count: number): readonly Scenario[] {
	return Array.from({ length: count }, (_, k) => generateScenario(SEED, from + k));
}

async function playAll(scenarios: readonly Scenario[], atOnce: number, play: Play): Promise<void> {
	const waiting = [...scenarios].reverse();
	const one = async (): Promise<void> => {
		for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await play(next);
	};
	await Promise.all(Array.from({ length: atOnce }, one));
}
