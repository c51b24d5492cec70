/** Programs run inside a namespace: argument arrays, text by stdin, never a shell. */
import { accessSync, constants, statSync } from "node:fs";
import type { Errno } from "../kernel/kernel.ts";
import { errorText } from "./libc.ts";
import type { LinuxNetns } from "./netns.ts";
import { type SpawnResult, spawnAside, spawnProgram, startProgram, type TalkingProgram } from "./spawn.ts";

export interface ProgramRun {
	/** Exit code; -1 when the program was ended by a signal or is not there. */
	readonly code: number;
	readonly out: string;
	readonly err: string;
	/** It could not be started: it is not installed, or may not be run. */
	readonly missing?: true;
}

const { PATH = "" } = process.env;
/** Debian keeps the network's tools where only root's PATH leads. */
export const PROGRAM_PATH: string = `${PATH}:/usr/sbin:/sbin:/usr/bin:/bin`;
/** `posix_spawnp` looks where this process's own PATH says. */
process.env["PATH"] = PROGRAM_PATH;

const ENVIRONMENT: readonly string[] = Object.entries({ ...process.env, LC_ALL: "C" }).map(
	([name, value]) => `${name}=${value ?? ""}`,
);

/** By name: where the program was found. */
const paths = new Map<string, string>();

/** Looked for once: the search takes a system call for every directory. A program that is not there may be installed later. */
function pathOf(program: string): string {
	const found = paths.get(program);
	if (found !== undefined || program.includes("/")) return found ?? program;
	const path = PROGRAM_PATH.split(":")
		.map((directory) => `${directory}/${program}`)
		.find(isExecutable);
	if (path !== undefined) paths.set(program, path);
	return path ?? program;
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return statSync(path).isFile();
	} catch {
		return false;
	}
}

/** Runs a program to its end with `input` as its stdin. */
export function runProgram(netns: LinuxNetns, argv: readonly [string, ...string[]], input = ""): ProgramRun {
	const [program, ...args] = argv;
	return programRun(
		program,
		netns.run(() => spawnProgram([pathOf(program), ...args], input, ENVIRONMENT)),
	);
}

/** The same, while this process does other things: `ended` resolves when the descriptor that it is given can be read. */
export async function runAside(
	netns: LinuxNetns,
	argv: readonly [string, ...string[]],
	{ input, ended }: { readonly input: string; readonly ended: (pidFd: number) => Promise<void> },
): Promise<ProgramRun> {
	const [program, ...args] = argv;
	const running = netns.run(() => spawnAside([pathOf(program), ...args], { input, env: ENVIRONMENT, ended }));
	return programRun(program, await running);
}

function programRun(program: string, ran: SpawnResult | string): ProgramRun {
	if (typeof ran === "string") return { code: -1, out: "", err: `${program}: ${errorText(ran)}`, missing: true };
	const { code, signal, out, err } = ran;
	if (code === undefined) return { code: -1, out, err: `${err}${program}: ended by signal ${signal ?? 0}` };
	return { code, out, err };
}

/** Starts a program that is talked to by pipes; what it says on both outputs comes by one. The error is the errno's name. */
export function startTalking(netns: LinuxNetns, argv: readonly [string, ...string[]]): TalkingProgram | string {
	const [program, ...args] = argv;
	return netns.run(() => startProgram([pathOf(program), ...args], ENVIRONMENT));
}

/** The words of strerror for the port's errors. */
const STRERROR: Readonly<Record<string, Errno>> = {
	"File exists": "EEXIST",
	"No such file or directory": "ENOENT",
	"No such process": "ESRCH",
	"No such device": "ENODEV",
	"Invalid argument": "EINVAL",
	"Device or resource busy": "EBUSY",
	"Directory not empty": "EBUSY",
	"Operation not supported": "EOPNOTSUPP",
	"Operation not permitted": "EPERM",
	"Permission denied": "EACCES",
	"Too many levels of symbolic links": "ELOOP",
	"Too many links": "EMLINK",
	"File name too long": "ENAMETOOLONG",
	"Numerical result out of range": "ERANGE",
};

/** The error that a tool's message names in strerror's words. */
export function errnoIn(message: string): Errno | undefined {
	return Object.entries(STRERROR).find(([words]) => message.includes(words))?.[1];
}
