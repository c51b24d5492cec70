/** A worker of `podwire fidelity`: judges the scenarios that its parent names. */
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { setFlagsFromString } from "node:v8";
import { ok, type Result } from "../../base/result.ts";
import { Turns } from "../../base/turns.ts";
import { differenceLine } from "../../verify/fidelity/difference-line.ts";
import { Judge } from "../../verify/fidelity/judge.ts";
import { kernelRelease } from "../../verify/fidelity/kernel-release.ts";
import type { Verdict } from "../../verify/fidelity/verdict.ts";
import { printScenario } from "../../verify/file/print-scenario.ts";
import { placesNamed } from "../../verify/generate/places/places.ts";
import { StagePool } from "../../verify/stage-pool.ts";
import { type FromWorker, isToWorker, isWholeJob, type Work, type WorkerStart } from "../fidelity-messages.ts";
import { STAGES } from "../fidelity-run.ts";
import type { ExitCode, Io } from "../io.ts";
import { readScenarios } from "../scenario-files.ts";
import { breathe, NO_PRETENURING, openLinuxHost, simHost } from "../scenario-hosts.ts";

type Say = (message: FromWorker) => void;

/** Ends when the parent says so, or when the parent is gone. */
export async function fidelityWorker(): Promise<ExitCode> {
	let work: Promise<void> = Promise.resolve();
	let worker: Worker | undefined;
	const say: Say = (message) => {
		if (process.connected) process.send?.(message);
	};
	await new Promise<void>((resolve) => {
		process.on("disconnect", resolve);
		process.on("message", (message: unknown) => {
			if (!isToWorker(message)) return;
			if (message.kind === "end") {
				work.then(resolve, resolve);
				return;
			}
			work = work.then(async () => {
				if (message.kind === "start") worker = await Worker.make(message, say);
				else await worker?.carryOut(message);
				say({ kind: "idle" });
			});
		});
	});
	await work;
	await worker?.close();
	if (process.connected) process.disconnect();
	return 0;
}

/** One job from beginning to end, where no messages pass: in the virtual machine. */
export async function fidelityWorkerAlone(io: Io): Promise<ExitCode> {
	const job: unknown = JSON.parse(readFileSync(0, "utf8"));
	if (!isWholeJob(job)) throw new Error("standard input is not a job");
	const worker = await Worker.make(job.start, (message) => io.out(`${JSON.stringify(message)}\n`));
	for (const work of job.work) await worker?.carryOut(work);
	await worker?.close();
	return 0;
}

class Worker {
	readonly #lanes: readonly Lane[];
	readonly #turns: Turns;
	readonly #say: Say;
	/** Those that nothing is played on. */
	readonly #free: Lane[];
	readonly #waiting: ((lane: Lane) => void)[] = [];
	/** Those under way, and those that failed. */
	readonly #playing = new Set<Promise<void>>();

	private constructor(lanes: readonly Lane[], { turns, say }: { turns: Turns; say: Say }) {
		this.#lanes = lanes;
		this.#free = [...lanes];
		this.#turns = turns;
		this.#say = say;
	}

	/** Undefined: it cannot work, and said why. */
	static async make(start: WorkerStart, say: Say): Promise<Worker | undefined> {
		setFlagsFromString(NO_PRETENURING);
		say({ kind: "kernel", release: release() });
		const turns = new Turns();
		const lanes: Lane[] = [];
		for (let k = 0; k < (start.kernel === "sim" ? 1 : start.lanes); k += 1) {
			const made = await openLane(start, turns);
			if (!made.ok) {
				say({ kind: "unable", lines: made.error });
				return undefined;
			}
			lanes.push(made.value);
		}
		return new Worker(lanes, { turns, say });
	}

	/** Resolves when the last scenario of the work has begun. */
	async carryOut(work: Work): Promise<void> {
		if (work.kind === "files") {
			for (const { path, scenario } of readScenarios(work.paths)) {
				await this.#begin((judge) => judge.judgeWritten({ ...scenario, name: path }));
			}
			return;
		}
		for (let index = work.from; index < work.to; index += 1) {
			await this.#begin((judge) => judge.judgeGenerated(work.seed, index));
		}
	}

	/** Waits for what was begun. */
	async close(): Promise<void> {
		await Promise.all(this.#playing);
		let [simMs, realMs] = [0, 0];
		for (const { judge, close } of this.#lanes) {
			close();
			simMs += judge.simMs;
			realMs += judge.realMs;
		}
		this.#say({ kind: "times", simMs, realMs });
	}

	async #begin(play: (judge: Judge) => Promise<Verdict>): Promise<void> {
		const lane = this.#free.shift() ?? (await new Promise<Lane>((resolve) => this.#waiting.push(resolve)));
		await this.#turns.begin();
		const playing = this.#play(lane, play);
		this.#playing.add(playing);
		playing.then(
			() => this.#playing.delete(playing),
			() => undefined, // `close` tells.
		);
	}

	async #play(lane: Lane, play: (judge: Judge) => Promise<Verdict>): Promise<void> {
		try {
			this.#say({ kind: "verdict", verdict: await play(lane.judge) });
		} finally {
			this.#turns.give();
			const next = this.#waiting.shift();
			if (next === undefined) this.#free.push(lane);
			else next(lane);
		}
	}
}

/** One of the kernels that take turns. */
interface Lane {
	readonly judge: Judge;
	readonly close: () => void;
}

async function openLane(start: WorkerStart, turns: Turns): Promise<Result<Lane, readonly string[]>> {
	const host = start.kernel === "sim" ? ok(undefined) : await openLinuxHost({ turns });
	if (!host.ok) return host;
	const linux = host.value;
	const real = linux === undefined ? undefined : new StagePool(linux, { limit: STAGES });
	const judge = new Judge({
		sim: () => simHost(SIM_SEED),
		...(real === undefined ? {} : { real: { pool: real, release: kernelRelease(release()) } }),
		nowMs: () => performance.now(),
		breathe: () => breathe(turns),
		printScenario,
		printDifference: differenceLine,
		shrinkTries: start.shrinkTries,
		places: placesNamed(start.places),
	});
	// What stands on the topologies ends with the namespaces, in the background.
	return ok({ judge, close: () => linux?.close() });
}

/** Of what the simulated kernel draws. */
const SIM_SEED = 1;
