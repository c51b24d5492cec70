/** sleep: lets the kernel's time pass. */
import type { CommandEntry } from "../command.ts";
import { usageError } from "../inputs.ts";

const UNITS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600, d: 86_400 };

export const sleepCommand: CommandEntry = {
	names: ["sleep"],
	summary: "let time pass (virtual time: a script does not really wait)",
	async run(context) {
		if (context.args.length === 0) return usageError(context, "missing operand");
		let seconds = 0;
		for (const arg of context.args) {
			const parsed = /^(\d+(?:\.\d*)?|\.\d+|infinity)([smhd]?)$/.exec(arg);
			if (parsed === null) return usageError(context, `invalid time interval ‘${arg}’`);
			seconds += parsed[1] === "infinity" ? Infinity : Number(parsed[1]) * (UNITS[parsed[2] ?? ""] ?? 1);
		}
		await context.world.wait(() => false, { timeoutNs: seconds * 1e9, interrupt: context.interrupt });
		return context.interrupt.raised ? 130 : 0;
	},
};
