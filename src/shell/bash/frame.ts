/** Where a piece of a script runs: its shell, its streams, the signal that stops it; and what the shell does for it. */
import type { Statement } from "unbash";
import type { CommandEntry, Input, Output } from "../command.ts";
import type { Signal } from "../interrupt.ts";
import type { ShellWorld } from "../world.ts";
import type { JobTable } from "./jobs.ts";
import type { FunctionBody, Level } from "./level.ts";

/** Runs statements and commands; given by the frame, so that expansions and built-in commands need not import it. */
export interface Interpreter {
	run(statements: readonly Statement[], frame: Frame): Promise<number>;
	runNode(node: Statement["command"], frame: Frame): Promise<number>;
	/** A command by its words, already expanded. */
	call(argv: readonly string[], frame: Frame): Promise<number>;
	/** Parses and runs a text; a syntax error is printed as bash prints it. */
	runText(text: string, frame: Frame): Promise<number>;
	/** What a command's name stands for; undefined: it is not found. */
	find(name: string, level: Level): Promise<Found | undefined>;
}

/** What runs when a name is called. */
export type Found =
	| { readonly kind: "function"; readonly body: FunctionBody }
	| { readonly kind: "builtin"; readonly builtin: Builtin }
	| { readonly kind: "program"; readonly entry: CommandEntry; readonly path: string }
	| { readonly kind: "script"; readonly path: string; readonly text: string };

/** A command of the shell itself: it changes the shell, which no program can. */
export interface Builtin {
	readonly names: readonly string[];
	/** One line for `help`. */
	readonly summary: string;
	run(args: readonly string[], frame: Frame): Promise<number>;
}

/** What a session offers to the commands that are the shell's own. */
export interface SessionServices {
	readonly world: ShellWorld;
	/** A person types the lines. */
	readonly interactive: boolean;
	readonly isTerminal: boolean;
	readonly stdin: Input;
	/** Standard output of the session. */
	readonly terminal: Output;
	readonly jobs: JobTable;
	readonly history: string[];
	/** Runs something beside the others (`world.spawn`); should it throw, which is a bug, the session throws. */
	start(fn: () => Promise<void>): void;
	/** The shell of a machine, as it was left. */
	levelOf(host: string): Level | undefined;
	/** The lines to come are this machine's; with `returns` (ssh) until `exit`. */
	switchTo(host: string, options?: { readonly returns: boolean }): void;
	/** The lines to come run in this shell, until `exit`. */
	enter(level: Level): void;
	/** Leaves the innermost shell; true: it was the outermost one, and the session ends. */
	leave(): boolean;
}

export interface Frame {
	readonly services: SessionServices;
	readonly interpreter: Interpreter;
	readonly world: ShellWorld;
	readonly level: Level;
	readonly stdin: Input;
	/** By file descriptor. */
	readonly outputs: ReadonlyMap<number, Output>;
	readonly signal: Signal;
	/** Put there by `&`. */
	readonly background: boolean;
	/** A condition (`if`, `&&`, `!`): failing does not end a shell with `set -e`. */
	readonly condition: boolean;
	/** The process number that the first program gets: a background job is known by it. */
	readonly firstPid?: number;
	/** The text that positions in the syntax tree refer to. */
	readonly source: string;
	/** The depth of functions and sourced files, against endless recursion. */
	readonly depth: number;
}

export function stdout(frame: Frame): Output {
	return frame.outputs.get(1) ?? NOWHERE;
}

export function stderr(frame: Frame): Output {
	return frame.outputs.get(2) ?? NOWHERE;
}

const NOWHERE: Output = { write: () => {}, writeBytes: () => {} };

/** Ways out of the statement that is running. */
export class FlowControl extends Error {
	readonly kind: "break" | "continue" | "return" | "exit" | "interrupted";
	readonly status: number;
	/** Of `break` and `continue`: how many loops are still to be left. */
	levels: number;

	constructor(kind: FlowControl["kind"], status: number, levels = 1) {
		super(kind);
		this.kind = kind;
		this.status = status;
		this.levels = levels;
	}
}

/** A command cannot be run as it is written; bash prints the message and goes on with the next. */
export class ShellError extends Error {
	readonly status: number;

	constructor(message: string, status = 1) {
		super(message);
		this.status = status;
	}
}
