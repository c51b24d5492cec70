/** A lab as it runs, on a terminal: steps, prompts, outputs, what held and what did not. */

import { formatTextPlace } from "../base/text-error.ts";
import { explanationText } from "../shell/explain.ts";
import type { Check } from "../shell/lab/check.ts";
import { formatDiff } from "../shell/lab/diff.ts";
import type { Lab, LabStep } from "../shell/lab/lab.ts";
import type { ParsedLab } from "../shell/lab/parse-lab.ts";
import type { LabObserver, LabResult, PrintedOutput, StepResult, TypedCommand } from "../shell/lab/run-lab.ts";
import type { Io } from "./io.ts";

export interface ReportOptions {
	/** Only what failed, and the closing line. */
	readonly quiet: boolean;
	/** Prose and packets. */
	readonly explain: boolean;
}

export class LabReport implements LabObserver {
	readonly #io: Io;
	readonly #parsed: ParsedLab;
	readonly #options: ReportOptions;
	readonly #pause: ((typed: TypedCommand) => Promise<void>) | undefined;
	/** The terminal whose line is not finished yet. */
	#open: string | undefined;

	/** `pause` is waited for before each command. */
	constructor(
		io: Io,
		parsed: ParsedLab,
		options: ReportOptions,
		pause: ((typed: TypedCommand) => Promise<void>) | undefined,
	) {
		this.#io = io;
		this.#parsed = parsed;
		this.#options = options;
		this.#pause = pause;
	}

	head(): void {
		if (this.#options.quiet) return;
		const { title, about, source } = this.#parsed.lab;
		this.#io.out(`${this.#io.paint.strong(title)}\n`);
		if (source !== undefined) this.#io.out(`${this.#io.paint.dim(`after ${source}`)}\n`);
		if (about !== undefined) this.#io.out(`\n${about.trimEnd()}\n`);
	}

	onStep(step: LabStep): void {
		if (this.#options.quiet || step.title === undefined) return;
		this.#closeLine();
		this.#io.out(
			`\n${this.#io.paint.strong(`━━ ${step.title}`)}${this.#io.paint.dim(whereWords(this.#parsed.lab, step))}\n`,
		);
	}

	async onCommand(typed: TypedCommand): Promise<void> {
		if (this.#options.quiet) return;
		this.#closeLine();
		const beside = typed.terminal === undefined ? "" : this.#io.paint.dim(`(terminal ${typed.terminal}) `);
		this.#io.out(`${beside}${this.#io.paint.dim(typed.prompt)}${typed.command}\n`);
		await this.#pause?.(typed);
	}

	onOutput(output: PrintedOutput): void {
		if (this.#options.quiet) return;
		const { paint } = this.#io;
		const key = output.terminal ?? output.host;
		if (this.#open !== undefined && this.#open !== key) this.#closeLine();
		const margin = output.terminal === undefined ? "" : `${paint.dim(`${output.terminal} │`)} `;
		const lines = output.text.split("\n");
		const last = lines.pop() ?? "";
		for (const line of lines) {
			this.#io.out(`${this.#open === key ? "" : margin}${line}\n`);
			this.#open = undefined;
		}
		if (last === "") return;
		this.#io.out(`${this.#open === key ? "" : margin}${last}`);
		this.#open = key;
	}

	onStepEnd(result: StepResult): void {
		this.#closeLine();
		const { quiet, explain } = this.#options;
		if (explain && !quiet) this.#explain(result);
		for (const check of result.checks) if (!check.ok || !quiet) this.#check(check);
	}

	/** `written` are the files that captures are in. */
	tail(result: LabResult, written: readonly string[]): void {
		const { paint } = this.#io;
		const { held, failed, steps } = result;
		const all = held + failed;
		const line =
			failed === 0
				? paint.good(`✔ all ${all} expectations hold`)
				: paint.bad(`✘ ${failed} of ${all} expectations failed`);
		this.#io.out(`${this.#options.quiet ? "" : "\n"}${line} ${paint.dim(`(${steps.length} steps)`)}\n`);
		if (written.length > 0) this.#io.out(`captures: ${written.join(", ")}\n`);
	}

	#explain({ step, explained }: StepResult): void {
		const { paint } = this.#io;
		if (step.explain !== undefined)
			this.#io.out(`${paint.name("│")} ${step.explain.trimEnd().replaceAll("\n", `\n${paint.name("│")} `)}\n`);
		if (explained === undefined) return;
		const text = explanationText(explained, "first", paint);
		if (text !== undefined) this.#io.out(`\n${text}\n\n`);
	}

	#check(check: Check): void {
		const { paint } = this.#io;
		if (check.ok) {
			this.#io.out(`  ${paint.good("✔")} ${paint.dim(check.what)}\n`);
			return;
		}
		const at = paint.dim(formatTextPlace(this.#parsed.text.error(check.path, "")));
		this.#io.out(`  ${paint.bad("✘")} ${check.what}  ${at}\n`);
		for (const line of formatDiff(check.diff).split("\n")) {
			this.#io.out(
				`      ${line.startsWith("-") ? paint.good(line) : line.startsWith("+") ? paint.bad(line) : line}\n`,
			);
		}
	}

	/** A command's last line may have no end (curl). */
	#closeLine(): void {
		if (this.#open !== undefined) this.#io.out("\n");
		this.#open = undefined;
	}
}

function whereWords(lab: Lab, step: LabStep): string {
	const machine = Object.keys(lab.hosts).length > 1 ? `  (${step.on})` : "";
	return step.in === undefined ? machine : `  (${step.in} on ${step.on})`;
}
