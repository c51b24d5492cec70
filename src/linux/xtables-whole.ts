/** Whole rule sets: text that says everything about all five tables, and saved tables as objects of the port. */
import { err, ok, type Result } from "../base/result.ts";
import type { XtChain } from "../kernel/objects.ts";
import { BUILTIN_CHAINS, TABLE_NAMES, type Table, type TableName } from "../kernel/xtables.ts";
import type { IpFamily } from "../wire/addr.ts";
import { tagLine } from "./xtables-log-tag.ts";

export interface WholeText {
	readonly text: string;
	/** For each line its 1-based line in the text given; 0: it was added. */
	readonly lines: readonly number[];
}

/**
 * Text for `iptables-restore --counters`: what `text` says, and that everything it does not name is empty and ACCEPT; of
 * the `empty` tables nothing, for that is known. The error is a sentence about a line.
 */
export function wholeText(
	text: string,
	options: { readonly family: IpFamily; readonly tag: string; readonly empty: ReadonlySet<TableName> },
): Result<WholeText, string> {
	const given = text.split("\n");
	const declared = declaredChains(given);
	const lines: { readonly text: string; readonly from: number }[] = [];
	const add = (line: string, from = 0): void => void lines.push({ text: line, from });
	for (const name of TABLE_NAMES) {
		if (declared.has(name) || options.empty.has(name)) continue;
		add(`*${name}`);
		for (const hook of BUILTIN_CHAINS[name]) add(`:${hook} ACCEPT [0:0]`);
		add("COMMIT");
	}
	let isEmpty = false;
	for (const [index, line] of given.entries()) {
		const table = TABLE_NAMES.find((name) => line.trimEnd() === `*${name}`);
		if (table !== undefined) isEmpty = options.empty.has(table);
		if (isEmpty) continue;
		const counted = /^:\S+\s+\S+\s*$/.test(line) ? `${line.trimEnd()} [0:0]` : line;
		const tagged = tagLine(counted, options.tag, options.family);
		if (!tagged.ok) return err(`line ${index + 1}: ${tagged.error}`);
		for (const each of tagged.value.split("\n")) add(each, index + 1);
		if (table === undefined) continue;
		for (const hook of BUILTIN_CHAINS[table]) if (declared.get(table)?.has(hook) !== true) add(`:${hook} ACCEPT [0:0]`);
	}
	if (lines.at(-1)?.text === "") lines.pop();
	return ok({ text: lines.map((line) => `${line.text}\n`).join(""), lines: lines.map(({ from }) => from) });
}

/** The chains that each table of the text declares by a `:` line. */
function declaredChains(lines: readonly string[]): ReadonlyMap<TableName, ReadonlySet<string>> {
	const tables = new Map<TableName, Set<string>>();
	let chains: Set<string> | undefined;
	for (const line of lines) {
		const table = TABLE_NAMES.find((name) => line.trimEnd() === `*${name}`);
		if (table !== undefined) {
			chains = tables.get(table) ?? new Set();
			tables.set(table, chains);
		}
		const chain = /^:(\S+)/.exec(line)?.[1];
		if (chain !== undefined) chains?.add(chain);
	}
	return tables;
}

/** As iptables-nft-save lists tables. */
const TABLE_ORDER: readonly TableName[] = ["mangle", "security", "raw", "filter", "nat"];

/** In the order of iptables-nft-save, whichever backend they are from: tables, built-in chains by hook, then others by name. */
export function chainObjects(tables: readonly Table[], family: IpFamily): readonly XtChain[] {
	return tables
		.toSorted((a, b) => TABLE_ORDER.indexOf(a.name) - TABLE_ORDER.indexOf(b.name))
		.flatMap((table) => {
			const hooks: readonly string[] = BUILTIN_CHAINS[table.name];
			const builtin = table.chains.filter(({ name }) => hooks.includes(name));
			const users = table.chains.filter(({ name }) => !hooks.includes(name));
			builtin.sort((a, b) => hooks.indexOf(a.name) - hooks.indexOf(b.name));
			users.sort((a, b) => (a.name < b.name ? -1 : 1));
			return [...builtin, ...users].map(({ name, policy, counters, rules }): XtChain => {
				const common = { kind: "xt-chain", family, table: table.name, chain: name, rules } as const;
				if (policy === undefined) return common;
				return { ...common, policy, counters: counters ?? { packets: 0, bytes: 0 } };
			});
		});
}
