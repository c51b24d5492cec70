/** sort, uniq: lines in order, and each once. */
import type { CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import { Inputs, usageError } from "../inputs.ts";

export const sortCommand: CommandEntry = {
	names: ["sort"],
	summary: "put lines in order (-n -r -u -k N -t C -f -V)",
	async run(context) {
		const long = { "key=": "k", "field-separator=": "t", "numeric-sort": "n", reverse: "r", unique: "u" };
		const parsed = getopt(context.args, { short: "bdfghik:no:rst:uV", long });
		if (!parsed.ok) return usageError(context, parsed.error, 2);
		const { has, value, words, options } = parsed.value;
		const inputs = new Inputs(context, words);
		const lines: string[] = [];
		for await (const { text } of inputs.lines()) lines.push(text);
		const separator = value("t");
		const keys = options.filter((option) => option.name === "k").map((option) => keyOf(option.value, separator));
		const numeric = has("n") || has("g") || has("h");
		const orders = (keys.length === 0 ? [{ of: (line: string) => line, numeric: false, reverse: false }] : keys).map(
			(key) => ({ ...key, numeric: key.numeric || numeric, reverse: key.reverse || has("r") }),
		);
		const compare = (a: string, b: string): number => {
			for (const order of orders) {
				const [x, y] = [order.of(a), order.of(b)];
				const result = order.numeric ? numberOf(x) - numberOf(y) : has("V") ? byVersion(x, y) : byText(x, y, has("f"));
				if (result !== 0) return order.reverse ? -result : result;
			}
			return has("u") || has("s") ? 0 : byText(a, b, false) * (has("r") ? -1 : 1);
		};
		const sorted = lines.sort(compare);
		const kept = has("u") ? sorted.filter((line, k) => k === 0 || compare(sorted[k - 1] ?? "", line) !== 0) : sorted;
		context.stdout.write(kept.map((line) => `${line}\n`).join(""));
		return inputs.failed ? 2 : 0;
	},
};

interface Key {
	readonly of: (line: string) => string;
	readonly numeric: boolean;
	readonly reverse: boolean;
}

/** `2`, `2,3`, `2n`, `2nr`. */
function keyOf(spec: string, separator: string | undefined): Key {
	const [, from = "1", , to, flags = ""] = /^(\d+)(\.\d+)?[a-zA-Z]*(?:,(\d+))?(?:\.\d+)?([a-zA-Z]*)$/.exec(spec) ?? [];
	const letters = spec.replaceAll(/[^a-zA-Z]/g, "") + flags;
	return {
		of(line) {
			const fields = separator === undefined ? (line.match(/\s*\S+/g) ?? []) : line.split(separator);
			return fields.slice(Number(from) - 1, to === undefined ? undefined : Number(to)).join(separator ?? "");
		},
		numeric: /[ngh]/.test(letters),
		reverse: letters.includes("r"),
	};
}

function numberOf(text: string): number {
	return Number(/^\s*(-?\d+(?:\.\d+)?)/.exec(text)?.[1] ?? 0);
}

function byText(a: string, b: string, fold: boolean): number {
	const [x, y] = fold ? [a.toUpperCase(), b.toUpperCase()] : [a, b];
	return x < y ? -1 : x > y ? 1 : 0;
}

function byVersion(a: string, b: string): number {
	const [x, y] = [a.split(/(\d+)/), b.split(/(\d+)/)];
	for (const [k, part] of x.entries()) {
		const other = y[k];
		if (other === undefined) return 1;
		const result = k % 2 === 1 ? Number(part) - Number(other) : byText(part, other, false);
		if (result !== 0) return result;
	}
	return x.length - y.length;
}

export const uniqCommand: CommandEntry = {
	names: ["uniq"],
	summary: "drop repeated lines (-c: count them, -d: only repeated, -u: only single)",
	async run(context) {
		const parsed = getopt(context.args, { short: "cdui", long: { count: "c", repeated: "d", unique: "u" } });
		if (!parsed.ok) return usageError(context, parsed.error);
		const { has, words } = parsed.value;
		const inputs = new Inputs(context, words.slice(0, 1));
		const runs: { readonly line: string; count: number }[] = [];
		const same = (a: string, b: string): boolean => (has("i") ? a.toLowerCase() === b.toLowerCase() : a === b);
		for await (const { text } of inputs.lines()) {
			const last = runs.at(-1);
			if (last !== undefined && same(last.line, text)) last.count += 1;
			else runs.push({ line: text, count: 1 });
		}
		for (const { line, count } of runs) {
			if ((has("d") && count === 1) || (has("u") && count > 1)) continue;
			context.stdout.write(`${has("c") ? `${String(count).padStart(7)} ` : ""}${line}\n`);
		}
		return inputs.failed ? 1 : 0;
	},
};
