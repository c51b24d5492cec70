/** Who does the work of `podwire fidelity`: several workers on this machine, or one in a virtual machine. */
import { type ChildProcess, fork } from "node:child_process";
import type { Verdict } from "../verify/fidelity/verdict.ts";
import {
	type FromWorker,
	isFromWorker,
	type ToWorker,
	type WholeJob,
	type Work,
	type WorkerStart,
} from "./fidelity-messages.ts";
import { UsageError } from "./io.ts";
import { runInVm } from "./vm.ts";

export interface RunRequest {
	readonly start: WorkerStart;
	/** Scenario files, played first. */
	readonly paths: readonly string[];
	readonly seeds: readonly number[];
	readonly from: number;
	/** Of each seed. */
	readonly count: number;
	readonly onVerdict: (verdict: Verdict) => void;
}

export interface RunFacts {
	/** Of the kernel that was worked beside. */
	readonly release: string;
	/** Of all workers together. */
	readonly simMs: number;
	readonly realMs: number;
}

/** A scenario’s garbage is young: with more room for it, most is never looked at. Much code runs a few times in each scenario: compiled at once. */
export const WORKER_FLAGS: readonly string[] = [
	"--max-semi-space-size=128",
	"--min-semi-space-size=128",
	"--always-sparkplug",
];
/** So many real kernels a worker has: a scenario waits for half of its time (where nothing answers), and others play meanwhile. */
export const LANES = 3;
/** So many topologies each of them keeps: all there are, with what sticks to them. */
export const STAGES = 100;
/** So many scenarios a worker gets at a time. */
const BATCH = 50;

/** Throws a `UsageError` when a worker cannot work, or ends before its work. */
export async function runOnMachine(request: RunRequest, jobs: number): Promise<RunFacts> {
	const run = new Run(request);
	await Promise.all(Array.from({ length: jobs }, () => run.worker()));
	return run.facts();
}

/** A worker starts in so many seconds, and a scenario that differs takes so many. */
const VM_START_SECONDS = 120;
const VM_SCENARIO_SECONDS = 20;

/** One start of the machine for all of it. */
export async function runInMachine(request: RunRequest, onErr: (text: string) => void): Promise<RunFacts> {
	const run = new Run(request);
	const { start, seeds, from, count, paths } = request;
	const generated = seeds.map((seed): Work => ({ kind: "generated", seed, from, to: from + count }));
	const job: WholeJob = {
		start,
		work: [...(paths.length === 0 ? [] : [{ kind: "files", paths } as const]), ...generated],
	};
	let rest = "";
	const code = await runInVm(["fidelity-worker", "--alone"], {
		timeoutSeconds: VM_START_SECONDS + VM_SCENARIO_SECONDS * (seeds.length * count + paths.length),
		input: JSON.stringify(job),
		onErr,
		onOut: (text) => {
			const lines = `${rest}${text}`.split("\n");
			rest = lines.pop() ?? "";
			for (const line of lines) run.hear(JSON.parse(line));
		},
	});
	if (code !== 0) throw new UsageError([`--vm: the worker ended with code ${code} before its work was done`]);
	return run.facts();
}

class Run {
	readonly #request: RunRequest;
	readonly #work: Work[];
	#unable: readonly string[] | undefined;
	#release = "";
	#simMs = 0;
	#realMs = 0;

	constructor(request: RunRequest) {
		this.#request = request;
		this.#work = batches(request);
	}

	facts(): RunFacts {
		if (this.#unable !== undefined) throw new UsageError(this.#unable);
		return { release: this.#release, simMs: this.#simMs, realMs: this.#realMs };
	}

	/** One worker from its start to its end. */
	async worker(): Promise<void> {
		const [, script] = process.argv;
		if (script === undefined) throw new Error("no script to start workers from");
		const child = fork(script, ["fidelity-worker"], { serialization: "advanced", execArgv: [...WORKER_FLAGS] });
		send(child, this.#request.start);
		child.on("message", (message: unknown) => {
			if (this.hear(message)?.kind !== "idle") return;
			send(child, (this.#unable === undefined ? this.#work.shift() : undefined) ?? { kind: "end" });
		});
		const code = await new Promise<number | null>((resolve) => child.on("exit", (exit) => resolve(exit)));
		if (code !== 0 && this.#unable === undefined) {
			this.#unable = [`a worker ended with code ${code} before its work was done`];
		}
	}

	hear(message: unknown): FromWorker | undefined {
		if (!isFromWorker(message)) return undefined;
		switch (message.kind) {
			case "kernel":
				this.#release = message.release;
				break;
			case "verdict":
				this.#request.onVerdict(message.verdict);
				break;
			case "times":
				this.#simMs += message.simMs;
				this.#realMs += message.realMs;
				break;
			case "unable":
				this.#unable = message.lines;
				break;
			case "idle":
				break;
		}
		return message;
	}
}

function batches({ paths, seeds, from, count }: RunRequest): Work[] {
	const work: Work[] = paths.length === 0 ? [] : [{ kind: "files", paths }];
	for (const seed of seeds) {
		for (let at = from; at < from + count; at += BATCH) {
			work.push({ kind: "generated", seed, from: at, to: Math.min(at + BATCH, from + count) });
		}
	}
	return work;
}

function send(child: ChildProcess, message: ToWorker): void {
	// A worker that is gone is noticed by its exit.
	if (child.connected) child.send(message);
}
