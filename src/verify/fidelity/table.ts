/** The tally as a table for docs/fidelity.md, between two marker lines, and as JSON. */
import { err, ok, type Result } from "../../base/result.ts";
import type { TallySummary } from "./tally.ts";

/** Beside this machine's kernel, or a virtual machine's. */
export type TablePlace = "fidelity" | "fidelity:vm";

function markers(place: TablePlace): { readonly begin: string; readonly end: string } {
	return {
		begin: `<!-- ${place}: begin (written by \`npm run ${place} -- --write\`) -->`,
		end: `<!-- ${place}: end -->`,
	};
}

/** How the numbers came about: what it takes to get them again. */
export interface TableFacts {
	readonly seeds: readonly number[];
	/** Of each seed. */
	readonly count: number;
	/** `Linux 6.18.44`. */
	readonly kernel: string;
	readonly place: TablePlace;
}

export function fidelityMarkdown(summary: TallySummary, facts: TableFacts): string {
	const reasons = Object.keys(summary.known).sort();
	const lines = [
		`${summary.scenarios} generated scenarios (seed${facts.seeds.length === 1 ? "" : "s"} ${facts.seeds.join(", ")}) beside ${facts.kernel}: ${summary.agreements} agreements, ` +
			`${summary.differences} unexplained differences, ${sum(summary.known)} known ones. ` +
			`Again: \`npm run ${facts.place} -- --seed ${facts.seeds.join(",")} --count ${facts.count}\`. "Met" counts scenarios in which a packet matched such a rule.`,
		"",
		"| feature | scenarios | met | agreements | differences | known differences |",
		"| --- | ---: | ---: | ---: | ---: | --- |",
		...summary.features.map(({ feature, scenarios, hit, agreements, differences, known }) => {
			const named = Object.entries(known).map(([reason, times]) => `${times} (${reasons.indexOf(reason) + 1})`);
			const met = hit === 0 ? "" : String(hit);
			return `| ${feature} | ${scenarios} | ${met} | ${agreements} | ${differences} | ${named.join(", ")} |`;
		}),
	];
	if (reasons.length > 0) lines.push("", ...reasons.map((reason, at) => `${at + 1}. ${reason}`));
	const normalised = Object.entries(summary.normalised).map(([what, times]) => `${what} ${times}`);
	if (normalised.length > 0) lines.push("", `Passed over, for the kernel draws them: ${normalised.join(", ")} times.`);
	return `${lines.join("\n")}\n`;
}

export function fidelityJson(summary: TallySummary, facts: TableFacts): string {
	return `${JSON.stringify({ schema: "podwire.fidelity/v1", ...facts, ...summary }, undefined, "\t")}\n`;
}

/** The document with the table between its markers; the error is a sentence. */
export function withTable(document: string, table: string, place: TablePlace): Result<string, string> {
	const marker = markers(place);
	const begin = document.indexOf(marker.begin);
	const end = document.indexOf(marker.end);
	if (begin < 0 || end < begin) return err(`the lines "${marker.begin}" and "${marker.end}" are not there`);
	return ok(`${document.slice(0, begin + marker.begin.length)}\n\n${table}\n${document.slice(end)}`);
}

function sum(counts: Readonly<Record<string, number>>): number {
	return Object.values(counts).reduce((total, count) => total + count, 0);
}
