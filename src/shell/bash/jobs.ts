/** Jobs: what a `&`, or the shell itself, put into the background. */
import type { Signal } from "../interrupt.ts";

export interface Job {
	/** 0 while it is in the foreground. */
	id: number;
	readonly text: string;
	readonly host: string;
	readonly pid: number;
	readonly signal: Signal;
	/** Undefined while it runs. */
	status: number | undefined;
	/** Its end was told to the user. */
	told: boolean;
}

export class JobTable {
	readonly #jobs: Job[] = [];

	/** Gives the job a number and keeps it until its end was told. */
	add(job: Job): void {
		job.id = Math.max(0, ...this.#jobs.map((other) => other.id)) + 1;
		this.#jobs.push(job);
	}

	/** Running ones, and those that ended untold. */
	list(): readonly Job[] {
		return this.#jobs;
	}

	running(): readonly Job[] {
		return this.#jobs.filter((job) => job.status === undefined);
	}

	/** `%1`, `%%`, `%+`, `%-`, `%ping` or nothing (the latest). */
	find(spec: string | undefined): Job | undefined {
		const name = spec?.replace(/^%/, "") ?? "";
		if (name === "" || name === "%" || name === "+") return this.#jobs.at(-1);
		if (name === "-") return this.#jobs.at(-2);
		if (/^\d+$/.test(name)) return this.#jobs.find((job) => job.id === Number(name));
		return this.#jobs.find((job) => job.text.startsWith(name));
	}

	forget(job: Job): void {
		const at = this.#jobs.indexOf(job);
		if (at >= 0) this.#jobs.splice(at, 1);
	}

	/** The jobs that ended since last asked, for a line like `[1]+  Done   sleep 1`; they are forgotten. */
	takeEnded(): readonly Job[] {
		const ended = this.#jobs.filter((job) => job.status !== undefined);
		for (const job of ended) this.forget(job);
		return ended;
	}
}

/** A line of `jobs`. */
export function jobLine(job: Job, jobs: readonly Job[]): string {
	const mark = job === jobs.at(-1) ? "+" : job === jobs.at(-2) ? "-" : " ";
	const state = stateOf(job.status);
	const text = job.status === undefined ? `${job.text} &` : job.text;
	return `[${job.id}]${mark}  ${state.padEnd(24)}${text}\n`;
}

function stateOf(status: number | undefined): string {
	if (status === undefined) return "Running";
	if (status === 130) return "Interrupt";
	return status === 0 ? "Done" : `Exit ${status}`;
}
