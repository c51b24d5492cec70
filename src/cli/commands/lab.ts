/** `podwire lab`: lists and runs labs. */
import { isAbsolute, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { formatTextError } from "../../base/text-error.ts";
import type { Disk } from "../../shell/command.ts";
import { explanationJson } from "../../shell/explain.ts";
import { openLab as openLabOn } from "../../shell/lab/open-lab.ts";
import type { ParsedLab } from "../../shell/lab/parse-lab.ts";
import { type LabResult, runLab } from "../../shell/lab/run-lab.ts";
import type { ShellWorld, WorldOptions } from "../../shell/world.ts";
import { SimKernel } from "../../sim/sim-kernel.ts";
import type { Json } from "../../trace/json.ts";
import { diskIn } from "../disk.ts";
import { type ExitCode, type Io, UsageError } from "../io.ts";
import { bundledLabs, readLab } from "../lab-files.ts";
import { LabReport } from "../lab-report.ts";

export interface LabRunOptions {
	/** A bundled lab's name, a file, or `-`. */
	readonly lab: string;
	readonly step: boolean;
	readonly explain: boolean;
	readonly json: boolean;
	readonly quiet: boolean;
	/** Where captures are written. */
	readonly directory: string;
}

export const LAB_RESULT_SCHEMA = "podwire.lab-result/v1";

export function listLabs(io: Io, options: { readonly json: boolean }): ExitCode {
	const labs = bundledLabs();
	if (options.json) {
		const list = labs.map(({ name, lab }) => ({ name, title: lab.title, steps: lab.steps.length }));
		io.out(`${JSON.stringify(list, undefined, 2)}\n`);
		return 0;
	}
	const width = Math.max(...labs.map(({ name }) => name.length));
	for (const { name, lab } of labs) io.out(`${name.padEnd(width)}  ${lab.title}\n`);
	return 0;
}

/** 0: every expectation holds; 1: one does not. */
export async function runLabCommand(io: Io, options: LabRunOptions): Promise<ExitCode> {
	const parsed = readLab(options.lab);
	const written = new Set<string>();
	const disk = noting(diskIn(options.directory), written);
	const world = await openLab(parsed, { disk });
	if (options.json) {
		const result = await runLab(world, parsed.lab, { explain: options.explain });
		io.out(`${JSON.stringify(resultJson(parsed, result), undefined, 2)}\n`);
		return result.ok ? 0 : 1;
	}
	const stepper = options.step ? new Stepper(io) : undefined;
	const report = new LabReport(io, parsed, options, stepper === undefined ? undefined : () => stepper.next());
	report.head();
	try {
		const result = await runLab(world, parsed.lab, {
			explain: options.explain,
			onStep: (step) => report.onStep(step),
			onCommand: (typed) => report.onCommand(typed),
			onOutput: (output) => report.onOutput(output),
			onStepEnd: (step) => report.onStepEnd(step),
		});
		report.tail(
			result,
			[...written].map((path) => (isAbsolute(path) ? path : join(options.directory, path))),
		);
		return result.ok ? 0 : 1;
	} catch (error) {
		if (error instanceof Quit) return 0;
		throw error;
	} finally {
		stepper?.close();
	}
}

/** A lab's machines on a fresh simulated kernel, before the first step: also what `podwire shell --lab` starts in. */
export async function openLab(parsed: ParsedLab, options: WorldOptions = {}): Promise<ShellWorld> {
	if (parsed.lab.cluster !== undefined) return (await import("../cluster-world.ts")).openClusterLab(parsed, options);
	const kernel = new SimKernel(parsed.lab.seed === undefined ? {} : { seed: parsed.lab.seed });
	const world = await openLabOn(kernel, parsed, options);
	if (!world.ok) throw new UsageError([formatTextError(world.error)]);
	return world.value;
}

/** A disk that says what was written to it. */
function noting(disk: Disk, written: Set<string>): Disk {
	return {
		...disk,
		write(path, bytes) {
			disk.write(path, bytes);
			written.add(path);
		},
	};
}

class Quit extends Error {}

/** Waits for Enter before each command. */
class Stepper {
	readonly #io: Io;
	readonly #lines: AsyncIterator<string>;
	readonly #close: () => void;
	#running = false;

	constructor(io: Io) {
		this.#io = io;
		const input = createInterface({ input: process.stdin });
		this.#lines = input[Symbol.asyncIterator]();
		this.#close = () => input.close();
		io.out(`${io.paint.dim("Enter: the next command; c: all the rest; q: stop")}\n`);
	}

	async next(): Promise<void> {
		if (this.#running) return;
		this.#io.err(this.#io.paint.dim("⏎ "));
		const line = await this.#lines.next();
		const word = line.done === true ? "c" : line.value.trim();
		if (word === "q") throw new Quit();
		if (word === "c") this.#running = true;
	}

	close(): void {
		this.#close();
	}
}

function resultJson({ lab, text }: ParsedLab, result: LabResult): Json {
	return {
		schema: LAB_RESULT_SCHEMA,
		title: lab.title,
		ok: result.ok,
		held: result.held,
		failed: result.failed,
		steps: result.steps.map(({ step, index, commands, stdout, stderr, checks, explained }) => ({
			step: index + 1,
			...(step.title === undefined ? {} : { title: step.title }),
			on: step.on,
			...(step.in === undefined ? {} : { in: step.in }),
			...(step.terminal === undefined ? {} : { terminal: step.terminal }),
			commands: commands.map(({ command, exit }) => (exit === undefined ? { command } : { command, exit })),
			stdout,
			stderr,
			checks: checks.map(({ what, ok, diff, path }) => {
				const { line, column } = text.error(path, "");
				return { what, ok, line, column, ...(ok ? {} : { diff: diff.map((each) => ({ ...each })) }) };
			}),
			...(step.explain === undefined ? {} : { explain: step.explain }),
			...(explained === undefined ? {} : { explained: explanationJson(explained) }),
		})),
	};
}
