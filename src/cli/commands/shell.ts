/** `podwire shell`: a script on simulated machines, or a person's terminal. */
import { readFileSync } from "node:fs";
import type { Output } from "../../shell/command.ts";
import { PacketRecorder } from "../../shell/packet-recorder.ts";
import { Session, type SessionObserver } from "../../shell/session.ts";
import { TextOutput } from "../../shell/streams.ts";
import type { ShellWorld, WorldOptions } from "../../shell/world.ts";
import { clusterWorld } from "../cluster-world.ts";
import { diskIn } from "../disk.ts";
import { type Io, UsageError } from "../io.ts";
import { readLab } from "../lab-files.ts";
import type { ClusterInputOptions } from "../options.ts";
import { openSession } from "../session.ts";
import { openLab } from "./lab.ts";

export interface ShellOptions {
	/** A bundled lab's name or a file: whose machines. Default: the articles' two, `master` and `slave`. */
	readonly lab?: string;
	/** Instead of a lab's: the machines of the cluster that these manifests describe. */
	readonly cluster?: ClusterInputOptions;
	/** The machine of the first line. */
	readonly host?: string;
	/** A script; `-` or absent: standard input, which may be a terminal. */
	readonly file?: string;
	/** Instead of a file. */
	readonly text?: string;
	/** Print every command with its prompt before it runs. */
	readonly echo: boolean;
	readonly json: boolean;
	/** Where captures are written. */
	readonly directory: string;
}

export const SHELL_SCHEMA = "podwire.shell/v1";
const DEFAULT_LAB = "dnat-bridge";

/** The exit code is the last command's. */
export async function shell(io: Io, options: ShellOptions): Promise<number> {
	const text = options.text ?? scriptText(options.file);
	if (text === undefined) {
		const { interactiveShell } = await import("../interactive-shell.ts");
		return interactiveShell((world) => openShellWorld(io, options, world), options.host);
	}
	const world = await openShellWorld(io, options, {});
	return options.json ? runAsJson(io, world, { text, ...options }) : runScript(io, world, { text, ...options });
}

/** Undefined: a person types. */
function scriptText(file: string | undefined): string | undefined {
	if (file === undefined && process.stdin.isTTY) return undefined;
	try {
		return readFileSync(file === undefined || file === "-" ? 0 : file, "utf8");
	} catch (cause) {
		throw new UsageError([`${file ?? "standard input"}: ${cause instanceof Error ? cause.message : String(cause)}`]);
	}
}

async function openShellWorld(io: Io, options: ShellOptions, world: WorldOptions): Promise<ShellWorld> {
	const opened = await openMachines(io, options, { ...world, disk: diskIn(options.directory) });
	if (options.host !== undefined && !opened.hosts.has(options.host)) {
		throw new UsageError([`--host ${options.host}: the machines are ${[...opened.hosts.keys()].join(", ")}`]);
	}
	opened.packets = new PacketRecorder(opened.kernel);
	return opened;
}

async function openMachines(io: Io, options: ShellOptions, world: WorldOptions): Promise<ShellWorld> {
	const { cluster, lab } = options;
	if (cluster === undefined) return openLab(readLab(lab ?? DEFAULT_LAB), world);
	if (lab !== undefined) throw new UsageError(["--lab and -f: either a lab's machines or a cluster's"]);
	const session = await openSession(io, cluster);
	return clusterWorld(session.cluster, world);
}

interface ScriptOptions {
	readonly text: string;
	readonly host?: string;
	readonly echo: boolean;
}

async function runScript(io: Io, world: ShellWorld, { text, host, echo }: ScriptOptions): Promise<number> {
	const observer: SessionObserver = {
		begin: (statement) => {
			if (echo) io.out(`${io.paint.strong(`${session.prompt}${statement.text}`)}\n`);
		},
		end: () => {},
	};
	const session = new Session(world, {
		stdout: textOutput((words) => io.out(words)),
		stderr: textOutput((words) => io.err(words)),
		observer,
		...(host === undefined ? {} : { host }),
	});
	const status = await session.run(text);
	await session.finish();
	return status;
}

interface StatementRun {
	readonly host: string;
	readonly command: string;
	readonly exit: number;
	readonly stdout: string;
	readonly stderr: string;
}

/** What background jobs print comes with the command that was running then. */
async function runAsJson(io: Io, world: ShellWorld, { text, host }: ScriptOptions): Promise<number> {
	const runs: StatementRun[] = [];
	let [out, err] = [new TextOutput(), new TextOutput()];
	const observer: SessionObserver = {
		begin: () => {},
		end(statement, exit) {
			runs.push({ host: statement.host, command: statement.text, exit, stdout: out.text, stderr: err.text });
			[out, err] = [new TextOutput(), new TextOutput()];
		},
	};
	const session = new Session(world, {
		stdout: textOutput((words) => out.write(words)),
		stderr: textOutput((words) => err.write(words)),
		observer,
		...(host === undefined ? {} : { host }),
	});
	const exit = await session.run(text);
	await session.finish();
	const rest = { stdout: out.text, stderr: err.text };
	io.out(`${JSON.stringify({ schema: SHELL_SCHEMA, exit, commands: runs, afterwards: rest }, undefined, 2)}\n`);
	return exit;
}

function textOutput(write: (text: string) => void): Output {
	return { write, writeBytes: (bytes) => write(new TextDecoder().decode(bytes)) };
}
