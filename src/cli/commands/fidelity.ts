/** `podwire fidelity`: generated scenarios on both kernels, by several workers, and a table of how often they agree. */
import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { fidelityJson, fidelityMarkdown, withTable } from "../../verify/fidelity/table.ts";
import { Tally } from "../../verify/fidelity/tally.ts";
import type { Verdict } from "../../verify/fidelity/verdict.ts";
import { printScenario } from "../../verify/file/print-scenario.ts";
import { generateScenario } from "../../verify/generate/generate.ts";
import { type FromWorker, isFromWorker, type ToWorker } from "../fidelity-messages.ts";
import { type ExitCode, type Io, UsageError } from "../io.ts";

export interface FidelityOptions {
	readonly seed: number;
	readonly count: number;
	/** The first index. */
	readonly from: number;
	readonly jobs: number;
	readonly kernel: "both" | "sim";
	/** How often a differing scenario is tried smaller; 0: not at all. */
	readonly shrinkTries: number;
	/** Put the table into docs/fidelity.md. */
	readonly write: boolean;
	readonly json: boolean;
	/** Print the scenario with the first number, and do nothing else. */
	readonly print: boolean;
	/** Where shrunk cases go. */
	readonly regressions: string;
}

const DOCUMENT = "docs/fidelity.md";
/** A scenario's garbage is young: with more room for it, most is never looked at. */
const WORKER_FLAGS = ["--max-semi-space-size=64"];
/** So many scenarios a worker gets at a time. */
const BATCH = 50;

/** 0: no unexplained difference. */
export async function fidelity(io: Io, options: FidelityOptions): Promise<ExitCode> {
	if (options.print) {
		io.out(printScenario(generateScenario(options.seed, options.from)));
		return 0;
	}
	const begin = performance.now();
	const run = new FidelityRun(io, options);
	await run.finish();
	const seconds = (performance.now() - begin) / 1000;
	const summary = run.tally.summary();
	const facts = { seed: options.seed, count: options.count, kernel: `Linux ${release()}` };
	const table = fidelityMarkdown(summary, facts);
	io.out(options.json ? fidelityJson(summary, facts) : `\n${table}\n`);
	if (options.write && options.kernel === "both") writeTable(table);
	const rate = (ms: number): string => (ms === 0 ? "–" : `${Math.round((summary.scenarios * 1000) / ms)}`);
	const known = Object.values(summary.known).reduce((total, times) => total + times, 0);
	io.err(
		`seed ${options.seed}: ${summary.scenarios} scenarios in ${seconds.toFixed(1)} s ` +
			`(${Math.round(summary.scenarios / seconds)}/s; one worker alone: simulated ${rate(run.simMs)}/s, real ${rate(run.realMs)}/s), ` +
			`${summary.agreements} agreements, ${summary.differences} unexplained differences, ${known} known, ${summary.refused} refused\n`,
	);
	return summary.differences === 0 && summary.refused === 0 ? 0 : 1;
}

class FidelityRun {
	readonly tally: Tally = new Tally();
	/** Of all workers together. */
	simMs = 0;
	realMs = 0;
	readonly #io: Io;
	readonly #options: FidelityOptions;
	#next: number;
	#done = 0;
	#unable: readonly string[] | undefined;
	readonly #begin: number = performance.now();

	constructor(io: Io, options: FidelityOptions) {
		this.#io = io;
		this.#options = options;
		this.#next = options.from;
	}

	async finish(): Promise<void> {
		await Promise.all(Array.from({ length: this.#options.jobs }, () => this.#worker()));
		if (this.#unable !== undefined) throw new UsageError(this.#unable);
	}

	/** One worker from its start to its end. */
	async #worker(): Promise<void> {
		const [, script] = process.argv;
		if (script === undefined) throw new Error("no script to start workers from");
		const child = fork(script, ["fidelity-worker"], { serialization: "advanced", execArgv: WORKER_FLAGS });
		const { seed, kernel, shrinkTries } = this.#options;
		send(child, { kind: "start", seed, kernel, shrinkTries });
		child.on("message", (message: unknown) => {
			if (isFromWorker(message)) this.#hear(child, message);
		});
		const code = await new Promise<number | null>((resolve) => child.on("exit", (exit) => resolve(exit)));
		if (code !== 0 && this.#unable === undefined) {
			this.#unable = [`a worker ended with code ${code} before its work was done`];
		}
	}

	#hear(child: ChildProcess, message: FromWorker): void {
		switch (message.kind) {
			case "idle": {
				const end = this.#options.from + this.#options.count;
				const from = this.#next;
				this.#next = Math.min(end, from + BATCH);
				send(
					child,
					from < end && this.#unable === undefined ? { kind: "judge", from, to: this.#next } : { kind: "end" },
				);
				return;
			}
			case "verdict":
				this.tally.add(message.verdict);
				this.#report(message.verdict);
				return;
			case "times":
				this.simMs += message.simMs;
				this.realMs += message.realMs;
				return;
			case "unable":
				this.#unable = message.lines;
				return;
		}
	}

	#report({ index, result }: Verdict): void {
		const { seed, count, regressions } = this.#options;
		this.#done += 1;
		if (result.kind === "differs") {
			this.#io.err(`${seed}-${index} differs: ${result.difference}\n`);
			if (result.shrunk !== undefined) {
				mkdirSync(regressions, { recursive: true });
				const file = join(regressions, `${seed}-${index}.yaml`);
				writeFileSync(file, result.shrunk.text);
				this.#io.err(`  shrunk to ${result.shrunk.steps.join(", ")}: ${file}\n  ${result.shrunk.difference}\n`);
			}
		}
		if (result.kind === "agrees when fresh") {
			this.#io.err(`${seed}-${index} agrees only on a fresh topology: ${result.difference}\n`);
		}
		if (result.kind === "refused") this.#io.err(`${seed}-${index} is refused: ${result.message}\n`);
		if (this.#done % PROGRESS_EVERY !== 0) return;
		const rate = Math.round((this.#done * 1000) / (performance.now() - this.#begin));
		this.#io.err(`${this.#done} of ${count}, ${rate}/s\n`);
	}
}

const PROGRESS_EVERY = 500;

function send(child: ChildProcess, message: ToWorker): void {
	// A worker that is gone is noticed by its exit.
	if (child.connected) child.send(message);
}

function writeTable(table: string): void {
	const written = withTable(readFileSync(DOCUMENT, "utf8"), table);
	if (!written.ok) throw new UsageError([`${DOCUMENT}: ${written.error}`]);
	writeFileSync(DOCUMENT, written.value);
}
