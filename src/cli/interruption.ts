/** Ctrl-C in a long command: what it made goes, and the process ends at once as a shell expects it. */
import { constants } from "node:os";

type Signal = "SIGINT" | "SIGTERM";

const SIGNALS: readonly Signal[] = ["SIGINT", "SIGTERM"];

/** `cleanUp` runs, once, before the process ends; the value makes signals what they were. */
export function onInterrupt(cleanUp: () => void): () => void {
	const end = (signal: Signal): void => {
		cleanUp();
		process.exit(128 + constants.signals[signal]);
	};
	for (const signal of SIGNALS) process.once(signal, end);
	return () => {
		for (const signal of SIGNALS) process.off(signal, end);
	};
}
