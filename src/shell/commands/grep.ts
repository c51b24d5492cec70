/** grep, egrep, fgrep: lines that match. */
import type { CommandContext, CommandEntry } from "../command.ts";
import { getopt, type ParsedOptions } from "../getopt.ts";
import { Inputs } from "../inputs.ts";
import { resolvePath } from "../memory-files.ts";
import { basicToModern, extendedToModern } from "../regex.ts";

const LONG = {
	"after-context=": "A",
	"before-context=": "B",
	"color=?": "color",
	"colour=?": "color",
	"context=": "C",
	count: "c",
	"extended-regexp": "E",
	"files-with-matches": "l",
	"fixed-strings": "F",
	"ignore-case": "i",
	"invert-match": "v",
	"line-buffered": "line-buffered",
	"line-number": "n",
	"line-regexp": "x",
	"max-count=": "m",
	"no-filename": "h",
	"only-matching": "o",
	"perl-regexp": "P",
	quiet: "q",
	recursive: "r",
	"regexp=": "e",
	"with-filename": "H",
	"word-regexp": "w",
};

export const grepCommand: CommandEntry = {
	names: ["grep", "egrep", "fgrep"],
	summary: "lines that match a pattern (-E -F -i -v -n -c -w -o -q -A -B -r)",
	async run(context) {
		const args = context.args.map((arg) => (/^-\d+$/.test(arg) ? `-C${arg.slice(1)}` : arg));
		const parsed = getopt(args, { short: "A:B:C:EFGHPLce:hilm:noqrRsvwx", long: LONG });
		if (!parsed.ok) return usage(context, parsed.error);
		const { words, options } = parsed.value;
		const given = options.filter((option) => option.name === "e").map((option) => option.value);
		const [first, ...rest] = words;
		const patterns = given.length > 0 ? given : first === undefined ? [] : [first];
		if (patterns.length === 0) return usage(context);
		const regexp = compile(patterns, context.name, parsed.value);
		if (regexp === undefined) {
			context.stderr.write(`grep: Invalid regular expression\n`);
			return 2;
		}
		const recursive = parsed.value.has("r") || parsed.value.has("R");
		const named = given.length > 0 ? words : rest;
		const files = recursive ? await filesBelow(context, named.length === 0 ? ["."] : named) : named;
		return new Search(context, regexp, parsed.value).run(files, recursive);
	},
};

function usage(context: CommandContext, message?: string): number {
	if (message !== undefined) context.stderr.write(`grep: ${message}\n`);
	context.stderr.write("Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n");
	return 2;
}

function compile(patterns: readonly string[], name: string, options: ParsedOptions): RegExp | undefined {
	const fixed = options.has("F") || name.endsWith("fgrep");
	const extended = options.has("E") || options.has("P") || name.endsWith("egrep");
	const sources = patterns
		.flatMap((pattern) => pattern.split("\n"))
		.map((pattern) => {
			if (fixed) return pattern.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
			return extended ? extendedToModern(pattern) : basicToModern(pattern);
		});
	const any = sources.map((source) => `(?:${source})`).join("|");
	const word = options.has("w") ? `(?<!\\w)(?:${any})(?!\\w)` : any;
	try {
		return new RegExp(options.has("x") ? `^(?:${word})$` : word, options.has("i") ? "gi" : "g");
	} catch {
		return undefined;
	}
}

class Search {
	readonly #context: CommandContext;
	readonly #regexp: RegExp;
	readonly #options: ParsedOptions;

	constructor(context: CommandContext, regexp: RegExp, options: ParsedOptions) {
		this.#context = context;
		this.#regexp = regexp;
		this.#options = options;
	}

	async run(files: readonly string[], recursive: boolean): Promise<number> {
		const { has } = this.#options;
		const titled = has("H") || ((files.length > 1 || recursive) && !has("h"));
		let matched = false;
		let failed = false;
		for (const file of files.length === 0 ? ["-"] : files) {
			const inputs = new Inputs(this.#context, [file]);
			const count = await this.#file(inputs, titled ? `${file === "-" ? "(standard input)" : file}` : undefined);
			if (count > 0) matched = true;
			failed ||= inputs.failed;
			const stdout = this.#context.stdout;
			if (count > 0 && has("q")) return 0;
			if (has("l")) {
				if (count > 0) stdout.write(`${file === "-" ? "(standard input)" : file}\n`);
			} else if (has("c") && !has("q") && !inputs.failed) stdout.write(`${titled ? `${file}:` : ""}${count}\n`);
		}
		if (failed && !(matched && has("q"))) return 2;
		return matched ? 0 : 1;
	}

	async #file(inputs: Inputs, title: string | undefined): Promise<number> {
		const { has, value } = this.#options;
		const silent = has("c") || has("q") || has("l");
		const after = Number(value("A") ?? value("C") ?? 0);
		const before = Number(value("B") ?? value("C") ?? 0);
		const most = Number(value("m") ?? Infinity);
		const held: [number, string][] = [];
		let [count, number, open, last] = [0, 0, 0, 0];
		const print = (at: number, text: string, mark: string): void => {
			if ((after > 0 || before > 0) && last > 0 && at > last + 1) this.#context.stdout.write("--\n");
			last = at;
			this.#context.stdout.write(`${title === undefined ? "" : title + mark}${has("n") ? at + mark : ""}${text}\n`);
		};
		for await (const { text } of inputs.lines()) {
			number += 1;
			const matches = [...text.matchAll(this.#regexp)].map(([match]) => match);
			if (matches.length > 0 === has("v")) {
				if (open > 0 && !silent) print(number, text, "-");
				else held.push([number, text]);
				open -= 1;
				if (held.length > before) held.shift();
				continue;
			}
			count += 1;
			if (!silent) {
				for (const [at, line] of held.splice(0)) print(at, line, "-");
				if (has("o")) for (const match of has("v") ? [] : matches) print(number, match, ":");
				else print(number, text, ":");
			}
			open = after;
			if (count >= most || (silent && !has("c"))) break;
		}
		return count;
	}
}

async function filesBelow(context: CommandContext, paths: readonly string[]): Promise<readonly string[]> {
	const out: string[] = [];
	const view = { netns: context.netns };
	for (const path of paths) {
		const absolute = resolvePath(context.cwd, path);
		const stat = await context.host.files.stat(absolute, view).catch(() => undefined);
		if (stat?.type !== "directory") {
			out.push(path);
			continue;
		}
		const names = await context.host.files.list(absolute, view);
		out.push(
			...(await filesBelow(
				context,
				names.map((name) => `${path.replace(/\/$/, "")}/${name}`),
			)),
		);
	}
	return out;
}
