/** A person's terminal on the machines: prompt, history, Tab, Control-C, and time that passes as on the wall. */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "unbash";
import { isIncomplete } from "../shell/bash/messages.ts";
import type { Input, Output } from "../shell/command.ts";
import { completeLine } from "../shell/completion.ts";
import { Session } from "../shell/session.ts";
import type { ShellWorld, WorldOptions } from "../shell/world.ts";

/** History is kept between sessions in the file that this variable names. */
const HISTORY_VARIABLE = "PODWIRE_HISTORY";
const HISTORY_LINES = 1000;
/** Longer than a person is expected to think; time in the kernel does not run further ahead. */
const MAX_IDLE_MS = 3_600_000;

export async function interactiveShell(
	openWorld: (options: WorldOptions) => Promise<ShellWorld>,
	host: string | undefined,
): Promise<number> {
	const world = await openWorld({ pace: (ns) => sleep(ns / 1e6) });
	const terminal = new Terminal(world, host);
	return terminal.run();
}

class Terminal {
	readonly #world: ShellWorld;
	readonly #session: Session;
	readonly #keyboard: Keyboard;
	readonly #history: string[];
	#lines: Interface | undefined;
	/** Lines of a command that is not complete yet. */
	#pending = "";
	#busy = false;
	#idleSinceMs = Date.now();
	#status = 0;
	/** What is on the screen ends in a newline. */
	#atLineStart = true;
	#finish: (status: number) => void = () => {};

	constructor(world: ShellWorld, host: string | undefined) {
		this.#world = world;
		this.#keyboard = new Keyboard(world);
		this.#history = readHistory();
		this.#session = new Session(world, {
			stdout: this.#outputTo(process.stdout),
			stderr: this.#outputTo(process.stderr),
			stdin: this.#keyboard,
			interactive: true,
			isTerminal: true,
			...(host === undefined ? {} : { host }),
		});
	}

	run(): Promise<number> {
		const machines = [...this.#world.hosts.keys()].join(", ");
		process.stdout.write(
			`podwire shell. Machines: ${machines}. on HOST or @HOST COMMAND: another machine; explain: what packets did; help; exit.\n`,
		);
		return new Promise((resolve) => {
			this.#finish = resolve;
			this.#open();
			this.#prompt();
		});
	}

	#open(): void {
		const lines = createInterface({
			input: process.stdin,
			output: process.stdout,
			history: [...this.#history].reverse(),
			historySize: HISTORY_LINES,
			completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
				void completeLine(line, this.#session).then(({ candidates, word }) => {
					const only = candidates.length === 1 && candidates[0]?.endsWith("/") === false;
					done(null, [only ? [`${candidates[0]} `] : [...candidates], word]);
				});
			},
		});
		this.#lines = lines;
		lines.on("line", (line) => {
			if (this.#busy) this.#keyboard.push(`${line}\n`);
			else void this.#line(line);
		});
		lines.on("SIGINT", () => this.#controlC());
		lines.on("close", () => this.#controlD());
	}

	#prompt(): void {
		const news = this.#session.takeJobNews();
		if (news !== "") process.stdout.write(news);
		this.#idleSinceMs = Date.now();
		this.#lines?.setPrompt(this.#pending === "" ? this.#session.prompt : "> ");
		this.#lines?.prompt();
	}

	async #line(line: string): Promise<void> {
		const text = this.#pending === "" ? line : `${this.#pending}\n${line}`;
		if (isIncomplete(parse(text), text)) {
			this.#pending = text;
			this.#next();
			return;
		}
		this.#pending = "";
		if (text.trim() !== "") this.#remember(text);
		this.#busy = true;
		await this.#world.pass(Math.min(Date.now() - this.#idleSinceMs, MAX_IDLE_MS) * 1e6);
		this.#status = await this.#session.run(text);
		this.#busy = false;
		if (!this.#atLineStart) process.stdout.write("\n");
		this.#atLineStart = true;
		this.#keyboard.reset();
		if (this.#session.exited) await this.#end();
		else this.#next();
	}

	/** What was typed or pasted ahead and nobody read is the next command; else a person is asked for one. */
	#next(): void {
		const ahead = this.#keyboard.takeLine();
		if (ahead === undefined) {
			this.#prompt();
			return;
		}
		process.stdout.write(`${this.#pending === "" ? this.#session.prompt : "> "}${ahead}\n`);
		this.#idleSinceMs = Date.now();
		void this.#line(ahead);
	}

	/** Stops what runs, or forgets the line. */
	#controlC(): void {
		process.stdout.write(this.#busy ? "^C" : "^C\n");
		if (this.#busy) {
			this.#atLineStart = false;
			this.#session.interrupt();
			this.#keyboard.clear();
			this.#keyboard.end();
			return;
		}
		this.#pending = "";
		this.#lines?.write(null, { ctrl: true, name: "u" });
		this.#prompt();
	}

	/** The end of a running command's input, or of the session. readline has closed itself. */
	#controlD(): void {
		if (this.#session.exited) return;
		if (this.#busy && process.stdin.isTTY) {
			this.#keyboard.end();
			this.#open();
			return;
		}
		process.stdout.write("exit\n");
		void this.#end();
	}

	async #end(): Promise<void> {
		await this.#session.finish({ atOnce: true });
		this.#lines?.removeAllListeners("close");
		this.#lines?.close();
		this.#finish(this.#status);
	}

	#outputTo(stream: NodeJS.WriteStream): Output {
		return {
			write: (text) => {
				if (text !== "") this.#atLineStart = text.endsWith("\n");
				stream.write(text);
			},
			writeBytes: (bytes) => void stream.write(bytes),
		};
	}

	#remember(text: string): void {
		this.#session.history.push(text);
		this.#history.push(text);
		const file = process.env[HISTORY_VARIABLE];
		if (file === undefined || file === "") return;
		try {
			appendFileSync(file, `${text.replaceAll("\n", " ")}\n`);
		} catch {
			// A history that cannot be kept is no reason to stop.
		}
	}
}

/** What is typed while a command runs. */
class Keyboard implements Input {
	readonly #world: ShellWorld;
	#typed: string[] = [];
	#ended = false;

	constructor(world: ShellWorld) {
		this.#world = world;
	}

	push(text: string): void {
		this.#typed.push(text);
	}

	unread(text: string): void {
		if (text !== "") this.#typed.unshift(text);
	}

	end(): void {
		this.#ended = true;
	}

	/** For the next command; what nobody has read stays. */
	reset(): void {
		this.#ended = false;
	}

	takeLine(): string | undefined {
		return this.#typed.shift()?.replace(/\n$/, "");
	}

	clear(): void {
		this.#typed = [];
	}

	async read(): Promise<string | undefined> {
		const ready = (): boolean => this.#typed.length > 0 || this.#ended;
		if (!ready()) await this.#world.wait(ready, { timeoutNs: Number.POSITIVE_INFINITY });
		return this.#typed.shift();
	}

	async readAll(): Promise<string> {
		let text = "";
		for (let piece = await this.read(); piece !== undefined; piece = await this.read()) text += piece;
		return text;
	}

	async readBytes(): Promise<Uint8Array | undefined> {
		const text = await this.read();
		return text === undefined ? undefined : new TextEncoder().encode(text);
	}
}

function readHistory(): string[] {
	const file = process.env[HISTORY_VARIABLE];
	if (file === undefined || file === "" || !existsSync(file)) return [];
	const lines = readFileSync(file, "utf8").split("\n");
	return lines.filter((line) => line !== "").slice(-HISTORY_LINES);
}
