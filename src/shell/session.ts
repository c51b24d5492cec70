/**
 * A person's (or a script's) way to the machines: takes lines, runs them on the machine that is chosen, keeps what belongs
 * to the shell from one line to the next.
 */
import type { Statement } from "unbash";
import { FlowControl, type Frame, type SessionServices } from "./bash/frame.ts";
import { BashInterpreter } from "./bash/interpreter.ts";
import { type Job, JobTable, jobLine } from "./bash/jobs.ts";
import { Level } from "./bash/level.ts";
import { syntaxErrorText } from "./bash/messages.ts";
import { parseScript } from "./bash/script.ts";
import type { Input, Output } from "./command.ts";
import { Signal } from "./interrupt.ts";
import { NO_INPUT } from "./streams.ts";
import type { ShellWorld } from "./world.ts";

export interface SessionOptions {
	/** The machine the first line is for. Default: the first. */
	readonly host?: string;
	readonly stdout: Output;
	readonly stderr: Output;
	/** What commands read when nothing is redirected. Default: nothing. */
	readonly stdin?: Input;
	/** A person types the lines: jobs are announced, nothing is put into the background by itself. */
	readonly interactive?: boolean;
	/** Standard output is a terminal. */
	readonly isTerminal?: boolean;
	readonly observer?: SessionObserver;
}

/** Hears of every statement of the lines, before and after: traces, labs. */
export interface SessionObserver {
	begin(statement: StatementSeen): void;
	end(statement: StatementSeen, status: number): void;
}

export interface StatementSeen {
	readonly text: string;
	readonly host: string;
	/** Where it begins in the text given to `run`. */
	readonly pos: number;
}

const SECOND_NS = 1_000_000_000;
/** No hand is quicker: what is on its way when a command ends (the last ACK of a connection) arrives before the next. */
const BETWEEN_COMMANDS_NS = 5_000_000;
/** A script's foreground command that only waits is given this long while others are still busy. */
const PATIENCE_S = 10;
/** At the end, background jobs that end by themselves are given this long. */
const LAST_JOBS_S = 30;

export class Session {
	readonly world: ShellWorld;
	/** Standard output and error of what runs from now on. */
	stdout: Output;
	stderr: Output;
	readonly #options: SessionOptions;
	readonly #interpreter = new BashInterpreter();
	readonly #services: SessionServices;
	/** The shells of each machine, the innermost last. */
	readonly #levels = new Map<string, Level[]>();
	#host: string;
	/** The machines that ssh was typed on, the latest last. */
	readonly #cameFrom: string[] = [];
	#foreground: Job | undefined;
	#exited = false;
	/** The last statement was ended by Control-C. */
	#interrupted = false;
	#bug: unknown;

	constructor(world: ShellWorld, options: SessionOptions) {
		const first = options.host ?? world.hosts.keys().next().value;
		if (first === undefined || !world.hosts.has(first)) throw new Error(`no machine ${first ?? ""}`);
		this.world = world;
		this.stdout = options.stdout;
		this.stderr = options.stderr;
		this.#options = options;
		this.#host = first;
		this.#services = this.#makeServices();
	}

	/** The machine that the next line is for. */
	get host(): string {
		return this.#host;
	}

	/** Where the next line runs. */
	get level(): Level {
		const level = this.#levelsOf(this.#host).at(-1);
		if (level === undefined) throw new Error(`no shell on ${this.#host}`);
		return level;
	}

	/** `exit` was called in the outermost shell. */
	get exited(): boolean {
		return this.#exited;
	}

	get history(): string[] {
		return this.#services.history;
	}

	/** `[root@master ~]# `, with the namespace when it is not the machine's own. */
	get prompt(): string {
		const { host, netns, cwd } = this.level;
		const name = [...host.namedNetns].find(([, port]) => port === netns)?.[0];
		const where = netns === host.rootNetns ? host.name : `${host.name}/${name ?? "netns"}`;
		const directory = cwd === "/root" ? "~" : cwd === "/" ? "/" : cwd.slice(cwd.lastIndexOf("/") + 1);
		return `[root@${where} ${directory}]# `;
	}

