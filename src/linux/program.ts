/** Programs run inside a namespace: argument arrays, text by stdin, never a shell. */
import { spawnSync } from "node:child_process";
import type { Errno } from "../kernel/kernel.ts";
import type { LinuxNetns } from "./netns.ts";

export interface ProgramRun {
	/** Exit code; -1 when the program was ended by a signal or is not there. */
	readonly code: number;
	readonly out: string;
	readonly err: string;
	/** It could not be started: it is not installed, or may not be run. */
	readonly missing?: true;
}

const MAX_OUTPUT_BYTES = 1 << 30;
const { PATH = "" } = process.env;
/** Debian keeps the network's tools where only root's PATH leads. */
export const PROGRAM_PATH: string = `${PATH}:/usr/sbin:/sbin:/usr/bin:/bin`;

/** Runs a program to its end with `input` as its stdin. */
export function runProgram(netns: LinuxNetns, argv: readonly [string, ...string[]], input = ""): ProgramRun {
	const [program, ...args] = argv;
	const { status, stdout, stderr, error, signal } = netns.run(() =>
		spawnSync(program, args, {
			input,
			encoding: "utf8",
			maxBuffer: MAX_OUTPUT_BYTES,
			env: { ...process.env, PATH: PROGRAM_PATH, LC_ALL: "C" },
		}),
	);
	if (status === null && signal === null) {
		return { code: -1, out: "", err: `${program}: ${error?.message ?? "not run"}`, missing: true };
	}
	if (status === null) return { code: -1, out: stdout, err: `${stderr}${program}: ended by ${signal}` };
	return { code: status, out: stdout, err: stderr };
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
