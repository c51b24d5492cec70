/** `podwire verify`: scenarios on the simulated kernel, on the real one, or on both with all that they show compared. */
import type { Result } from "../../base/result.ts";
import type { Json } from "../../trace/json.ts";
import { differenceText, traceText } from "../../verify/difference-text.ts";
import type { Outcome } from "../../verify/outcome.ts";
import { outcomeText } from "../../verify/outcome-text.ts";
import { runScenario } from "../../verify/run-scenario.ts";
import type { ScenarioHost } from "../../verify/scenario-host.ts";
import { StagePool } from "../../verify/stage-pool.ts";
import { comparisonJson, differenceJson, outcomeJson } from "../../verify/verdict-json.ts";
import { type Verdict, verifyScenario } from "../../verify/verify-scenario.ts";
import { onInterrupt } from "../interruption.ts";
import { type Io, UsageError } from "../io.ts";
import { type ReadScenario, readScenarios } from "../scenario-files.ts";
import { cleanUpLinux, type LinuxHost, type LinuxHostOptions, openLinuxHost, simHost } from "../scenario-hosts.ts";
import { runInVm } from "../vm.ts";

export const VERIFY_SCHEMA = "podwire.verify/v1";

export interface VerifyOptions {
	/** Files, directories, or `-`. */
	readonly paths: readonly string[];
	readonly kernel: "sim" | "linux" | "both";
	readonly seed: number;
	/** Whose rules the real kernel loads. */
	readonly iptables?: "nft" | "legacy";
	/** All of it in a virtual machine. */
	readonly vm: boolean;
	readonly json: boolean;
	readonly cleanup: boolean;
}

/** 0: all ran, and agree; 1: one differs, or was refused. */
export async function verify(io: Io, options: VerifyOptions): Promise<number> {
	if (options.cleanup) return cleanUp(io);
	if (options.vm) return inVm(io, options);
	if (options.paths.length === 0) throw new UsageError(["verify: expected scenario files or directories"]);
	const scenarios = readScenarios(options.paths);
	const linux = options.kernel === "sim" ? undefined : possible(await openLinuxHost(hostOptions(options)));
	const run = new Run(io, options);
	const forget = onInterrupt(() => {
		io.progress?.("");
		io.err(`podwire: interrupted after ${run.done} of ${scenarios.length} scenarios\n`);
		linux?.close();
	});
	try {
		return linux === undefined ? await run.alone(scenarios) : await run.withLinux(scenarios, linux);
	} finally {
		forget();
		linux?.close();
	}
}

const VM_TIMEOUT_SECONDS = 1800;

/** The files are read here first, for their mistakes. */
async function inVm(io: Io, { paths, kernel, seed, iptables, json }: VerifyOptions): Promise<number> {
	if (paths.includes("-")) throw new UsageError(["verify: --vm reads no scenario from standard input"]);
	const args = ["verify", ...readScenarios(paths).map(({ path }) => path), "--kernel", kernel, "--seed", String(seed)];
	const more = [...(iptables === undefined ? [] : ["--iptables", iptables]), ...(json ? ["--json"] : [])];
	return runInVm([...args, ...more], {
		timeoutSeconds: VM_TIMEOUT_SECONDS,
		onOut: (text) => io.out(text),
		onErr: (text) => io.err(text),
	});
}

function hostOptions({ iptables }: VerifyOptions): LinuxHostOptions {
	return iptables === undefined ? {} : { iptables };
}

async function cleanUp(io: Io): Promise<number> {
	const removed = possible(await cleanUpLinux());
	for (const what of removed) io.out(`removed ${what}\n`);
	if (removed.length === 0) io.out("nothing was left behind\n");
	return 0;
}

function possible<T>(result: Result<T, readonly string[]>): T {
	if (result.ok) return result.value;
	throw new UsageError(result.error.map((line) => `--kernel linux: ${line}`));
}

class Run {
	readonly #io: Io;
	readonly #options: VerifyOptions;
	readonly #json: Json[] = [];
	#bad = 0;
	#done = 0;

