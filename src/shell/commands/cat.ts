/** cat, more, less, tac: files to standard output. */
import type { CommandContext, CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import { Inputs, usageError } from "../inputs.ts";

export const catCommand: CommandEntry = {
	names: ["cat"],
	summary: "print files (-n: with line numbers)",
	async run(context) {
		const parsed = getopt(context.args, { short: "AbeEnstTuv", long: { number: "n", "show-all": "A" } });
		if (!parsed.ok) return usageError(context, parsed.error);
		const { words } = parsed.value;
		if (parsed.value.has("n") || parsed.value.has("b")) return numbered(context, words, parsed.value.has("b"));
		const inputs = new Inputs(context, words);
		const marks = parsed.value.has("A") || parsed.value.has("E") || parsed.value.has("e");
		for await (const { text } of inputs.pieces()) context.stdout.write(marks ? text.replaceAll("\n", "$\n") : text);
		return inputs.failed ? 1 : 0;
	},
};

/** There is no keyboard to page with in a script, so these print everything. */
export const moreCommand: CommandEntry = {
	names: ["more", "less"],
	summary: "print files (all at once)",
	async run(context) {
		const files = context.args.filter((arg) => !/^[-+]./.test(arg));
		const inputs = new Inputs(context, files);
		const title = files.length > 1 && context.name.endsWith("more");
		let last = "";
		for await (const { file, text } of inputs.pieces()) {
			if (title && file !== last) context.stdout.write(`::::::::::::::\n${file}\n::::::::::::::\n`);
			last = file;
			context.stdout.write(text);
		}
		return inputs.failed ? 1 : 0;
	},
};

export const tacCommand: CommandEntry = {
	names: ["tac"],
	summary: "print lines, the last first",
	async run(context) {
		const inputs = new Inputs(context, context.args);
		const lines: string[] = [];
		for await (const { text } of inputs.lines()) lines.unshift(`${text}\n`);
		context.stdout.write(lines.join(""));
		return inputs.failed ? 1 : 0;
	},
};

export const nlCommand: CommandEntry = {
	names: ["nl"],
	summary: "number lines",
	run: (context) =>
		numbered(
			context,
			context.args.filter((arg) => !arg.startsWith("-")),
			true,
		),
};

async function numbered(context: CommandContext, files: readonly string[], skipEmpty: boolean): Promise<number> {
	const inputs = new Inputs(context, files);
	let number = 0;
	for await (const { text, ended } of inputs.lines()) {
		const end = ended ? "\n" : "";
		if (skipEmpty && text === "") {
			// nl leaves the number's place and its tab's; cat -b nothing.
			context.stdout.write(`${context.name.endsWith("nl") ? "       " : ""}${end}`);
			continue;
		}
		number += 1;
		context.stdout.write(`${String(number).padStart(6)}\t${text}${end}`);
	}
	return inputs.failed ? 1 : 0;
}
