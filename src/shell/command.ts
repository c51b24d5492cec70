/** What a command of the tutorial shell is given and what it returns. Commands know the port and no particular kernel. */
import type { Kernel } from "../kernel/kernel.ts";
import type { Host } from "./host.ts";
import type { PacketRecorder } from "./packet-recorder.ts";

export interface Output {
	/** Text as it is, no newline added. */
	write(text: string): void;
	/** Raw bytes (a capture written to a pipe). */
	writeBytes(bytes: Uint8Array): void;
}

export interface Input {
	/** The next piece of text, waiting for it if need be; undefined at the end. */
	read(): Promise<string | undefined>;
	/** Everything up to the end. */
	readAll(): Promise<string>;
	/** As `read`, for programs that read bytes (`tcpdump -r -`). */
	readBytes(): Promise<Uint8Array | undefined>;
	/** Puts text back before what comes next; absent where that cannot be. */
	unread?(text: string): void;
}

/** Control-C (SIGINT), `kill`, or the end of the script: a command that waits must listen. */
export interface Interrupt {
	readonly raised: boolean;
	/** Calls `fn` when it is raised (at once if it already was); the result takes it back. */
	onRaise(fn: () => void): () => void;
}

/** The machines, their kernel and time. One per lab or shell. */
export interface World {
	readonly kernel: Kernel;
	readonly hosts: ReadonlyMap<string, Host>;
	/** Files of the real disk, where captures go; given by the command line, absent in a browser. */
	readonly disk: Disk | undefined;
	/** What packets did during the latest commands, for `explain`; undefined: nobody records it. */
	readonly packets: PacketRecorder | undefined;
	/**
	 * Waits in the kernel's time until `done()`, an interrupt, or `timeoutNs` (Infinity: for ever). Resolves to whether
	 * `done()` held. Commands run side by side: everybody who waits is woken by the same clock. Never call `kernel.run`.
	 * Code that does (`httpGet`, `ping` of `programs/`) gets `asKernel(world, interrupt)` of world.ts instead of the kernel. A wait
	 * counts as its command being blocked, so await it, and leave none behind.
	 */
	wait(done: () => boolean, options: { readonly timeoutNs: number; readonly interrupt?: Interrupt }): Promise<boolean>;
	/** Carries out `fn` beside the caller (reading standard input while the network is waited for). Await nothing but `wait`. */
	spawn<T>(fn: () => Promise<T>): Promise<T>;
}

export interface Disk {
	/** Throws with a readable message when the file cannot be written. */
	write(path: string, bytes: Uint8Array): void;
	/** Throws with a readable message when the file cannot be read. */
	read(path: string): Uint8Array;
	exists(path: string): boolean;
}

export interface CommandContext {
	/** As it was called, e.g. `ip`, `iptables-save`, `/usr/sbin/brctl`. */
	readonly name: string;
	/** Without the name. */
	readonly args: readonly string[];
	readonly stdin: Input;
	readonly stdout: Output;
	readonly stderr: Output;
	/** Standard output is a person's terminal. */
	readonly isTerminal: boolean;
	readonly world: World;
	readonly host: Host;
	/** The namespace the command runs in, as the port names it. */
	readonly netns: string;
	/** Its process, shown by `ss -p`. */
	readonly pid?: number;
	readonly cwd: string;
	readonly env: ReadonlyMap<string, string>;
	readonly interrupt: Interrupt;
	/**
	 * In a script's foreground: nobody is there to press Control-C. A command that repeats for ever (`ping` without `-c`,
	 * `watch`) stops by itself after 4 rounds and says so on standard error. Servers and the like need do nothing: the shell
	 * puts a command that only waits (`timeoutNs: Infinity`) into the background.
	 */
	readonly unattended: boolean;
	/** Whether `exec` would find this command; tools say in their own words that it does not. */
	canRun(name: string): Promise<boolean>;
	/** Runs another command (`ip netns exec`, `nsenter`, `xargs`) with the same streams, elsewhere if told so. Resolves to its exit code. */
	exec(argv: readonly string[], where?: ExecPlace): Promise<number>;
}

/** Where another command runs, as far as it differs from the one that calls it. */
export interface ExecPlace {
	readonly netns?: string;
	readonly host?: Host;
	/** Its whole environment. */
	readonly env?: ReadonlyMap<string, string>;
	readonly stdout?: Output;
	/** A `Signal` below the caller's own. */
	readonly interrupt?: Interrupt;
}

/** Resolves to the exit code. */
export type CommandFunction = (context: CommandContext) => Promise<number>;

/** How the shell knows a command. */
export interface CommandEntry {
	/** All names it answers to, e.g. `["iptables", "iptables-nft"]`. */
	readonly names: readonly string[];
	/** One line for `help`. */
	readonly summary: string;
	readonly run: CommandFunction;
	/** Candidates for completing the last word; the words before it are given, the command's name first. Devices are added. */
	complete?(
		words: readonly string[],
		context: { readonly host: Host; readonly netns: string },
	): Promise<readonly string[]>;
}
