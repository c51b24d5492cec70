/** ps, pgrep, pkill, killall, kill: the machine's processes. */
import type { CommandContext, CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import type { Process } from "../host.ts";
import { baseName, usageError } from "../inputs.ts";
import { killWords } from "../kill-words.ts";
import { formatTime } from "../wall-clock.ts";

export const psCommand: CommandEntry = {
	names: ["ps"],
	summary: "processes (-e -f, aux, -p PID)",
	async run(context) {
		const [first = ""] = context.args;
		const processes = [...context.host.processes.values()].sort((a, b) => a.pid - b.pid);
		if (/^[auxwwf]+$/.test(first)) {
			context.stdout.write(auxList(processes));
			return 0;
		}
		const parsed = getopt(context.args, { short: "AadefFHLlo:p:ww", long: { "pid=": "p" } });
		if (!parsed.ok) {
			context.stderr.write(`error: ${parsed.error}\n\nUsage:\n ps [options]\n`);
			return 1;
		}
		const { has, value } = parsed.value;
		if (has("o")) {
			context.stderr.write("podwire: ps -o is not modelled\n");
			return 95;
		}
		const pids = value("p")?.split(",");
		const shown = pids === undefined ? processes : processes.filter(({ pid }) => pids.includes(String(pid)));
		const visible = has("e") || has("A") || pids !== undefined ? shown : shown.filter(({ pid }) => pid !== 1);
		context.stdout.write(has("f") || has("F") ? fullList(visible) : shortList(visible));
		return pids !== undefined && shown.length === 0 ? 1 : 0;
	},
};

function shortList(processes: readonly Process[]): string {
	const rows = processes.map(({ pid, argv }) => {
		const name = baseName(argv[0] ?? "").replace(/^-/, "");
		return `${String(pid).padStart(7)} ${tty(pid).padEnd(8)} 00:00:00 ${name}\n`;
	});
	return `    PID TTY          TIME CMD\n${rows.join("")}`;
}

function fullList(processes: readonly Process[]): string {
	const rows = processes.map(({ pid, argv, startedNs }) => {
		const start = formatTime(startedNs, "%R");
		const parent = String(pid === 1 ? 0 : 1).padStart(7);
		return `root     ${String(pid).padStart(7)} ${parent}  0 ${start} ${tty(pid).padEnd(8)} 00:00:00 ${argv.join(" ")}\n`;
	});
	return `UID          PID    PPID  C STIME TTY          TIME CMD\n${rows.join("")}`;
}

function auxList(processes: readonly Process[]): string {
	const rows = processes.map(({ pid, argv, startedNs }) => {
		const start = formatTime(startedNs, "%R");
		const state = pid === 1 ? "Ss" : "S+";
		return `root     ${String(pid).padStart(7)}  0.0  0.0      0     0 ${tty(pid).padEnd(8)} ${state.padEnd(4)} ${start}   0:00 ${argv.join(" ")}\n`;
	});
	return `USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n${rows.join("")}`;
}

function tty(pid: number): string {
	return pid < 1000 ? "?" : "pts/0";
}

export const pgrepCommand: CommandEntry = {
	names: ["pgrep", "pkill", "pidof", "killall"],
	summary: "processes by name: find them, or ask them to stop",
	async run(context) {
		const name = baseName(context.name);
		const args = context.args.filter((arg) => !/^-(\d+|[A-Z]+)$/.test(arg));
		const parsed = getopt(args, { short: "afilnoqsvwx", long: { full: "f", exact: "x" } });
		if (!parsed.ok) return usageError(context, parsed.error, 2);
		const [pattern] = parsed.value.words;
		if (pattern === undefined) return usageError(context, "no matching criteria specified", 2);
		const exact = name === "pidof" || name === "killall" || parsed.value.has("x");
		const found = [...context.host.processes.values()].filter(({ argv, pid }) => {
			const [program = ""] = argv;
			if (pid === 1 || program === context.name) return false;
			const text = parsed.value.has("f") ? argv.join(" ") : baseName(program);
			return exact ? text === pattern : new RegExp(pattern).test(text);
		});
		if (name === "killall" && found.length === 0) context.stderr.write(`${pattern}: no process found\n`);
		if (name === "pkill" || name === "killall") for (const process of found) process.interrupt();
		else if (name === "pidof") {
			if (found.length > 0) context.stdout.write(`${found.map(({ pid }) => pid).join(" ")}\n`);
		} else {
			const full = parsed.value.has("a");
			context.stdout.write(found.map(({ pid, argv }) => `${pid}${full ? ` ${argv.join(" ")}` : ""}\n`).join(""));
		}
		await settle(context);
		return found.length > 0 ? 0 : 1;
	},
};

export const killCommand: CommandEntry = {
	names: ["kill"],
	summary: "ask processes to stop",
	async run(context) {
		const status = killWords(context.args, {
			stdout: context.stdout,
			stderr: context.stderr,
			name: "kill",
			stop(pid) {
				const process = context.host.processes.get(pid);
				process?.interrupt();
				return process !== undefined;
			},
		});
		await settle(context);
		return status;
	},
};

/** Lets those who were told to stop do so before the next command looks. */
async function settle(context: CommandContext): Promise<void> {
	await context.world.wait(() => false, { timeoutNs: 1_000_000, interrupt: context.interrupt });
}
