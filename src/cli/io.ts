/** Where a command's words go: given in, so that tests read them back. */
import type { Paint } from "../trace/paint.ts";

export interface Io {
	/** Writes to standard output, no newline added. */
	out(text: string): void;
	/** Writes to standard error, no newline added. */
	err(text: string): void;
	readonly paint: Paint;
	/** Shows a line that the next one replaces, "" none. Absent: nobody watches. */
	progress?(text: string): void;
}

/** 0 ok, 1 the answer is "no", 2 bad usage or input. */
export type ExitCode = 0 | 1 | 2;

/** Bad usage or input: what `main` prints on standard error before it exits with 2. */
export class UsageError extends Error {
	readonly lines: readonly string[];

	constructor(lines: readonly string[]) {
		super(lines.join("\n"));
		this.lines = lines;
	}
}
