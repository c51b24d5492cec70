/**
 * Starts a program without copying this process (`posix_spawn`): with a big heap, Node's own way takes several times as
 * long. Its input and outputs are files in memory, so nobody waits for a pipe.
 */
import { closeSync, fstatSync, readSync, writeSync } from "node:fs";
import { bind, errnoName, lastErrno, NativeMemory } from "./libc.ts";

export interface SpawnResult {
	/** Absent: ended by a signal. */
	readonly code?: number;
	/** Its number, when a signal ended it. */
	readonly signal?: number;
	readonly out: string;
	readonly err: string;
}

const calls = {
	memfd: bind("int memfd_create(const char *name, unsigned int flags)"),
	lseek: bind("int64_t lseek(int fd, int64_t offset, int whence)"),
	initActions: bind("int posix_spawn_file_actions_init(void *actions)"),
	destroyActions: bind("int posix_spawn_file_actions_destroy(void *actions)"),
	addDup2: bind("int posix_spawn_file_actions_adddup2(void *actions, int fd, int newfd)"),
	initAttributes: bind("int posix_spawnattr_init(void *attributes)"),
	setFlags: bind("int posix_spawnattr_setflags(void *attributes, short flags)"),
	setDefault: bind("int posix_spawnattr_setsigdefault(void *attributes, void *set)"),
	addSignal: bind("int sigaddset(void *set, int signal)"),
	emptySet: bind("int sigemptyset(void *set)"),
	spawn: bind(
		"int posix_spawnp(_Out_ int *pid, const char *file, void *actions, void *attributes, const char **argv, const char **envp)",
	),
	wait: bind("int waitpid(int pid, _Out_ int *status, int options)"),
	syscall: bind("long syscall(long number, int pid, unsigned int flags)"),
	pipe: bind("int pipe2(_Out_ int *ends, int flags)"),
};

/** On every architecture. */
const SYS_PIDFD_OPEN = 434;
const MFD_CLOEXEC = 1;
const O_CLOEXEC = 0o2000000;
const SIGPIPE = 13;
const POSIX_SPAWN_SETSIGDEF = 0x04;
const TERM_SIGNAL = 0x7f;
/** More than any C library's structures for file actions (80), attributes (336) and signal sets (128) take. */
const STRUCTURE_BYTES = 512;

/** Kept for all programs: they are started one after the other. */
let memory: { readonly actions: NativeMemory; readonly attributes: NativeMemory } | undefined;

/** Runs the program to its end, in the namespace that the thread is in. The error is the errno's name, e.g. ENOENT. */
export function spawnProgram(
	argv: readonly [string, ...string[]],
	input: string,
	env: readonly string[],
): SpawnResult | string {
	const files = [memoryFile(input), memoryFile(""), memoryFile("")];
	try {
		const pid = start(argv, files, env);
		return typeof pid === "string" ? pid : resultOf(pid, files);
	} finally {
		for (const fd of files) closeSync(fd);
	}
}

/**
 * As `spawnProgram`; while the program runs, this process does other things: `ended` resolves when the descriptor that it
 * is given can be read (`pidfd_open`).
 */
export async function spawnAside(
	argv: readonly [string, ...string[]],
	{
		input,
		env,
		ended,
	}: {
		readonly input: string;
		readonly env: readonly string[];
		readonly ended: (pidFd: number) => Promise<void>;
	},
): Promise<SpawnResult | string> {
	const files = [memoryFile(input), memoryFile(""), memoryFile("")];
	try {
		const pid = start(argv, files, env);
		if (typeof pid === "string") return pid;
		const pidFd = calls.syscall(SYS_PIDFD_OPEN, pid, 0);
		// A kernel without it (before 5.3): it is waited for at once.
		if (pidFd >= 0) {
			try {
				await ended(pidFd);
			} finally {
				closeSync(pidFd);
			}
		}
		return resultOf(pid, files);
	} finally {
		for (const fd of files) closeSync(fd);
	}
}

