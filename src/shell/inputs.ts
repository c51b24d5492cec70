/** What text tools read: the files of their arguments, or standard input, line by line as it comes. */
import type { CommandContext } from "./command.ts";
import { FileError } from "./file-tree.ts";
import { resolvePath } from "./memory-files.ts";

export interface InputLine {
	/** As it was named; `-` for standard input. */
	readonly file: string;
	readonly text: string;
	/** It ended with a newline. */
	readonly ended: boolean;
}

/** Reads the named files in order; no name or `-` is standard input. */
export class Inputs {
	readonly #context: CommandContext;
	readonly #files: readonly string[];
	/** Some file could not be read; it was said on standard error. */
	failed = false;

	constructor(context: CommandContext, files: readonly string[]) {
		this.#context = context;
		this.#files = files.length === 0 ? ["-"] : files;
	}

	/** Pieces of text with the name of their file. */
	async *pieces(): AsyncGenerator<{ readonly file: string; readonly text: string }> {
		for (const file of this.#files) {
			if (file === "-" || file === "/dev/stdin") {
				const { stdin, interrupt } = this.#context;
				for (let text = await stdin.read(); text !== undefined && !interrupt.raised; text = await stdin.read()) {
					yield { file, text };
				}
				continue;
			}
			const text = await readFileOf(this.#context, file);
			if (text === undefined) this.failed = true;
			else yield { file, text };
		}
	}

	async *lines(): AsyncGenerator<InputLine> {
		let rest = "";
		let last = "";
		for await (const { file, text } of this.pieces()) {
			if (file !== last && rest !== "") {
				yield { file: last, text: rest, ended: false };
				rest = "";
			}
			last = file;
			const lines = (rest + text).split("\n");
			rest = lines.pop() ?? "";
			for (const line of lines) yield { file, text: line, ended: true };
		}
		if (rest !== "") yield { file: last, text: rest, ended: false };
	}

	async text(): Promise<string> {
		let all = "";
		for await (const { text } of this.pieces()) all += text;
		return all;
	}
}

/** A file's text; undefined after `NAME: PATH: No such file or directory` on standard error. */
export async function readFileOf(context: CommandContext, path: string): Promise<string | undefined> {
	try {
		return await context.host.files.read(resolvePath(context.cwd, path), { netns: context.netns });
	} catch (error) {
		complain(context, path, error);
		return undefined;
	}
}

/** Prints `NAME: PATH: reason` for a `FileError`; anything else is thrown on. */
export function complain(context: CommandContext, path: string, error: unknown): void {
	if (!(error instanceof FileError)) throw error;
	const reason = error.message.slice(error.path.length + 2);
	context.stderr.write(`${baseName(context.name)}: ${path}: ${reason}\n`);
}

/** The program's name without its directory. */
export function baseName(name: string): string {
	return name.slice(name.lastIndexOf("/") + 1);
}

/** The message of getopt, and where help would be, as coreutils print it. */
export function usageError(context: CommandContext, message: string, status = 1): number {
	const name = baseName(context.name);
	context.stderr.write(`${name}: ${message}\nTry '${name} --help' for more information.\n`);
	return status;
}
