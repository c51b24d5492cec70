/** Runs a lab: types every step's commands, watches, and compares with what the lab expects. */
import { type ExplainedCommand, explainCommand } from "../explain.ts";
import { PacketRecorder } from "../packet-recorder.ts";
import type { ShellWorld } from "../world.ts";
import type { Check } from "./check.ts";
import { countedNow } from "./check-counters.ts";
import { checkStep } from "./check-step.ts";
import type { Lab, LabStep } from "./lab.ts";
import type { CommandOutcome } from "./observation.ts";
import { type OutputStream, splitCommands, Terminal } from "./terminal.ts";

/** Hears of everything in the order in which it happens; a promise is waited for. */
export interface LabObserver {
	onStep?(step: LabStep, index: number): Promise<void> | void;
	/** Before a command is typed. */
	onCommand?(typed: TypedCommand): Promise<void> | void;
	onOutput?(output: PrintedOutput): void;
	onStepEnd?(result: StepResult): Promise<void> | void;
}

export interface TypedCommand {
	readonly prompt: string;
	readonly command: string;
	readonly host: string;
	/** Absent: the machine's first terminal. */
	readonly terminal: string | undefined;
}

export interface PrintedOutput {
	readonly host: string;
	readonly terminal: string | undefined;
	readonly stream: OutputStream;
	readonly text: string;
}

export interface RunOptions extends LabObserver {
	/** Records what packets did, for `StepResult.explained`. */
	readonly explain?: boolean;
}

export interface StepResult {
	readonly step: LabStep;
	readonly index: number;
	readonly commands: readonly CommandOutcome[];
	/** Of the step's own terminal. */
	readonly stdout: string;
	readonly stderr: string;
	readonly checks: readonly Check[];
	/** When packets were sent and recorded. */
	readonly explained: ExplainedCommand | undefined;
}

export interface LabResult {
	readonly ok: boolean;
	readonly steps: readonly StepResult[];
	readonly held: number;
	readonly failed: number;
}

/** After a step, time for what is still on its way: last acknowledgements, lines of a log. */
const SETTLE_NS = 300e6;

/** Runs all steps, also after one that failed. */
export async function runLab(world: ShellWorld, lab: Lab, options: RunOptions = {}): Promise<LabResult> {
	const run = new LabRun(world, options);
	const steps: StepResult[] = [];
	for (const [index, step] of lab.steps.entries()) steps.push(await run.step(step, index));
	await run.end();
	const checks = steps.flatMap((step) => step.checks);
	const failed = checks.filter((check) => !check.ok).length;
	return { ok: failed === 0, steps, held: checks.length - failed, failed };
}

class LabRun {
	readonly #world: ShellWorld;
	readonly #options: RunOptions;
	readonly #terminals = new Map<string, Terminal>();
	readonly #recorder: PacketRecorder | undefined;

	constructor(world: ShellWorld, options: RunOptions) {
		this.#world = world;
		this.#options = options;
		this.#recorder = options.explain === true ? new PacketRecorder(world.kernel) : undefined;
	}

	async step(step: LabStep, index: number): Promise<StepResult> {
		await this.#options.onStep?.(step, index);
		this.#recorder?.begin(step.run ?? "");
		const own = await this.#terminal(step, step.terminal);
		const marks = new Map([...this.#terminals.values()].map((terminal) => [terminal, terminal.mark()]));
		const logFrom = this.#world.kernel.log().length;
		const countedBefore = await countedNow(this.#world, step);
		const commands = await this.#type(step, own);
		await this.#world.run(() => this.#world.wait(() => false, { timeoutNs: SETTLE_NS }));
		if (step.terminal !== undefined) commands.push(...own.takeOutcomes());
		const since = (terminal: Terminal): ReturnType<Terminal["since"]> =>
			terminal.since(marks.get(terminal) ?? { stdout: 0, stderr: 0, both: 0 });
		const { stdout, stderr } = since(own);
		const checks = await checkStep({
			world: this.#world,
			step,
			index,
			commands,
			stdout,
			stderr,
			terminal: (name) => {
				const terminal = this.#terminals.get(name);
				return terminal === undefined ? { stdout: "", both: "" } : since(terminal);
			},
			logFrom,
			countedBefore,
		});
		const result = { step, index, commands, stdout, stderr, checks, explained: await this.#explain() };
		await this.#options.onStepEnd?.(result);
		return result;
	}

	/** Ctrl-C everywhere, so that captures are written. */
	async end(): Promise<void> {
		for (const terminal of this.#terminals.values()) await terminal.interrupt();
		this.#recorder?.stop();
	}

	/** Types the step's commands; the outcomes of those that were waited for. */
	async #type(step: LabStep, own: Terminal): Promise<CommandOutcome[]> {
		const outcomes: CommandOutcome[] = [];
		for (const name of step.interrupt) {
			const terminal = this.#terminals.get(name);
			await terminal?.interrupt();
			outcomes.push(...(terminal?.takeOutcomes() ?? []));
		}
		for (const command of splitCommands(step.run ?? "")) {
			await this.#options.onCommand?.({
				prompt: own.prompt,
				command,
				host: step.on,
				terminal: step.terminal,
			});
			if (step.terminal === undefined) outcomes.push(await own.run(command, step.interruptAfterNs));
			else own.start(command);
		}
		if (step.terminal !== undefined && step.interruptAfterNs !== undefined) {
			const timeoutNs = step.interruptAfterNs;
			await this.#world.run(() => this.#world.wait(() => false, { timeoutNs }));
			await own.interrupt();
		}
		return outcomes;
	}

	async #terminal(step: LabStep, name: string | undefined): Promise<Terminal> {
		const key = keyOf(step, name);
		const known = this.#terminals.get(key);
		if (known !== undefined) return known;
		const terminal = new Terminal(this.#world, {
			host: step.on,
			name,
			onOutput: (stream, text) => this.#options.onOutput?.({ host: step.on, terminal: name, stream, text }),
		});
		this.#terminals.set(key, terminal);
		if (step.in !== undefined) await terminal.enter(step.in);
		return terminal;
	}

	async #explain(): Promise<ExplainedCommand | undefined> {
		const packets = this.#recorder?.last();
		if (packets === undefined || (packets !== undefined && packets.events.length === 0)) return undefined;
		return packets.events === this.#recorder?.current().events ? explainCommand(this.#world, packets) : undefined;
	}
}

/** Unnamed terminals are a namespace's. */
function keyOf(step: LabStep, name: string | undefined): string {
	return name ?? `${step.on} ${step.in ?? ""}`;
}
