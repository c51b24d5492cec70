/** watch: runs a command again and again and shows what it prints. */
import type { CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import { usageError } from "../inputs.ts";
import { TextOutput } from "../streams.ts";
import { dateLine } from "../wall-clock.ts";

const UNATTENDED_ROUNDS = 4;

export const watchCommand: CommandEntry = {
	names: ["watch"],
	summary: "run a command every 2 seconds (-n N) and show its output, e.g. counters",
	async run(context) {
		const long = { "interval=": "n", differences: "d", "no-title": "t", exec: "x", chgexit: "g", errexit: "e" };
		const parsed = getopt(context.args, { short: "bcdegn:ptx", long, stopAtWord: true });
		if (!parsed.ok) return usageError(context, parsed.error);
		const { has, value, words } = parsed.value;
		if (words.length === 0) return usageError(context, "missing command");
		const seconds = Math.max(0.1, Number((value("n") ?? "2").replace(",", ".")));
		if (Number.isNaN(seconds)) return usageError(context, `failed to parse argument: '${value("n")}'`);
		const { world, interrupt, stdout } = context;
		let last: string | undefined;
		for (let round = 1; !interrupt.raised; round += 1) {
			const out = new TextOutput();
			const argv = has("x") ? words : ["sh", "-c", words.join(" ")];
			const status = await context.exec(argv, { stdout: out });
			const title = `Every ${seconds.toFixed(1)}s: ${words.join(" ")}    ${context.host.name}: ${dateLine(world.kernel.clock.now())}\n\n`;
			if (context.isTerminal) stdout.write("\x1b[H\x1b[2J");
			stdout.write(`${has("t") ? "" : title}${out.text}${context.isTerminal ? "" : "\n"}`);
			if (has("g") && last !== undefined && last !== out.text) return 0;
			if (has("e") && status !== 0) return 8;
			last = out.text;
			if (context.unattended && round === UNATTENDED_ROUNDS) {
				context.stderr.write(`podwire: watch: stopped after ${round} rounds, as nobody is there to press Control-C\n`);
				return 0;
			}
			await world.wait(() => false, { timeoutNs: seconds * 1e9, interrupt });
		}
		return 0;
	},
};
