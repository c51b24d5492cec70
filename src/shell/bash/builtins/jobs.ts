/** jobs, fg, bg, wait, kill, history, on, type, help. */
import { COMMANDS } from "../../commands/registry.ts";
import { findHost } from "../../hosts.ts";
import { killWords } from "../../kill-words.ts";
import { type Builtin, type Frame, stderr, stdout } from "../frame.ts";
import { type Job, jobLine } from "../jobs.ts";
import { ALSO_BUILTIN, nearestName } from "../lookup.ts";
import { join } from "../pipeline.ts";

export const jobs: Builtin = {
	names: ["jobs"],
	summary: "what runs in the background",
	async run(_args, frame) {
		const list = frame.services.jobs.list();
		stdout(frame).write(list.map((job) => jobLine(job, list)).join(""));
		frame.services.jobs.takeEnded();
		return 0;
	},
};

export const fg: Builtin = {
	names: ["fg"],
	summary: "wait for a background job, with Control-C going to it",
	async run(args, frame) {
		const job = frame.services.jobs.find(args[0]);
		if (job === undefined) {
			stderr(frame).write(`bash: fg: ${args[0] ?? "current"}: no such job\n`);
			return 1;
		}
		stdout(frame).write(`${job.text}\n`);
		const stop = frame.signal.onRaise(() => job.signal.raise());
		await join(frame.world, () => job.status !== undefined, frame.signal);
		stop();
		frame.services.jobs.forget(job);
		return job.status ?? 130;
	},
};

export const bg: Builtin = {
	names: ["bg"],
	summary: "jobs in the background go on by themselves",
	run: async () => 0,
};

export const wait: Builtin = {
	names: ["wait"],
	summary: "wait for background jobs",
	async run(args, frame) {
		const { services, world, signal } = frame;
		const wanted = args.filter((arg) => !arg.startsWith("-"));
		const chosen =
			wanted.length === 0
				? services.jobs.list()
				: wanted.flatMap((arg) => {
						const byPid = services.jobs.list().find((job) => String(job.pid) === arg);
						return byPid ?? services.jobs.find(arg.startsWith("%") ? arg : "%none") ?? [];
					});
		if (wanted.length > 0 && chosen.length === 0) {
			stderr(frame).write(`bash: wait: pid ${wanted[0]} is not a child of this shell\n`);
			return 127;
		}
		await join(world, () => chosen.every((job) => job.status !== undefined), signal);
		const status = wanted.length === 0 ? 0 : (chosen.at(-1)?.status ?? 130);
		if (!services.interactive)
			for (const job of chosen.slice()) if (job.status !== undefined) services.jobs.forget(job);
		return status;
	},
};

export const kill: Builtin = {
	names: ["kill"],
	summary: "ask processes or jobs (%1) to stop",
	async run(args, frame) {
		const named = new Map<number, Job>();
		const pids = args.map((arg) => {
			const job = arg.startsWith("%") ? frame.services.jobs.find(arg) : undefined;
			if (job === undefined) return arg;
			named.set(job.pid, job);
			return String(job.pid);
		});
		const { host } = frame.level;
		const jobOf = (pid: number): Job | undefined =>
			named.get(pid) ?? frame.services.jobs.list().find((other) => other.pid === pid && other.host === host.name);
		return killWords(pids, {
			stdout: stdout(frame),
			stderr: stderr(frame),
			name: "bash: kill",
			stop(pid) {
				const job = jobOf(pid);
				job?.signal.raise();
				// A job may be on another machine than the shell that ends it.
				const process = job === undefined || job.host === host.name ? host.processes.get(pid) : undefined;
				process?.interrupt();
				return job !== undefined || process !== undefined;
			},
		});
	},
};

export const history: Builtin = {
	names: ["history"],
	summary: "the lines typed so far",
	async run(args, frame) {
		const lines = frame.services.history;
		if (args[0] === "-c") {
			lines.length = 0;
			return 0;
		}
		const from = args[0] === undefined ? 0 : Math.max(0, lines.length - Number(args[0]));
		const numbered = lines.map((line, k) => `${String(k + 1).padStart(5)}  ${line}\n`);
		stdout(frame).write(numbered.slice(from).join(""));
		return 0;
	},
};

export const on: Builtin = {
	names: ["on"],
	summary: "on HOST: the lines to come are this machine's; on HOST COMMAND: one command there (also @HOST COMMAND)",
	run: (args, frame) => elsewhere(args, frame, { returns: false }),
};

export const ssh: Builtin = {
	names: ["ssh"],
	summary: "as on, but exit leads back: ssh [root@]HOST|ADDRESS [COMMAND]",
	run: (args, frame) => elsewhere(args, frame, { returns: true }),
};

async function elsewhere(
	args: readonly string[],
	frame: Frame,
	options: { readonly returns: boolean },
): Promise<number> {
	const [given = "", ...words] = args;
	const name = given.replace(/^\w+@/, "");
	const { services, world } = frame;
	const host = await findHost(world, given);
	const level = host === undefined ? undefined : services.levelOf(host.name);
	if (level === undefined) {
		const near = nearestName(name, world.hosts.keys());
		const hint =
			near === undefined ? `the machines are ${[...world.hosts.keys()].join(", ")}` : `did you mean ${near}?`;
		stderr(frame).write(`podwire: on ${name}: no such machine; ${hint}\n`);
		return 1;
	}
	if (words.length === 0) {
		services.switchTo(level.host.name, options);
		return 0;
	}
	const inner: Frame = { ...frame, level };
	return words.length === 1 ? frame.interpreter.runText(words[0] ?? "", inner) : frame.interpreter.call(words, inner);
}

export const type: Builtin = {
	names: ["type"],
	summary: "what a command's name stands for",
	async run(args, frame) {
		let status = 0;
		for (const name of args.filter((arg) => !arg.startsWith("-"))) {
			const found = await frame.interpreter.find(name, frame.level);
			if (found === undefined) {
				stderr(frame).write(`bash: type: ${name}: not found\n`);
				status = 1;
			} else if (found.kind === "builtin" || ALSO_BUILTIN.has(name))
				stdout(frame).write(`${name} is a shell builtin\n`);
			else if (found.kind === "function") stdout(frame).write(`${name} is a function\n`);
			else stdout(frame).write(`${name} is ${found.path}\n`);
		}
		return status;
	},
};

/** Every command with its line; the shell's own are given by the table that has them all. */
export function helpBuiltin(builtins: () => Iterable<Builtin>): Builtin {
	return {
		names: ["help"],
		summary: "this list; help NAME: one line",
		async run(args, frame) {
			const all = [...COMMANDS, ...builtins()].map(({ names, summary }) => ({ names, summary }));
			const [wanted] = args;
			const shown = wanted === undefined ? all : all.filter(({ names }) => names.includes(wanted));
			if (shown.length === 0) {
				const near = nearestName(
					wanted ?? "",
					all.flatMap(({ names }) => names),
				);
				const hint = near === undefined ? "" : `; did you mean ${near}?`;
				stderr(frame).write(`bash: help: no help topics match \`${wanted}'${hint}\n`);
				return 1;
			}
			const told = new Map(shown.map(({ names, summary }) => [names.join(", "), summary]));
			const lines = [...told].map(([names, summary]) => `  ${names.padEnd(28)} ${summary}\n`);
			stdout(frame).write(lines.sort((a, b) => (a < b ? -1 : 1)).join(""));
			return 0;
		},
	};
}
