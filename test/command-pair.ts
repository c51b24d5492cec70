/** The same commands in namespaces of the real kernel and on machines of the simulated one, and what each printed. */
import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import type { CommandContext, CommandEntry } from "../src/shell/command.ts";
import { createWorld, type WorldSpec } from "../src/shell/create-world.ts";
import { Signal } from "../src/shell/interrupt.ts";
import { TextInput, TextOutput } from "../src/shell/streams.ts";
import type { ShellWorld } from "../src/shell/world.ts";
import { SimKernel } from "../src/sim/sim-kernel.ts";

export interface Printed {
	readonly code: number;
	readonly out: string;
	readonly err: string;
}

/** A command line (double quotes group words), with what it reads from standard input. */
export type CommandText = string | readonly [command: string, stdin: string];

const run = promisify(execFile);
const IP = "ip";

/** The words; in double quotes, a backslash keeps what follows. */
export function wordsOf(command: string): readonly string[] {
	return [...command.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)].map(
		([word, quoted]) => quoted?.replace(/\\(.)/g, "$1") ?? word,
	);
}

/** A command of the real kernel that goes on until it is told to stop. */
export interface RealJob {
	/** It has printed `ready`. */
	readonly started: Promise<void>;
	/** Waits until it has printed so many lines, at most five seconds. */
	printedLines(count: number): Promise<void>;
	/** Control-C; resolves to what it printed. */
	stop(): Promise<Printed>;
}

/** A named namespace of the real kernel, without IPv6. */
export class NamedNetns {
	readonly name: string;

	private constructor(name: string) {
		this.name = name;
	}

	static async make(name: string): Promise<NamedNetns> {
		await run(IP, ["netns", "add", name]);
		const made = new NamedNetns(name);
		const off = ["all", "default"].map((which) => `net.ipv6.conf.${which}.disable_ipv6=1`);
		await made.run(`sysctl -qw ${off.join(" ")}`);
		return made;
	}

	async remove(): Promise<void> {
		await run(IP, ["netns", "delete", this.name]);
	}

	run(text: CommandText): Promise<Printed> {
		const [command, stdin] = typeof text === "string" ? [text, ""] : text;
		return this.#start(wordsOf(command), stdin).printed;
	}

	runWords(argv: readonly string[]): Promise<Printed> {
		return this.#start(argv, "").printed;
	}

	/** Waits until so many sockets listen to events of netfilter (`conntrack -E`), at most five seconds. */
	async listenToNetfilter(count: number): Promise<void> {
		await eventually(async () => {
			const { out } = await this.run("cat /proc/net/netlink");
			return [...out.matchAll(/^\S+ +12 +\S+ +(?!00000000)/gm)].length >= count;
		});
	}

	start(argv: readonly string[], ready = ""): RealJob {
		const { child, printed } = this.#start(argv, "");
		let out = "";
		const started = new Promise<void>((resolve) => {
			child.stdout.on("data", (chunk: string) => {
				out += chunk;
				if (out.includes(ready)) resolve();
			});
		});
		return {
			started,
			printedLines: (count) => eventually(async () => out.split("\n").length > count),
			stop: () => {
				child.kill("SIGINT");
				return printed;
			},
		};
	}

	#start(argv: readonly string[], stdin: string) {
		const child = spawn(IP, ["netns", "exec", this.name, ...argv]);
		let [out, err] = ["", ""];
		child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
			out += chunk;
		});
		child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
			err += chunk;
		});
		const printed = new Promise<Printed>((resolve, reject) => {
			child.on("error", reject);
			child.on("close", (code) => resolve({ code: code ?? -1, out, err }));
		});
		child.stdin.on("error", () => {});
		child.stdin.end(stdin);
		return { child, printed };
	}
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
	for (let round = 0; round < 100 && !(await holds()); round += 1) {
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

/** Machines of the simulated kernel, and commands run on the first of them. */
export class ShellMachine {
	readonly kernel: SimKernel;
	readonly world: ShellWorld;
	readonly #entries: readonly CommandEntry[];

	private constructor(kernel: SimKernel, world: ShellWorld, entries: readonly CommandEntry[]) {
		this.kernel = kernel;
		this.world = world;
		this.#entries = entries;
	}

	static async make(entries: readonly CommandEntry[], spec?: WorldSpec): Promise<ShellMachine> {
		const kernel = new SimKernel({ seed: 1 });
		const created = await createWorld(kernel, spec ?? { hosts: [{ name: "node" }] });
		if (!created.ok) throw new Error(created.error.message);
		return new ShellMachine(kernel, created.value, entries);
	}

	async run(text: CommandText): Promise<Printed> {
		const [command, stdin] = typeof text === "string" ? [text, ""] : text;
		const [stdout, stderr] = [new TextOutput(), new TextOutput()];
		const io = { stdin, stdout, stderr, interrupt: new Signal() };
		const code = await this.world.run(() => this.#run(wordsOf(command), io));
		return { code, out: stdout.text, err: stderr.text };
	}

	/** Runs a command in the background; the result stops it, as Control-C does. */
	async start(command: string): Promise<() => Promise<Printed>> {
		const [stdout, stderr, interrupt] = [new TextOutput(), new TextOutput(), new Signal()];
		let code: number | undefined;
		void this.world.spawn(async () => {
			code = await this.#run(wordsOf(command), { stdin: "", stdout, stderr, interrupt });
		});
		await this.pass(0);
		return async () => {
			interrupt.raise();
			await this.world.run(() => this.world.wait(() => code !== undefined, { timeoutNs: 1e9 }));
			return { code: code ?? -1, out: stdout.text, err: stderr.text };
		};
	}

	/** Lets time pass on the machines. */
	async pass(seconds: number): Promise<void> {
		await this.world.run(() => this.world.wait(() => false, { timeoutNs: seconds * 1e9 }));
	}

	#run(
		[name = "", ...args]: readonly string[],
		io: { stdin: string; stdout: TextOutput; stderr: TextOutput; interrupt: Signal },
	): Promise<number> {
		const entry = this.#entries.find(({ names }) => names.includes(name));
		const [host] = this.world.hosts.values();
		if (entry === undefined || host === undefined) throw new Error(`no command ${name}`);
		const context: CommandContext = {
			name,
			args,
			stdin: new TextInput(io.stdin),
			stdout: io.stdout,
			stderr: io.stderr,
			isTerminal: false,
			world: this.world,
			host,
			netns: host.rootNetns,
			cwd: "/root",
			env: new Map(),
			interrupt: io.interrupt,
			unattended: false,
			canRun: async () => false,
			exec: async () => 127,
		};
		return entry.run(context);
	}
}
