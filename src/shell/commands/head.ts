/** head: the first lines. */
import type { CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import { Inputs, usageError } from "../inputs.ts";

export const headCommand: CommandEntry = {
	names: ["head"],
	summary: "the first lines (-n N)",
	async run(context) {
		const args = context.args.map((arg, k) =>
			/^-\d+$/.test(arg) && !/^-[nc]$/.test(context.args[k - 1] ?? "") ? `-n${arg.slice(1)}` : arg,
		);
		const parsed = getopt(args, { short: "c:n:qv", long: { "lines=": "n", "bytes=": "c", quiet: "q" } });
		if (!parsed.ok) return usageError(context, parsed.error);
		const bytes = parsed.value.value("c");
		const given = parsed.value.value("n") ?? "10";
		if (!/^-?\d+$/.test(given)) return usageError(context, `invalid number of lines: ‘${given}’`);
		const files = parsed.value.words.length === 0 ? ["-"] : parsed.value.words;
		let failed = false;
		for (const [k, file] of files.entries()) {
			const inputs = new Inputs(context, [file]);
			if (files.length > 1 && !parsed.value.has("q")) context.stdout.write(`${k > 0 ? "\n" : ""}==> ${file} <==\n`);
			if (bytes !== undefined) context.stdout.write((await inputs.text()).slice(0, Number(bytes)));
			else await printFirst(inputs, Number(given), (text) => context.stdout.write(text));
			failed ||= inputs.failed;
		}
		return failed ? 1 : 0;
	},
};

/** A negative number leaves out so many at the end. */
async function printFirst(inputs: Inputs, count: number, write: (text: string) => void): Promise<void> {
	if (count === 0) return;
	const held: string[] = [];
	let printed = 0;
	for await (const { text, ended } of inputs.lines()) {
		held.push(ended ? `${text}\n` : text);
		if (count < 0 && held.length <= -count) continue;
		write(held.shift() ?? "");
		printed += 1;
		if (printed === count) return;
	}
}
