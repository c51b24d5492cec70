/** A terminal of a lab: a session on one machine, and everything that it printed. */
import { parse } from "unbash";
import type { Output } from "../command.ts";
import { Session } from "../session.ts";
import { TextOutput } from "../streams.ts";
import type { ShellWorld } from "../world.ts";
import type { CommandOutcome, TerminalOutput } from "./observation.ts";

export type OutputStream = "stdout" | "stderr";

export interface TerminalOptions {
	readonly host: string;
	/** Absent: the machine's first one. */
	readonly name: string | undefined;
	onOutput(stream: OutputStream, text: string): void;
}

/** What was printed when a step began. */
export interface OutputMark {
	readonly stdout: number;
	readonly stderr: number;
	readonly both: number;
}

/** Nobody waits longer for a command that does not end, in virtual time. */
const PATIENCE_NS = 300e9;
/** Time that a command is given to end after Ctrl-C. */
const STOP_NS = 5e9;

export class Terminal {
	readonly host: string;
	readonly name: string | undefined;
	readonly #world: ShellWorld;
	readonly #session: Session;
	readonly #stdout = new TextOutput();
	readonly #stderr = new TextOutput();
	readonly #both = new TextOutput();
	/** Commands that run beside the steps. */
	#queue: Promise<void> = Promise.resolve();
	#beside: { readonly command: string; exit: number | undefined; interrupted: boolean }[] = [];

	constructor(world: ShellWorld, options: TerminalOptions) {
		this.host = options.host;
		this.name = options.name;
		this.#world = world;
		const output = (stream: OutputStream, kept: TextOutput): Output => ({
			write: (text) => {
				kept.write(text);
				this.#both.write(text);
				options.onOutput(stream, text);
			},
			writeBytes: (bytes) => {
				kept.writeBytes(bytes);
			},
		});
		this.#session = new Session(world, {
			host: options.host,
			stdout: output("stdout", this.#stdout),
			stderr: output("stderr", this.#stderr),
			interactive: true,
			isTerminal: true,
		});
	}

	get prompt(): string {
		return this.#session.prompt;
	}

	mark(): OutputMark {
		const length = (output: TextOutput): number => output.text.length;
		return { stdout: length(this.#stdout), stderr: length(this.#stderr), both: length(this.#both) };
	}

	since(mark: OutputMark): TerminalOutput & { readonly stderr: string } {
		return {
			stdout: this.#stdout.text.slice(mark.stdout),
			stderr: this.#stderr.text.slice(mark.stderr),
			both: this.#both.text.slice(mark.both),
		};
	}

	/** Goes into a namespace, as `ip netns exec NAME bash`. */
	async enter(netns: string): Promise<void> {
		await this.#session.run(`ip netns exec ${netns} bash`);
	}

	/** Types a command and waits until it has ended, at the latest by Ctrl-C after `limitNs`. */
	async run(command: string, limitNs: number | undefined): Promise<CommandOutcome> {
		let ended = false;
		let interrupted = false;
		const watch = this.#world.run(async () => {
			await this.#world.wait(() => ended, { timeoutNs: limitNs ?? PATIENCE_NS });
			if (ended) return;
			interrupted = true;
			this.#session.interrupt();
			await this.#world.wait(() => ended, { timeoutNs: STOP_NS });
		});
		const exit = await this.#session.run(command);
		ended = true;
		await watch;
		if (interrupted && limitNs === undefined) {
			const seconds = PATIENCE_NS / 1e9;
			this.#stderr.write(
				`podwire: ${command}: stopped after ${seconds} s; a step needs terminal or interruptAfter for it\n`,
			);
			return { command, exit: 124, interrupted: false };
		}
		return { command, exit, interrupted };
	}

	/** Types a command that goes on beside what other terminals do. */
	start(command: string): void {
		const running = { command, exit: undefined as number | undefined, interrupted: false };
		this.#beside.push(running);
		this.#queue = this.#queue.then(async () => {
			running.exit = await this.#session.start(command);
		});
	}

	/** Ctrl-C. */
	async interrupt(): Promise<void> {
		for (const running of this.#beside) if (running.exit === undefined) running.interrupted = true;
		this.#session.interrupt();
		await this.#world.run(() => this.#world.wait(() => this.#allEnded(), { timeoutNs: STOP_NS }));
	}

	/** The commands beside, those that ended for the last time. */
	takeOutcomes(): readonly CommandOutcome[] {
		const outcomes = this.#beside.map((each) => ({ ...each }));
		this.#beside = this.#beside.filter((each) => each.exit === undefined);
		return outcomes;
	}

	#allEnded(): boolean {
		return this.#beside.every((each) => each.exit !== undefined);
	}
}

/** The commands of a text, each as it is written, with what belongs to it (a here-document, a loop's lines), without comments. */
export function splitCommands(text: string): readonly string[] {
	const starts = parse(text).commands.map((statement) => statement.pos);
	return starts.map((start, k) => withoutComments(text.slice(start, starts[k + 1] ?? text.length)));
}

/** The comments that follow it belong to the next command. */
function withoutComments(command: string): string {
	const lines = command.trim().split("\n");
	const last = lines.findLastIndex((line) => !/^\s*(#.*)?$/.test(line));
	return command.includes("<<") ? command.trim() : lines.slice(0, last + 1).join("\n");
}