/** Waits for its end. */
function resultOf(pid: number, files: readonly number[]): SpawnResult | string {
	const status = waitFor(pid);
	if (typeof status === "string") return status;
	const [out, err] = [readAll(files[1] ?? -1), readAll(files[2] ?? -1)];
	const signal = status & TERM_SIGNAL;
	return signal === 0 ? { code: (status >> 8) & 0xff, out, err } : { signal, out, err };
}

/** A program that was started and is talked to by pipes, which block. */
export interface TalkingProgram {
	readonly pid: number;
	readonly stdin: number;
	readonly stdout: number;
}

/** Starts the program in the namespace that the thread is in; `endProgram` ends it. The error is the errno's name. */
export function startProgram(argv: readonly [string, ...string[]], env: readonly string[]): TalkingProgram | string {
	const [itsIn = -1, stdin = -1] = pipe();
	const [stdout = -1, itsOut = -1] = pipe();
	const pid = start(argv, [itsIn, itsOut, itsOut], env);
	closeSync(itsIn);
	closeSync(itsOut);
	if (typeof pid === "number") return { pid, stdin, stdout };
	closeSync(stdin);
	closeSync(stdout);
	return pid;
}

/** Ends its input and waits for its end: its exit code; -1: a signal ended it. */
export function endProgram({ pid, stdin, stdout }: TalkingProgram): number {
	closeSync(stdin);
	closeSync(stdout);
	const status = waitFor(pid);
	return typeof status === "number" && (status & TERM_SIGNAL) === 0 ? (status >> 8) & 0xff : -1;
}

/** `files`: its descriptors from 0. The number of the process, or the errno's name. */
function start(
	argv: readonly [string, ...string[]],
	files: readonly number[],
	env: readonly string[],
): number | string {
	memory ??= { actions: new NativeMemory(STRUCTURE_BYTES), attributes: defaultSignals() };
	const { actions, attributes } = memory;
	calls.initActions(actions.address);
	try {
		for (const [index, fd] of files.entries()) calls.addDup2(actions.address, fd, index);
		const pid = [0];
		const ended = calls.spawn(pid, argv[0], actions.address, attributes.address, [...argv, null], [...env, null]);
		return ended === 0 ? (pid[0] ?? 0) : errnoName(ended);
	} finally {
		calls.destroyActions(actions.address);
	}
}

/** As `waitpid` gives it, or the errno's name. */
function waitFor(pid: number): number | string {
	const status = [0];
	while (calls.wait(pid, status, 0) < 0) {
		if (lastErrno() !== "EINTR") return lastErrno();
	}
	return status[0] ?? 0;
}

function pipe(): readonly number[] {
	const ends = [-1, -1];
	if (calls.pipe(ends, O_CLOEXEC) !== 0) throw new Error(`pipe2: ${lastErrno()}`);
	return ends;
}

/** Node ignores SIGPIPE; programs are not to. */
function defaultSignals(): NativeMemory {
	const attributes = new NativeMemory(STRUCTURE_BYTES);
	const set = new NativeMemory(STRUCTURE_BYTES);
	calls.emptySet(set.address);
	calls.addSignal(set.address, SIGPIPE);
	calls.initAttributes(attributes.address);
	calls.setFlags(attributes.address, POSIX_SPAWN_SETSIGDEF);
	calls.setDefault(attributes.address, set.address);
	return attributes;
}

function memoryFile(text: string): number {
	const fd = calls.memfd("podwire", MFD_CLOEXEC);
	if (fd < 0) throw new Error(`memfd_create: ${lastErrno()}`);
	if (text === "") return fd;
	const bytes = Buffer.from(text);
	for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
	calls.lseek(fd, 0, 0);
	return fd;
}

function readAll(fd: number): string {
	const bytes = Buffer.alloc(fstatSync(fd).size);
	let at = 0;
	while (at < bytes.length) {
		const count = readSync(fd, bytes, at, bytes.length - at, at);
		if (count === 0) break;
		at += count;
	}
	return bytes.toString("utf8", 0, at);
}