	constructor(io: Io, options: VerifyOptions) {
		this.#io = io;
		this.#options = options;
	}

	/** How many scenarios have been run. */
	get done(): number {
		return this.#done;
	}

	alone(scenarios: readonly ReadScenario[]): Promise<number> {
		return this.#each(scenarios, (read) => this.#one(read, simHost(this.#options.seed)));
	}

	async withLinux(scenarios: readonly ReadScenario[], linux: LinuxHost): Promise<number> {
		if (this.#options.kernel === "linux") return this.#each(scenarios, (read) => this.#one(read, linux));
		const pool = new StagePool(linux);
		try {
			return await this.#each(scenarios, (read) => this.#both(read, pool));
		} finally {
			await pool.close();
		}
	}

	async #each(scenarios: readonly ReadScenario[], run: (read: ReadScenario) => Promise<void>): Promise<number> {
		for (const [index, read] of scenarios.entries()) {
			this.#io.progress?.(`${index + 1}/${scenarios.length} ${read.path}`);
			await run(read);
			this.#done += 1;
			// Promises alone do not let signals in.
			await new Promise((resolve) => setImmediate(resolve));
		}
		this.#io.progress?.("");
		this.#close(scenarios.length);
		return this.#bad === 0 ? 0 : 1;
	}

	async #one({ path, scenario }: ReadScenario, host: ScenarioHost): Promise<void> {
		const outcome: Outcome = await runScenario(host, scenario);
		if (outcome.refused !== undefined) this.#bad += 1;
		if (this.#options.json) this.#json.push({ path, name: scenario.name, outcome: outcomeJson(outcome) });
		else this.#say(`${this.#heading(path, scenario.name)}\n${outcomeText(scenario, outcome, this.#io.paint)}\n`);
	}

	async #both({ path, scenario }: ReadScenario, real: StagePool): Promise<void> {
		const sim = (): ScenarioHost => simHost(this.#options.seed);
		const verdict = await verifyScenario({ sim, real }, scenario);
		const { comparison, unconfirmed } = verdict;
		if (!comparison.agrees) this.#bad += 1;
		if (this.#options.json) {
			const doubt = unconfirmed === undefined ? {} : { unconfirmed: differenceJson(unconfirmed) };
			this.#json.push({ path, name: scenario.name, comparison: comparisonJson(comparison), ...doubt });
		} else this.#say(`${this.#verdictText({ path, scenario }, verdict)}\n`);
	}

	#verdictText({ path, scenario }: ReadScenario, { comparison, unconfirmed, trace }: Verdict): string {
		const { paint } = this.#io;
		if (comparison.agrees) {
			const counts = [...comparison.normalised].map(([what, count]) => `${what} ×${count}`);
			const passed = counts.length === 0 ? "" : paint.dim(`  (passed over: ${counts.join(", ")})`);
			const doubt =
				unconfirmed === undefined ? "" : `\n  once, and not again: ${differenceText(scenario, unconfirmed, paint)}`;
			return `${paint.good("agrees")}  ${this.#heading(path, scenario.name)}${passed}${doubt}`;
		}
		const steps = trace === undefined || trace.length === 0 ? "" : `\n${traceText(trace, paint)}`;
		return `${this.#heading(path, scenario.name)}\n${differenceText(scenario, comparison.first, paint)}${steps}`;
	}

	#heading(path: string, name: string): string {
		return `${this.#io.paint.name(path)}: ${name}`;
	}

	#say(text: string): void {
		this.#io.progress?.("");
		this.#io.out(text);
	}

	#close(count: number): void {
		const { kernel, seed, json } = this.#options;
		if (json) {
			const bad = kernel === "both" ? { differ: this.#bad } : { refused: this.#bad };
			const whole = { schema: VERIFY_SCHEMA, kernel, seed, scenarios: this.#json, ...bad };
			this.#io.out(`${JSON.stringify(whole, undefined, 2)}\n`);
		} else if (kernel === "both") {
			this.#io.out(`${count} scenario${count === 1 ? "" : "s"}: ${count - this.#bad} agree, ${this.#bad} differ\n`);
		}
	}
}
