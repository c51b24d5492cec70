/** wc: counts lines, words, bytes. */
import { utf8Encode } from "../../base/bytes.ts";
import type { CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import { Inputs, usageError } from "../inputs.ts";

export const wcCommand: CommandEntry = {
	names: ["wc"],
	summary: "count lines, words, bytes (-l -w -c)",
	async run(context) {
		const parsed = getopt(context.args, { short: "lwcmL", long: { lines: "l", words: "w", bytes: "c", chars: "m" } });
		if (!parsed.ok) return usageError(context, parsed.error);
		const { words, has } = parsed.value;
		const chosen = ["l", "w", "m", "c"].filter(has);
		const columns = chosen.length === 0 ? ["l", "w", "c"] : chosen;
		const rows: { readonly name: string; readonly counts: readonly number[] }[] = [];
		let failed = false;
		for (const file of words.length === 0 ? ["-"] : words) {
			const inputs = new Inputs(context, [file]);
			const text = await inputs.text();
			if (inputs.failed) failed = true;
			else
				rows.push({ name: words.length === 0 ? "" : ` ${file}`, counts: columns.map((column) => count(column, text)) });
		}
		if (words.length > 1) {
			const sums = columns.map((_, k) => rows.reduce((sum, row) => sum + (row.counts[k] ?? 0), 0));
			rows.push({ name: " total", counts: sums });
		}
		const widest = Math.max(0, ...rows.flatMap((row) => row.counts.map((number) => String(number).length)));
		// Of a pipe nobody knows the size beforehand, so wc leaves room.
		const width = columns.length === 1 && rows.length === 1 ? 0 : words.length === 0 ? 7 : widest;
		for (const { name, counts } of rows) {
			context.stdout.write(`${counts.map((number) => String(number).padStart(width)).join(" ")}${name}\n`);
		}
		return failed ? 1 : 0;
	},
};

function count(column: string, text: string): number {
	if (column === "l") return text.split("\n").length - 1;
	if (column === "w") return text.split(/\s+/).filter((word) => word !== "").length;
	return column === "m" ? Array.from(text).length : utf8Encode(text).length;
}
