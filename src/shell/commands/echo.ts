/** echo: its arguments, and with -e their escapes. */
import type { CommandEntry } from "../command.ts";
import { unescapeText } from "../escapes.ts";

export const echoCommand: CommandEntry = {
	names: ["echo"],
	summary: "print a line of text",
	async run({ args, stdout }) {
		let at = 0;
		let newline = true;
		let escapes = false;
		for (; /^-[neE]+$/.test(args[at] ?? ""); at += 1) {
			for (const letter of (args[at] ?? "").slice(1)) {
				if (letter === "n") newline = false;
				else escapes = letter === "e";
			}
		}
		const text = args.slice(at).join(" ");
		if (!escapes) {
			stdout.write(newline ? `${text}\n` : text);
			return 0;
		}
		const { text: plain, stop } = unescapeText(text);
		stdout.write(newline && !stop ? `${plain}\n` : plain);
		return 0;
	},
};
