/** Pipelines and background jobs: commands beside each other. */
import type { Pipeline, Statement } from "unbash";
import type { Output } from "../command.ts";
import { Signal } from "../interrupt.ts";
import { NO_INPUT, Pipe } from "../streams.ts";
import type { ShellWorld } from "../world.ts";
import { FlowControl, type Frame, stderr } from "./frame.ts";
import type { Job } from "./jobs.ts";

/** Runs the members of a pipeline side by side; resolves to the last one's status. */
export async function runPipeline(node: Pipeline, frame: Frame): Promise<number> {
	const members = node.commands.map(() => new Signal(frame.signal));
	const pipes = node.operators.map((_, k) => {
		const [writer, reader] = [members[k], members[k + 1]];
		if (writer === undefined || reader === undefined) throw new Error("a pipe without ends");
		return new Pipe(frame.world, { reader, writer });
	});
	const statuses: (number | undefined)[] = members.map(() => undefined);
	for (const [k, command] of node.commands.entries()) {
		const signal = members[k] ?? frame.signal;
		const outputs = new Map<number, Output>(frame.outputs);
		const out = pipes[k];
		if (out !== undefined) {
			outputs.set(1, out);
			if (node.operators[k] === "|&") outputs.set(2, out);
		}
		const stdin = pipes[k - 1] ?? frame.stdin;
		const { firstPid, ...rest } = frame;
		const pid = k === 0 && firstPid !== undefined ? { firstPid } : {};
		const member: Frame = { ...rest, ...pid, level: frame.level.fork(), outputs, stdin, signal };
		frame.services.start(async () => {
			try {
				statuses[k] = await inSubshell(() => frame.interpreter.runNode(command, member));
			} finally {
				statuses[k] ??= 1;
				signal.release();
				out?.end();
				pipes[k - 1]?.breakOff();
			}
		});
	}
	await join(frame.world, () => statuses.every((status) => status !== undefined), frame.signal);
	const failed = frame.level.options.has("pipefail") ? statuses.findLast((status) => status !== 0) : undefined;
	return failed ?? statuses.at(-1) ?? 0;
}

/** Starts a statement in the background, as `&` does. */
export function runInBackground(statement: Statement, frame: Frame): void {
	const { services } = frame;
	const signal = new Signal();
	const level = frame.level.fork();
	const job: Job = {
		id: 0,
		text: frame.source.slice(statement.pos, statement.end).replace(/\s*&\s*$/, ""),
		host: level.host.name,
		pid: level.host.nextPid(),
		signal,
		status: undefined,
		told: false,
	};
	services.jobs.add(job);
	frame.level.lastBackgroundPid = job.pid;
	if (services.interactive) stderr(frame).write(`[${job.id}] ${job.pid}\n`);
	const inside: Frame = { ...frame, level, stdin: NO_INPUT, signal, background: true, firstPid: job.pid };
	services.start(async () => {
		try {
			job.status = await inSubshell(() => frame.interpreter.runNode(statement.command, inside));
		} finally {
			job.status ??= 1;
		}
	});
}

/** What happens in a subshell stays there: `exit` ends it alone. */
export async function inSubshell(fn: () => Promise<number>): Promise<number> {
	try {
		return await fn();
	} catch (error) {
		if (error instanceof FlowControl) return error.status;
		throw error;
	}
}

/** Time in which those who were told to stop are waited for. */
const STOP_NS = 5_000_000_000;

/** Waits until others have ended; when the job is interrupted they are given a while to notice. */
export async function join(world: ShellWorld, done: () => boolean, signal: Signal): Promise<void> {
	await world.wait(done, { timeoutNs: Infinity, interrupt: signal });
	if (!done()) await world.wait(done, { timeoutNs: STOP_NS });
}
