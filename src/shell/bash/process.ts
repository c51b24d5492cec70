/** Starts programs: a process in the machine's list, a context with streams, the way to its exit code. */
import type { CommandContext, CommandEntry, ExecPlace } from "../command.ts";
import { Signal } from "../interrupt.ts";
import { type Frame, stderr, stdout } from "./frame.ts";
import type { Level } from "./level.ts";
import { findProgram } from "./lookup.ts";
import { summaryHelp } from "./summary-help.ts";

/** How `exec` of a command gets from a name to a program; given by the interpreter. */
export type Exec = (argv: readonly string[], frame: Frame, pid: number) => Promise<number>;

export interface Program {
	readonly entry: CommandEntry;
	readonly argv: readonly string[];
	/** For a command that replaces another (`ip netns exec`): the process stays the same. */
	readonly pid?: number;
}

/** Runs a program in the frame's shell until it ends. */
export async function runProgram(program: Program, frame: Frame, exec: Exec): Promise<number> {
	const { host, netns } = frame.level;
	const { argv } = program;
	const help = summaryHelp(program.entry, argv);
	if (help !== undefined) {
		stdout(frame).write(help);
		return 0;
	}
	const pid = program.pid ?? host.nextPid();
	const signal = new Signal(frame.signal);
	const before = host.processes.get(pid);
	const startedNs = frame.world.kernel.clock.now();
	host.processes.set(pid, { pid, argv, netns, startedNs, interrupt: () => signal.raise() });
	frame.world.poll();
	try {
		return await program.entry.run(contextOf(argv, { frame, signal, pid, exec }));
	} finally {
		frame.world.poll();
		if (before === undefined) host.processes.delete(pid);
		else host.processes.set(pid, before);
		signal.release();
	}
}

interface Running {
	readonly frame: Frame;
	readonly signal: Signal;
	readonly pid: number;
	readonly exec: Exec;
}

function contextOf(argv: readonly string[], { frame, signal, pid, exec }: Running): CommandContext {
	const { level, world, services } = frame;
	const [name = "", ...args] = argv;
	return {
		name,
		args,
		stdin: frame.stdin,
		stdout: stdout(frame),
		stderr: stderr(frame),
		isTerminal: services.isTerminal && stdout(frame) === services.terminal,
		world,
		host: level.host,
		netns: level.netns,
		pid,
		cwd: level.cwd,
		env: level.environment(),
		interrupt: signal,
		unattended: !services.interactive && !frame.background,
		async canRun(wanted) {
			const found = await findProgram(wanted, level);
			return found.kind !== "refused" || SHELLS.has(wanted);
		},
		exec: (words, place = {}) => exec(words, frameFor(place, frame, signal), pid),
	};
}

/** Programs that the interpreter itself is. */
export const SHELLS: ReadonlySet<string> = new Set(["bash", "sh", "/bin/bash", "/bin/sh"]);

function frameFor(place: ExecPlace, frame: Frame, signal: Signal): Frame {
	const inner = {
		...frame,
		level: levelFor(frame.level, place),
		signal: place.interrupt instanceof Signal ? place.interrupt : signal,
	};
	return place.stdout === undefined ? inner : { ...inner, outputs: new Map([...frame.outputs, [1, place.stdout]]) };
}

function levelFor(from: Level, place: ExecPlace): Level {
	const host = place.host ?? from.host;
	const netns = place.netns ?? (host === from.host ? from.netns : host.rootNetns);
	const level = host === from.host && netns === from.netns ? from.fork() : from.elsewhere(host, netns);
	if (place.env === undefined) return level;
	for (const name of level.exported) level.variables.delete(name);
	level.exported.clear();
	for (const [name, value] of place.env) {
		level.setVariable(name, value);
		level.exported.add(name);
	}
	return level;
}
