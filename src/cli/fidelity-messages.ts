/** What `podwire fidelity` and its workers say to each other. */
import type { Verdict } from "../verify/fidelity/verdict.ts";

export interface WorkerStart {
	readonly kind: "start";
	readonly seed: number;
	readonly kernel: "both" | "sim";
	readonly shrinkTries: number;
}

export type ToWorker =
	| WorkerStart
	| { readonly kind: "judge"; readonly from: number; readonly to: number }
	| { readonly kind: "end" };

export type FromWorker =
	/** It has nothing to do. */
	| { readonly kind: "idle" }
	| { readonly kind: "verdict"; readonly verdict: Verdict }
	/** After `end`: how long the kernels took in all. */
	| { readonly kind: "times"; readonly simMs: number; readonly realMs: number }
	/** It cannot work: lines for the user. */
	| { readonly kind: "unable"; readonly lines: readonly string[] };

/** Messages come from the same program; only their kind is looked at. */
export function isToWorker(message: unknown): message is ToWorker {
	return hasKind(message, ["start", "judge", "end"]);
}

export function isFromWorker(message: unknown): message is FromWorker {
	return hasKind(message, ["idle", "verdict", "times", "unable"]);
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
