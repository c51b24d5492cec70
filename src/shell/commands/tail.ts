/** tail: the last lines, and with -f what is appended from then on. */
import type { CommandContext, CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import { baseName, Inputs, usageError } from "../inputs.ts";
import { resolvePath } from "../memory-files.ts";

export const tailCommand: CommandEntry = {
	names: ["tail"],
	summary: "the last lines (-n N); -f: follow a file as it grows",
	async run(context) {
		const args = context.args.map((arg) =>
			/^-\d+f?$/.test(arg) ? `-${arg.endsWith("f") ? "f" : ""}n${arg.replaceAll(/\D/g, "")}` : arg,
		);
		const long = { "lines=": "n", "bytes=": "c", "follow=?": "f", retry: "r", "pid=": "p", quiet: "q" };
		const parsed = getopt(args, { short: "c:fFn:qvs:", long });
		if (!parsed.ok) return usageError(context, parsed.error);
		const { value, has, words } = parsed.value;
		const count = value("n") ?? "10";
		if (!/^[-+]?\d+$/.test(count)) return usageError(context, `invalid number of lines: ‘${count}’`);
		const files = words.length === 0 ? ["-"] : words;
		const titles = files.length > 1 && !has("q");
		const found: string[] = [];
		for (const file of files) {
			const inputs = new Inputs(context, [file]);
			const text = await inputs.text();
			if (inputs.failed) continue;
			found.push(file);
			if (titles) context.stdout.write(`${found.length > 1 ? "\n" : ""}==> ${file} <==\n`);
			const bytes = value("c");
			context.stdout.write(bytes === undefined ? lastLines(text, count) : text.slice(-Number(bytes)));
		}
		if (!has("f") && !has("F")) return found.length === files.length ? 0 : 1;
		const names = has("F") ? files : found;
		if (names.length === 0) {
			context.stderr.write(`${baseName(context.name)}: no files remaining\n`);
			return 1;
		}
		await follow(context, names, titles);
		return 130;
	},
};

/** `+N`: from line N on. */
function lastLines(text: string, count: string): string {
	const lines = text.split(/(?<=\n)/);
	if (count.startsWith("+")) return lines.slice(Math.max(0, Number(count) - 1)).join("");
	const number = Math.abs(Number(count));
	return number === 0 ? "" : lines.slice(-number).join("");
}

async function follow(context: CommandContext, files: readonly string[], titles: boolean): Promise<void> {
	let last = files.at(-1);
	const stops = files
		.filter((file) => file !== "-")
		.map((file) =>
			context.host.files.watch(resolvePath(context.cwd, file), (text) => {
				if (titles && last !== file) context.stdout.write(`\n==> ${file} <==\n`);
				last = file;
				context.stdout.write(text);
			}),
		);
	await context.world.wait(() => false, { timeoutNs: Infinity, interrupt: context.interrupt });
	for (const stop of stops) stop();
}
