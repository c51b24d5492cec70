/** From what a transaction makes of the tables to the text that does it, each line with the operation it is for. */
import { formatRule } from "../formats/iptables-save.ts";
import type { Counters, Rule } from "../kernel/xtables.ts";
import type { ModelChain, ModelTable, XtModel } from "./xtables-model.ts";
import type { XtBackend } from "./xtables-tool.ts";

/** Text for `iptables-restore --noflush --counters`. */
export interface XtText {
	readonly text: string;
	/** For each line the operation it is for; undefined: for all of them. */
	readonly ops: readonly (number | undefined)[];
	readonly tables: readonly ModelTable[];
	readonly isEmpty: boolean;
	/** The operation whose rule cannot be written as one line. */
	readonly unwritable: number | undefined;
}

/** What brings the tables from before to after. */
export function changeText(model: XtModel, backend: XtBackend): XtText {
	const lines = new Lines();
	const tables = [...model.tables.values()].filter((table) => table.isChanged);
	for (const table of tables) {
		lines.add(`*${table.name}`);
		const chains = [...table.chains.values()].filter((chain) => chain.isChanged);
		if (table.isNew) declareAll(table, lines);
		else if (backend === "legacy") keepCounters(table, lines);
		// Chains first: rules may jump to any of them.
		for (const chain of chains) declare(chain, lines);
		for (const chain of chains) changeRules(chain, lines);
		for (const chain of chains)
			if (!chain.exists && chain.before !== undefined) lines.add(`-X ${chain.name}`, chain.wholeOp);
		lines.add("COMMIT");
	}
	return { ...lines.done(), tables, isEmpty: tables.length === 0 };
}

/** What brings the chains that the transaction touched back to before. */
export function undoText(tables: readonly ModelTable[]): string {
	const lines = new Lines();
	for (const table of tables) {
		lines.add(`*${table.name}`);
		const chains = [...table.chains.values()].filter((chain) => chain.isChanged);
		for (const { name, isBuiltin, before } of chains) {
			lines.add(
				`:${name} ${isBuiltin ? (before?.policy ?? "accept").toUpperCase() : "-"} ${counted(before?.counters)}`,
			);
			if (isBuiltin) lines.add(`-F ${name}`);
		}
		for (const { name, before } of chains) for (const rule of before?.rules ?? []) lines.add(appended(name, rule));
		for (const { name, isBuiltin, before } of chains) if (!isBuiltin && before === undefined) lines.add(`-X ${name}`);
		lines.add("COMMIT");
	}
	return lines.done().text;
}

/** Of chains that iptables-nft makes by itself, the policy does not count (kernel-lab-2 D2). */
function declareAll(table: ModelTable, lines: Lines): void {
	for (const { name, isBuiltin, headOp } of table.chains.values()) {
		if (isBuiltin && headOp === undefined) lines.add(`:${name} ACCEPT [0:0]`);
	}
}

/** iptables-legacy 1.8.9 sets the counters of all policies of a table to zero when one of its rules changes. */
function keepCounters(table: ModelTable, lines: Lines): void {
	for (const { name, isBuiltin, headOp, before } of table.chains.values()) {
		if (!isBuiltin || headOp !== undefined || before === undefined) continue;
		lines.add(`:${name} ${(before.policy ?? "accept").toUpperCase()} ${counted(before.counters)}`);
	}
}

/** Makes a new chain, empties one that is to be filled anew or deleted, sets a policy. */
function declare(chain: ModelChain, lines: Lines): void {
	const { name, headOp, wholeOp } = chain;
	if (headOp !== undefined) lines.add(`:${name} ${chain.policy.toUpperCase()} ${counted(chain.counters)}`, headOp);
	if (wholeOp === undefined) return;
	if (chain.isBuiltin || !chain.exists) {
		if (chain.isBuiltin || chain.before !== undefined) lines.add(`-F ${name}`, wholeOp);
	} else lines.add(`:${name} - [0:0]`, wholeOp);
}

function changeRules(chain: ModelChain, lines: Lines): void {
	const { name, rules } = chain;
	if (chain.wholeOp !== undefined) {
		for (const { rule, from } of rules) lines.add(appended(name, rule), "op" in from ? from.op : undefined);
		return;
	}
	const removed = [...chain.removed].sort(([a], [b]) => b - a);
	for (const [index, op] of removed) lines.add(`-D ${name} ${index + 1}`, op);
	let length = (chain.before?.rules.length ?? 0) - removed.length;
	for (const [index, { rule, from }] of rules.entries()) {
		if (!("op" in from)) continue;
		const atEnd = index === length;
		lines.add(atEnd ? appended(name, rule) : `${prefix(rule)}-I ${name} ${index + 1}${words(rule)}`, from.op);
		length += 1;
	}
}

function appended(chain: string, rule: Rule): string {
	return `${prefix(rule)}-A ${chain}${words(rule)}`;
}

function prefix({ counters }: Rule): string {
	return counters === undefined ? "" : `${counted(counters)} `;
}

function counted(counters: Counters | undefined): string {
	return `[${counters?.packets ?? 0}:${counters?.bytes ?? 0}]`;
}

function words(rule: Rule): string {
	const text = formatRule(rule);
	return text === "" ? "" : ` ${text}`;
}

class Lines {
	#text = "";
	#unwritable: number | undefined;
	readonly #ops: (number | undefined)[] = [];

	add(line: string, op?: number): void {
		if (/[\n\0]/.test(line)) this.#unwritable ??= op ?? -1;
		this.#text += `${line}\n`;
		this.#ops.push(op);
	}

	done(): Pick<XtText, "text" | "ops" | "unwritable"> {
		return { text: this.#text, ops: this.#ops, unwritable: this.#unwritable };
	}
}