	/** Runs a text, line by line as a terminal would; resolves to the exit code of the last command. */
	run(text: string): Promise<number> {
		return this.#run(text, (fn) => this.world.run(fn));
	}

	/** As `run`, beside what others do: by itself it does not let time pass (a lab's second terminal). */
	start(text: string): Promise<number> {
		return this.#run(text, (fn) => this.world.spawn(fn));
	}

	async #run(text: string, carryOut: (fn: () => Promise<number>) => Promise<number>): Promise<number> {
		const { statements, error } = parseScript(text);
		let status = this.level.lastStatus;
		let skipTo = 0;
		for (const statement of statements) {
			if (this.#exited) break;
			if (statement.pos < skipTo) continue;
			status = await carryOut(() => this.#statement(statement, text));
			// Control-C gives up the rest of the line as well.
			if (this.#interrupted) skipTo = endOfLine(text, statement.end);
		}
		if (error !== undefined && !this.#exited) {
			this.stderr.write(syntaxErrorText(error, text));
			status = 2;
			this.level.lastStatus = status;
		}
		return status;
	}

	/** Control-C. */
	interrupt(): void {
		this.#foreground?.signal.raise();
	}

	/** Lines about background jobs that have ended, as an interactive shell prints before its prompt. */
	takeJobNews(): string {
		const list = [...this.#services.jobs.list()];
		return this.#services.jobs
			.takeEnded()
			.map((job) => jobLine(job, list))
			.join("");
	}

	/** The end: background jobs may end by themselves (unless `atOnce`), then they are told to stop. */
	async finish(options: { readonly atOnce?: boolean } = {}): Promise<void> {
		const { jobs } = this.#services;
		const ended = (): boolean => jobs.running().length === 0;
		if (ended()) return;
		await this.world.run(async () => {
			const patience = options.atOnce === true ? 0 : LAST_JOBS_S;
			for (let second = 0; second < patience && !ended(); second += 1) {
				const before = this.world.activity;
				await this.world.wait(ended, { timeoutNs: SECOND_NS });
				if (this.world.everybodyWaitsForEver() && before === this.world.activity) break;
			}
			for (const job of jobs.running()) job.signal.raise();
			await this.world.wait(ended, { timeoutNs: 5 * SECOND_NS });
		});
	}

	async #statement(statement: Statement, text: string): Promise<number> {
		const seen = { text: text.slice(statement.pos, statement.end), host: this.#host, pos: statement.pos };
		this.#options.observer?.begin(seen);
		this.world.packets?.begin(seen.text);
		const { level } = this;
		const job: Job = {
			id: 0,
			text: seen.text,
			host: this.#host,
			pid: level.pid,
			signal: new Signal(),
			status: undefined,
			told: false,
		};
		this.#foreground = job;
		const frame = this.#frame(level, job.signal, text);
		this.#services.start(async () => {
			try {
				job.status = await this.#guarded(() => this.#interpreter.run([statement], frame), level);
			} finally {
				job.status ??= 1;
			}
		});
		const status = await this.#await(job);
		this.#foreground = undefined;
		await this.world.wait(() => false, { timeoutNs: BETWEEN_COMMANDS_NS });
		this.#interrupted = job.signal.raised;
		if (this.#bug !== undefined) throw this.#bug;
		// Another shell than before, if the statement entered or left one.
		this.level.lastStatus = status;
		this.#options.observer?.end(seen, status);
		return status;
	}

	/** Waits for the foreground; in a script a command that would wait for ever goes on in the background. */
	async #await(job: Job): Promise<number> {
		const done = (): boolean => job.status !== undefined;
		for (let idleSeconds = 0; ; ) {
			const before = this.world.activity;
			if (await this.world.wait(done, { timeoutNs: this.#options.interactive ? Infinity : SECOND_NS })) break;
			// Who was woken at the same instant gets to say what he waits for now.
			if (await this.world.wait(done, { timeoutNs: 1 })) break;
			if (!this.world.waitsForEver(job.signal)) {
				idleSeconds = 0;
				continue;
			}
			idleSeconds += 1;
			const quiet = this.world.othersWaitForEver(job.signal) && before === this.world.activity;
			if (!quiet && idleSeconds < PATIENCE_S) continue;
			this.#services.jobs.add(job);
			this.stderr.write(`podwire: "${job.text}" runs until it is stopped: it goes on as background job [${job.id}]\n`);
			return 0;
		}
		return job.status ?? 0;
	}

	/** `exit` leaves a shell, Control-C a statement; neither is an error of the session's. */
	async #guarded(fn: () => Promise<number>, level: Level): Promise<number> {
		try {
			return await fn();
		} catch (error) {
			if (!(error instanceof FlowControl)) throw error;
			if (error.kind === "exit" && this.#services.leave()) this.#exited = true;
			level.lastStatus = error.status;
			return error.status;
		}
	}

	#frame(level: Level, signal: Signal, source: string): Frame {
		return {
			services: this.#services,
			interpreter: this.#interpreter,
			world: this.world,
			level,
			stdin: this.#services.stdin,
			outputs: new Map([
				[1, this.#services.terminal],
				[2, counted(this.world, () => this.stderr)],
			]),
			signal,
			background: false,
			condition: false,
			source,
			depth: 0,
		};
	}

	#levelsOf(host: string): Level[] {
		const levels = this.#levels.get(host);
		if (levels !== undefined) return levels;
		const made = [this.#newLevel(host)];
		this.#levels.set(host, made);
		return made;
	}

	#newLevel(name: string): Level {
		const host = this.world.hosts.get(name);
		if (host === undefined) throw new Error(`no machine ${name}`);
		const level = new Level(host, host.rootNetns);
		this.#enlist(level);
		return level;
	}

	/** A shell is a process too: `ip netns pids`, `lsns` and `ps` see it. */
	#enlist({ host, pid, netns }: Level): void {
		const startedNs = this.world.kernel.clock.now();
		host.processes.set(pid, { pid, argv: ["-bash"], netns, startedNs, interrupt: () => {} });
	}

	#makeServices(): SessionServices {
		return {
			world: this.world,
			interactive: this.#options.interactive === true,
			isTerminal: this.#options.isTerminal === true,
			stdin: this.#options.stdin ?? NO_INPUT,
			terminal: counted(this.world, () => this.stdout),
			jobs: new JobTable(),
			history: [],
			start: (fn) => {
				this.world.spawn(fn).catch((error: unknown) => {
					this.#bug ??= error;
				});
			},
			levelOf: (host) => (this.world.hosts.has(host) ? this.#levelsOf(host).at(-1) : undefined),
			switchTo: (host, options) => {
				if (options?.returns === true) this.#cameFrom.push(this.#host);
				this.#host = host;
			},
			enter: (level) => {
				this.#host = level.host.name;
				this.#levelsOf(level.host.name).push(level);
				this.#enlist(level);
			},
			leave: () => {
				const levels = this.#levelsOf(this.#host);
				if (levels.length === 1) {
					const back = this.#cameFrom.pop();
					if (back === undefined) return true;
					this.stderr.write(`Connection to ${this.#host} closed.\n`);
					this.#host = back;
					return false;
				}
				const left = levels.pop();
				left?.host.processes.delete(left.pid);
				return false;
			},
		};
	}
}

function endOfLine(text: string, from: number): number {
	const at = text.indexOf("\n", from);
	return at < 0 ? text.length : at;
}

/** Everything that is printed counts as activity. */
function counted(world: ShellWorld, output: () => Output): Output {
	return {
		write(text) {
			world.activity += 1;
			output().write(text);
		},
		writeBytes(bytes) {
			world.activity += 1;
			output().writeBytes(bytes);
		},
	};
}
