/** A worker of `podwire fidelity`: judges the scenarios that its parent names. */
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { setFlagsFromString } from "node:v8";
import { ok, type Result } from "../../base/result.ts";
import { differenceLine } from "../../verify/fidelity/difference-line.ts";
import { Judge } from "../../verify/fidelity/judge.ts";
import { kernelRelease } from "../../verify/fidelity/kernel-release.ts";
import { printScenario } from "../../verify/file/print-scenario.ts";
import { placesNamed } from "../../verify/generate/places/places.ts";
import { StagePool } from "../../verify/stage-pool.ts";
import { type FromWorker, isToWorker, isWholeJob, type Work, type WorkerStart } from "../fidelity-messages.ts";
import type { ExitCode, Io } from "../io.ts";
import { readScenarios } from "../scenario-files.ts";
import { NO_PRETENURING, openLinuxHost, simHost } from "../scenario-hosts.ts";

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

/** So many topologies are kept: all there are, with what sticks to them. */
const STAGES = 40;

class Worker {
	readonly #judge: Judge;
	readonly #seed: number;
	readonly #say: Say;
	readonly #close: () => Promise<void>;

	private constructor(judge: Judge, seed: number, say: Say, close: () => Promise<void>) {
		this.#judge = judge;
		this.#seed = seed;
		this.#say = say;
		this.#close = close;
	}

	/** Undefined: it cannot work, and said why. */
	static async make(start: WorkerStart, say: Say): Promise<Worker | undefined> {
		setFlagsFromString(NO_PRETENURING);
		say({ kind: "kernel", release: release() });
		const made = await judgeFor(start);
		if (made.ok) return new Worker(made.value.judge, start.seed, say, () => made.value.close());
		say({ kind: "unable", lines: made.error });
		return undefined;
	}

	async carryOut(work: Work): Promise<void> {
		if (work.kind === "files") {
			for (const { path, scenario } of readScenarios(work.paths)) {
				this.#say({ kind: "verdict", verdict: await this.#judge.judgeWritten({ ...scenario, name: path }) });
			}
			return;
		}
		for (let index = work.from; index < work.to; index += 1) {
			this.#say({ kind: "verdict", verdict: await this.#judge.judgeGenerated(this.#seed, index) });
		}
	}

	async close(): Promise<void> {
		await this.#close();
		const { simMs, realMs } = this.#judge;
		this.#say({ kind: "times", simMs, realMs });
	}
}

interface OpenJudge {
	readonly judge: Judge;
	readonly close: () => Promise<void>;
}

async function judgeFor(start: WorkerStart): Promise<Result<OpenJudge, readonly string[]>> {
	const host = start.kernel === "sim" ? ok(undefined) : await openLinuxHost();
	if (!host.ok) return host;
	const linux = host.value;
	const real = linux === undefined ? undefined : new StagePool(linux, { limit: STAGES });
	const judge = new Judge({
		sim: () => simHost(SIM_SEED),
		...(real === undefined ? {} : { real: { pool: real, release: kernelRelease(release()) } }),
		nowMs: () => performance.now(),
		printScenario,
		printDifference: differenceLine,
		shrinkTries: start.shrinkTries,
		places: placesNamed(start.places),
	});
	const close = async (): Promise<void> => {
		await real?.close();
		linux?.close();
	};
	return ok({ judge, close });
}

/** Of what the simulated kernel draws. */
const SIM_SEED = 1;
