/** What `podwire fidelity` and its workers say to each other. */
import type { Verdict } from "../verify/fidelity/verdict.ts";

export interface WorkerStart {
	readonly kind: "start";
	readonly kernel: "both" | "sim";
	readonly shrinkTries: number;
	/** So many real kernels take turns in the worker's thread: while a scenario waits on one, others play. */
	readonly lanes: number;
	/** Names of the places where generated scenarios play. */
	readonly places: readonly string[];
}

/** Scenarios by seed and number, or by their files. */
export type Work =
	| { readonly kind: "generated"; readonly seed: number; readonly from: number; readonly to: number }
	| { readonly kind: "files"; readonly paths: readonly string[] };

export type ToWorker = WorkerStart | Work | { readonly kind: "end" };

/** For a worker that nobody talks to: everything at once. */
export interface WholeJob {
	readonly start: WorkerStart;
	readonly work: readonly Work[];
}

export type FromWorker =
	/** What it works beside: `6.18.44`. */
	| { readonly kind: "kernel"; readonly release: string }
	/** It could begin more than it was told to. */
	| { readonly kind: "idle" }
	| { readonly kind: "verdict"; readonly verdict: Verdict }
	/** After `end`: how long the kernels took in all. */
	| { readonly kind: "times"; readonly simMs: number; readonly realMs: number }
	/** It cannot work: lines for the user. */
	| { readonly kind: "unable"; readonly lines: readonly string[] };

/** Messages come from the same program; only their kind is looked at. */
export function isToWorker(message: unknown): message is ToWorker {
	return hasKind(message, ["start", "generated", "files", "end"]);
}

export function isFromWorker(message: unknown): message is FromWorker {
	return hasKind(message, ["kernel", "idle", "verdict", "times", "unable"]);
}

export function isWholeJob(message: unknown): message is WholeJob {
	return typeof message === "object" && message !== null && "start" in message && "work" in message;
}

function hasKind(message: unknown, kinds: readonly string[]): boolean {
	return (
		typeof message === "object" &&
		message !== null &&
		"kind" in message &&
		typeof message.kind === "string" &&
		kinds.includes(message.kind)
	);
}
