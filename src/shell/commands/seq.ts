/** seq: numbers from … to. */
import type { CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import { usageError } from "../inputs.ts";

export const seqCommand: CommandEntry = {
	names: ["seq"],
	summary: "numbers: [FROM [STEP]] TO",
	async run(context) {
		// A negative number is no option.
		const options = context.args.filter((arg) => /^-[a-z]/.test(arg));
		const numbers = context.args.filter((arg) => !/^-[a-z]/.test(arg));
		const parsed = getopt(options, { short: "s:w" });
		if (!parsed.ok) return usageError(context, parsed.error);
		if (numbers.length === 0) return usageError(context, "missing operand");
		for (const number of numbers) {
			if (!/^-?\d+(\.\d+)?$/.test(number)) return usageError(context, `invalid floating point argument: ‘${number}’`);
		}
		const values = numbers.map(Number);
		const [from, step, to] = [
			values.length > 1 ? (values[0] ?? 1) : 1,
			values.length > 2 ? (values[1] ?? 1) : 1,
			values.at(-1) ?? 0,
		];
		if (step === 0) return usageError(context, "invalid Zero increment value: ‘0’");
		const out: number[] = [];
		for (let n = from; step > 0 ? n <= to : n >= to; n += step) out.push(n);
		const width = parsed.value.has("w") ? Math.max(...out.map((n) => String(n).length)) : 0;
		if (out.length > 0) {
			const separator = parsed.value.value("s") ?? "\n";
			context.stdout.write(`${out.map((n) => String(n).padStart(width, "0")).join(separator)}\n`);
		}
		return 0;
	},
};
