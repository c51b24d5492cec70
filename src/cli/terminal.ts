/** Standard output and error of the process; colours only on a terminal that wants them (NO_COLOR, FORCE_COLOR, TERM=dumb). */
import pc from "picocolors";
import type { Paint } from "../trace/paint.ts";
import { PLAIN } from "../trace/paint.ts";
import type { Io } from "./io.ts";

export function processIo(): Io {
	return {
		out: (text) => void process.stdout.write(text),
		err: (text) => void process.stderr.write(text),
		paint: wantsColour() ? colours() : PLAIN,
	};
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
