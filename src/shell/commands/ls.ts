/** ls: names in directories. */
import type { CommandContext, CommandEntry } from "../command.ts";
import { FileError } from "../file-tree.ts";
import { getopt } from "../getopt.ts";
import { usageError } from "../inputs.ts";
import { type FileStat, resolvePath } from "../memory-files.ts";
import { syslogTime } from "../wall-clock.ts";

interface Entry {
	readonly name: string;
	readonly stat: FileStat;
}

export const lsCommand: CommandEntry = {
	names: ["ls", "ll", "dir"],
	summary: "names in directories (-l -a -1 -d)",
	async run(context) {
		const parsed = getopt(context.args, { short: "1aAdFhiklrRStU", long: { all: "a", "color=?": "color" } });
		if (!parsed.ok) return usageError(context, parsed.error, 2);
		const { words, has } = parsed.value;
		const long = has("l") || context.name.endsWith("ll");
		const paths = words.length === 0 ? ["."] : words;
		const files: Entry[] = [];
		const directories: string[] = [];
		let status = 0;
		for (const path of paths) {
			const stat = await statOf(context, path);
			if (stat === undefined) {
				context.stderr.write(`ls: cannot access '${path}': No such file or directory\n`);
				status = 2;
			} else if (stat.type === "directory" && !has("d")) directories.push(path);
			else files.push({ name: path, stat });
		}
		const format = { long, reverse: has("r"), oneLine: !long && !has("1") && context.isTerminal };
		context.stdout.write(listing(files, context, format));
		for (const [k, path] of directories.entries()) {
			if (k > 0 || files.length > 0) context.stdout.write("\n");
			if (paths.length > 1) context.stdout.write(`${path}:\n`);
			const entries = await entriesOf(context, path, has("a") || has("A"));
			if (long) context.stdout.write(`total ${entries.length * 4}\n`);
			context.stdout.write(listing(entries, context, format));
		}
		return status;
	},
};

async function statOf(context: CommandContext, path: string): Promise<FileStat | undefined> {
	try {
		return await context.host.files.stat(resolvePath(context.cwd, path), { netns: context.netns });
	} catch (error) {
		if (error instanceof FileError) return undefined;
		throw error;
	}
}

async function entriesOf(context: CommandContext, path: string, hidden: boolean): Promise<readonly Entry[]> {
	const at = resolvePath(context.cwd, path);
	const names = await context.host.files.list(at, { netns: context.netns });
	const entries: Entry[] = [];
	for (const name of names) {
		if (name.startsWith(".") && !hidden) continue;
		const stat = await statOf(context, `${at === "/" ? "" : at}/${name}`);
		if (stat !== undefined) entries.push({ name, stat });
	}
	return entries;
}

function listing(
	entries: readonly Entry[],
	context: CommandContext,
	format: { readonly long: boolean; readonly reverse: boolean; readonly oneLine: boolean },
): string {
	const shown = format.reverse ? entries.toReversed() : entries;
	if (shown.length === 0) return "";
	if (format.oneLine) return `${shown.map(({ name }) => name).join("  ")}\n`;
	if (!format.long) return shown.map(({ name }) => `${name}\n`).join("");
	const width = Math.max(...shown.map(({ stat }) => String(stat.size).length));
	const time = syslogTime(context.world.kernel.clock.now()).slice(0, 12);
	return shown
		.map(({ name, stat }) => {
			const directory = stat.type === "directory";
			const mode = `${directory ? "d" : "-"}rw${stat.executable ? "x" : "-"}r-${stat.executable ? "x" : "-"}r-${stat.executable ? "x" : "-"}`;
			return `${mode}. 1 root root ${String(stat.size).padStart(width)} ${time} ${name}\n`;
		})
		.join("");
}
