/** tee: standard input to standard output and to files. */
import type { CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import { complain, usageError } from "../inputs.ts";
import { resolvePath } from "../memory-files.ts";

export const teeCommand: CommandEntry = {
	names: ["tee"],
	summary: "copy input to output and files (-a: append)",
	async run(context) {
		const parsed = getopt(context.args, { short: "aip", long: { append: "a" } });
		if (!parsed.ok) return usageError(context, parsed.error);
		const view = { netns: context.netns };
		const { files } = context.host;
		const paths: string[] = [];
		let status = 0;
		for (const word of parsed.value.words) {
			const path = resolvePath(context.cwd, word);
			try {
				await (parsed.value.has("a") ? files.append(path, "", view) : files.write(path, "", view));
				paths.push(path);
			} catch (error) {
				complain(context, word, error);
				status = 1;
			}
		}
		for (let text = await context.stdin.read(); text !== undefined; text = await context.stdin.read()) {
			context.stdout.write(text);
			for (const path of paths) {
				try {
					await files.append(path, text, view);
				} catch (error) {
					complain(context, path, error);
					status = 1;
				}
			}
		}
		return status;
	},
};
