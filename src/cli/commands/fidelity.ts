/** `podwire fidelity`: generated scenarios on both kernels, and a table of how often they agree. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fidelityJson, fidelityMarkdown, type TablePlace, withTable } from "../../verify/fidelity/table.ts";
import { agreesEnough, Tally, type TallySummary } from "../../verify/fidelity/tally.ts";
import type { Verdict } from "../../verify/fidelity/verdict.ts";
import { printScenario } from "../../verify/file/print-scenario.ts";
import { generateScenario } from "../../verify/generate/generate.ts";
import { IPIP_PLACE_NAMES, PLACE_NAMES, placesNamed } from "../../verify/generate/places/places.ts";
import { LANES, type RunFacts, type RunRequest, runInMachine, runOnMachine } from "../fidelity-run.ts";
import { type ExitCode, type Io, UsageError } from "../io.ts";
import { readScenarios } from "../scenario-files.ts";

export interface FidelityOptions {
	/** Scenario files and directories of them, played first. */
	readonly paths: readonly string[];
	/** Names of the places where generated scenarios play; absent: all that the kernel can have. */
	readonly places: readonly string[] | undefined;
	readonly seeds: readonly number[];
	/** Of each seed. */
	readonly count: number;
	/** The first index. */
	readonly from: number;
	readonly jobs: number;
	readonly kernel: "both" | "sim";
	/** Beside a virtual machine's kernel. */
	readonly vm: boolean;
	/** How often a differing scenario is tried smaller; 0: not at all. */
	readonly shrinkTries: number;
	/** In so many generated scenarios an unexplained difference does not make the answer "no"; files must agree. */
	readonly allow: number;
	/** Put the table into docs/fidelity.md. */
	readonly write: boolean;
	readonly json: boolean;
	/** Print the scenario with the first seed and number, and do nothing else. */
	readonly print: boolean;
	/** Where shrunk cases go. */
	readonly regressions: string;
}

const DOCUMENT = "docs/fidelity.md";

/** 0: no unexplained difference (or no more than allowed), and (nearly) all could be judged. */
export async function fidelity(io: Io, options: FidelityOptions): Promise<ExitCode> {
	const places = placesOf(options);
	if (options.print) {
		const [seed = 0] = options.seeds;
		io.out(printScenario(generateScenario(seed, options.from, placesNamed(places))));
		return 0;
	}
	const paths = options.paths.length === 0 ? [] : readScenarios(options.paths).map(({ path }) => path);
	const begin = performance.now();
	const expected = paths.length + options.seeds.length * options.count;
	const report = new Report(io, options, expected);
	const seeds = `seed${options.seeds.length === 1 ? "" : "s"} ${options.seeds.join(",")}`;
	io.err(`${seeds}${options.places === undefined ? "" : `, --places ${places.join(",")}`}\n`);
	const without = options.places === undefined ? PLACE_NAMES.filter((name) => !places.includes(name)) : [];
	if (without.length > 0) io.err(`without ${without.join(", ")}, which need ipip: --vm has it\n`);
	const { release, simMs, realMs } = await run(io, options, {
		start: {
			kind: "start",
			kernel: options.kernel,
			shrinkTries: options.shrinkTries,
			// The virtual machine is slow enough with one.
			lanes: options.vm ? 1 : LANES,
			places,
		},
		paths,
		seeds: options.seeds,
		from: options.from,
		count: options.count,
		onVerdict: (verdict) => report.add(verdict),
	});
	const place: TablePlace = options.vm ? "fidelity:vm" : "fidelity";
	const seconds = (performance.now() - begin) / 1000;
	const summary = report.tally.summary();
	const facts = { seeds: options.seeds, count: options.count, kernel: `Linux ${release}`, place } as const;
	const table = fidelityMarkdown(summary, facts);
	io.out(options.json ? fidelityJson(summary, facts) : `\n${table}\n`);
	if (options.write && options.kernel === "both") writeTable(table, place);
	const each = (ms: number): string => (ms === 0 ? "–" : (ms / Math.max(1, summary.scenarios)).toFixed(1));
	const known = Object.values(summary.known).reduce((total, times) => total + times, 0);
	io.err(
		`${seeds}: ${summary.scenarios} scenarios in ${seconds.toFixed(1)} s ` +
			`(${Math.round(summary.scenarios / seconds)}/s; each took ${each(simMs)} ms on the simulated kernel, ${each(realMs)} ms with waiting on the real one), ` +
			`${summary.agreements} agreements, ${summary.onlyFresh} of them not at once, ` +
			`${summary.differences} unexplained differences, ${known} known, ${summary.refused} refused\n`,
	);
	const doubts = doubtsOf(summary, expected);
	for (const doubt of doubts) io.err(`${doubt}\n`);
	return agreesEnough(summary, options.allow) && doubts.length === 0 ? 0 : 1;
}

