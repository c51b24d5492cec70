/** The command line of `kill`, which is a program and the shell's own command as well. */
import type { Output } from "./command.ts";

export interface KillContext {
	readonly stdout: Output;
	readonly stderr: Output;
	/** How error messages begin. */
	readonly name: string;
	/** Asks a process to stop; false: there is none of this number. */
	readonly stop: (pid: number) => boolean;
}

const SIGNALS = ["HUP", "INT", "QUIT", "KILL", "TERM"];

/** Any signal stops a process here, but 0, which only asks whether it is there. */
export function killWords(args: readonly string[], { stdout, stderr, name, stop }: KillContext): number {
	if (args[0] === "-l") {
		stdout.write(`${SIGNALS.join(" ")}\n`);
		return 0;
	}
	const first = args[0] ?? "";
	const skip = first === "-s" || first === "-n" ? 2 : /^-/.test(first) ? 1 : 0;
	const pids = args.slice(skip);
	if (pids.length === 0) {
		stderr.write("kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n");
		return 2;
	}
	let status = 0;
	for (const pid of pids) {
		if (!/^\d+$/.test(pid)) {
			stderr.write(`${name}: ${pid}: arguments must be process or job IDs\n`);
			status = 1;
		} else if (!stop(Number(pid))) {
			stderr.write(`${name}: (${pid}) - No such process\n`);
			status = 1;
		}
	}
	return status;
}
