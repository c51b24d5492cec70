/** From the rules that stand to those that are wanted, without a look at the kernel: operations for what changed, and for nothing else. */
import type { Op } from "../kernel/kernel.ts";
import type { XtChain, XtRule } from "../kernel/objects.ts";
import type { Rule } from "../kernel/xtables.ts";
import type { ServiceChange, ServiceTable } from "./service-table.ts";
import { SHARED_CHAINS, type SharedChain, sharedChains } from "./shared-chains.ts";
import type { SyncContext } from "./sync-context.ts";

/** With more changed Services than this a shared chain with changes is written anew as a whole. */
const MOST_PIECES = 100;

/**
 * Chains are made before anything jumps to them, and go after the last jump. `table` already has the changes; the
 * settings are the same.
 */
export function changedServices(
	changes: readonly ServiceChange[],
	table: ServiceTable,
	context: SyncContext,
): readonly Op[] {
	const make: Op[] = [];
	const remove: Op[] = [];
	for (const { before, now } of changes) {
		const old = before?.rules(context).chains ?? [];
		const ops = chainOps(old, now?.rules(context).chains ?? []);
		make.push(...ops.make);
		remove.unshift(...ops.remove);
	}
	const shared = SHARED_CHAINS.flatMap((chain) => sharedOps(chain, changes, table, context));
	return [...make, ...shared, ...remove];
}

/** All chains of kube-proxy, in an order in which each comes before those that jump to it. */
export function changedChains(before: readonly XtChain[], now: readonly XtChain[]): readonly Op[] {
	const { make, remove } = chainOps(before, now);
	return [...make, ...remove];
}

function chainOps(
	before: readonly XtChain[],
	now: readonly XtChain[],
): { readonly make: readonly Op[]; readonly remove: readonly Op[] } {
	const old = new Map(before.map((chain) => [keyOf(chain), chain]));
	const make: Op[] = [];
	for (const object of now) {
		const known = old.get(keyOf(object));
		old.delete(keyOf(object));
		if (known === undefined) make.push({ verb: "add", object });
		else if (!sameRules(known.rules, object.rules)) make.push({ verb: "replace", object });
	}
	const remove = [...old.values()].reverse().map((object): Op => ({ verb: "delete", object }));
	return { make, remove };
}

/** Each changed Service's rules in one shared chain: in their place by number, as those before it are known. */
function sharedOps(
	shared: SharedChain,
	changes: readonly ServiceChange[],
	table: ServiceTable,
	context: SyncContext,
): readonly Op[] {
	const { part } = shared;
	const pieces = changes.flatMap(({ key, before, now }) => {
		const [old, fresh] = [before?.rules(context).portal[part] ?? [], now?.rules(context).portal[part] ?? []];
		return sameRules(old, fresh) ? [] : [{ key, ...withoutCommon(old, fresh) }];
	});
	if (pieces.length > MOST_PIECES) {
		const rules = table.keys.flatMap((key) => table.entry(key)?.rules(context) ?? []);
		const whole = sharedChains(rules, context).filter(
			({ table: name, chain }) => name === shared.table && chain === shared.chain,
		);
		return whole.map((object): Op => ({ verb: "replace", object }));
	}
	const ops: Op[] = [];
	let position = 1;
	let at = 0;
	for (const { key, kept, old, fresh } of pieces) {
		// Those before it are as they shall be: they were changed already, if at all.
		for (; at < table.keys.length && (table.keys[at] ?? "") < key; at += 1) {
			position += table.entry(table.keys[at] ?? "")?.rules(context).portal[part].length ?? 0;
		}
		const object = (rule: Rule): XtRule => ({
			kind: "xt-rule",
			family: context.family,
			table: shared.table,
			chain: shared.chain,
			rule,
		});
		for (const rule of old) ops.push({ verb: "delete", object: object(rule) });
		fresh.forEach((rule, k) => {
			ops.push({ verb: "add", object: { ...object(rule), position: position + kept + k, duplicate: true } });
		});
	}
	return ops;
}

/** The rules without those with which both begin and end. Where a rule is there twice, all go, as a rule is deleted by what it says. */
function withoutCommon(
	old: readonly Rule[],
	fresh: readonly Rule[],
): { readonly kept: number; readonly old: readonly Rule[]; readonly fresh: readonly Rule[] } {
	const [oldTexts, freshTexts] = [old.map(textOf), fresh.map(textOf)];
	if (new Set(oldTexts).size < old.length) return { kept: 0, old, fresh };
	let kept = 0;
	while (kept < old.length && kept < fresh.length && oldTexts[kept] === freshTexts[kept]) kept += 1;
	let end = 0;
	const most = Math.min(old.length, fresh.length) - kept;
	while (end < most && oldTexts[old.length - 1 - end] === freshTexts[fresh.length - 1 - end]) end += 1;
	return { kept, old: old.slice(kept, old.length - end), fresh: fresh.slice(kept, fresh.length - end) };
}

function sameRules(a: readonly Rule[], b: readonly Rule[]): boolean {
	if (a === b) return true;
	return a.length === b.length && a.every((rule, k) => rule === b[k] || textOf(rule) === textOf(b[k]));
}

/** Rules are made by one code: equal ones have their members in the same order. */
function textOf(rule: Rule | undefined): string {
	return JSON.stringify(rule);
}

function keyOf({ table, chain }: XtChain): string {
	return `${table} ${chain}`;
}