/** Not every machine's kernel has ipip; the virtual machine's has, and the simulated one. */
function placesOf({ places, vm, kernel }: FidelityOptions): readonly string[] {
	const unknown = (places ?? []).filter((name) => !PLACE_NAMES.includes(name));
	if (unknown.length > 0) {
		throw new UsageError([`--places: no place ${unknown.join(", ")}; there are ${PLACE_NAMES.join(", ")}`]);
	}
	if (places !== undefined) return places;
	return vm || kernel === "sim" ? PLACE_NAMES : PLACE_NAMES.filter((name) => !IPIP_PLACE_NAMES.includes(name));
}

function run(io: Io, { vm, jobs }: FidelityOptions, request: RunRequest): Promise<RunFacts> {
	return vm ? runInMachine(request, (text) => io.err(text)) : runOnMachine(request, jobs);
}

/** So many of a hundred may have agreed only when tried again: a busy machine's program came too late. */
const ONLY_FRESH_PERCENT = 3;
const ONLY_FRESH_AT_LEAST = 5;

/** Why the run proves less than it seems. */
function doubtsOf({ scenarios, onlyFresh, refused }: TallySummary, expected: number): readonly string[] {
	const bound = Math.max(ONLY_FRESH_AT_LEAST, (scenarios * ONLY_FRESH_PERCENT) / 100);
	return [
		...(scenarios < expected ? [`only ${scenarios} of ${expected} scenarios were played`] : []),
		...(refused > 0 ? [`${refused} scenarios were refused by the simulated kernel and compared nothing`] : []),
		...(onlyFresh > bound ? [`${onlyFresh} scenarios agreed only when tried again: too many`] : []),
	];
}

const PROGRESS_EVERY = 500;
const PROGRESS_EVERY_IN_VM = 10;

class Report {
	readonly tally: Tally = new Tally();
	readonly #io: Io;
	readonly #options: FidelityOptions;
	readonly #expected: number;
	readonly #begin: number = performance.now();
	#done = 0;

	constructor(io: Io, options: FidelityOptions, expected: number) {
		this.#io = io;
		this.#options = options;
		this.#expected = expected;
	}

	add(verdict: Verdict): void {
		this.tally.add(verdict);
		this.#tell(verdict);
		this.#done += 1;
		if (this.#done % (this.#options.vm ? PROGRESS_EVERY_IN_VM : PROGRESS_EVERY) !== 0) return;
		const rate = (this.#done * 1000) / (performance.now() - this.#begin);
		this.#io.err(`${this.#done} of ${this.#expected}, ${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s\n`);
	}

	#tell({ name, result }: Verdict): void {
		if (result.kind === "differs") {
			this.#io.err(`${name} differs: ${result.difference}\n`);
			if (result.shrunk === undefined) return;
			const file = this.#keep(name, result.shrunk.text);
			this.#io.err(`  shrunk to ${result.shrunk.steps.join(", ")}: ${file}\n  ${result.shrunk.difference}\n`);
			this.#io.err(`${result.shrunk.text.replaceAll(/^(?=.)/gm, "  | ")}\n`);
		}
		if (result.kind === "agrees when fresh") {
			this.#io.err(`${name} agrees only on a fresh topology: ${result.difference}\n`);
		}
		if (result.kind === "refused") this.#io.err(`${name} is refused: ${result.message}\n`);
	}

	#keep(name: string, text: string): string {
		const { regressions } = this.#options;
		mkdirSync(regressions, { recursive: true });
		const file = join(regressions, `${basename(name, ".yaml")}.yaml`);
		// A regression that differs again is kept as it is.
		if (!existsSync(file)) writeFileSync(file, text);
		return file;
	}
}

function writeTable(table: string, place: TablePlace): void {
	const written = withTable(readFileSync(DOCUMENT, "utf8"), table, place);
	if (!written.ok) throw new UsageError([`${DOCUMENT}: ${written.error}`]);
	writeFileSync(DOCUMENT, written.value);
}
