/** Standard output and error of the process; colours only on a terminal that wants them (NO_COLOR, FORCE_COLOR, TERM=dumb). */
import pc from "picocolors";
import type { Paint } from "../trace/paint.ts";
import { PLAIN } from "../trace/paint.ts";
import type { ExitCode, Io } from "./io.ts";

export function processIo(): Io {
	return {
		out: (text) => void process.stdout.write(text),
		err: (text) => void process.stderr.write(text),
		paint: wantsColour() ? colours() : PLAIN,
		...(process.stderr.isTTY ? { progress: showProgress } : {}),
	};
}

/** To the line's start, the text, and nothing behind it. */
function showProgress(text: string): void {
	const width = process.stderr.columns - 1;
	process.stderr.write(`\r${text.slice(0, width)}\x1b[K`);
}

/** How the program ends when standard output cannot be written: a reader that has gone away is no error. */
export function outputFailure(error: NodeJS.ErrnoException): { readonly code: ExitCode; readonly line: string } {
	return error.code === "EPIPE"
		? { code: 0, line: "" }
		: { code: 2, line: `podwire: standard output: ${error.message}\n` };
}

function wantsColour(): boolean {
	if (process.env["NO_COLOR"] !== undefined && process.env["NO_COLOR"] !== "") return false;
	if (process.env["FORCE_COLOR"] !== undefined && process.env["FORCE_COLOR"] !== "0") return true;
	return process.stdout.isTTY && process.env["TERM"] !== "dumb";
}

function colours(): Paint {
	const c = pc.createColors(true);
	return {
		strong: c.bold,
		dim: c.dim,
		good: c.green,
		bad: c.red,
		change: c.yellow,
		name: (text) => c.bold(c.cyan(text)),
	};
}
