/** podwire's command line in tests: in this process, or the built command as a process of its own; what it said is read back. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Io } from "../src/cli/io.ts";
import { runProgram } from "../src/cli/program.ts";
import { PLAIN } from "../src/trace/paint.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** The built command (`npm run build`). */
export const MAIN: string = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

export interface PodwireRun<Code = number> {
	readonly code: Code;
	readonly out: string;
	readonly err: string;
}

/** In this process. */
export async function podwire(...args: readonly string[]): Promise<PodwireRun> {
	return podwireWith({}, ...args);
}

/** In this process, somebody watching its progress. */
export async function podwireWith(more: Pick<Io, "progress">, ...args: readonly string[]): Promise<PodwireRun> {
	const said = { out: "", err: "" };
	const code = await runProgram(args, {
		out: (text) => {
			said.out += text;
		},
		err: (text) => {
			said.err += text;
		},
		paint: PLAIN,
		...more,
	});
	return { code, ...said };
}

/** The built command, begun in the repository's root; the code is undefined when a signal ended it. Rejects when it cannot be run. */
export function podwireProcess(...args: readonly string[]): Promise<PodwireRun<number | undefined>> {
	return new Promise((resolve, reject) => {
		execFile(process.execPath, [MAIN, ...args], { cwd: ROOT, encoding: "utf8" }, (error, out, err) => {
			const code = error === null ? 0 : (error.code ?? undefined);
			if (typeof code === "string") reject(error);
			else resolve({ code, out, err });
		});
	});
}
