/** What only the whole table shows: jumps in a circle, and rules reached from hooks where they make no sense. */
import { HOOK_NAMES, type HookName } from "../../../kernel/xtables.ts";
import type { ObjectError } from "../../objects/handler.ts";
import { targetHooks } from "./check.ts";
import type { XtChainState, XtTable } from "./state.ts";
import { targetModule } from "./target-modules.ts";
import { HOOK_BIT, type HookMask } from "./types.ts";

/** Walks from each built-in chain along the jumps (`mark_source_chains`); chains that no hook reaches are not judged. */
export function checkGraph(table: XtTable): ObjectError | undefined {
	for (const chain of table.chains.values()) chain.reached = 0;
	for (const chain of table.chains.values()) {
		if (chain.builtin === undefined) continue;
		const error = walk(chain, chain.builtin);
		if (error !== undefined) return error;
	}
	return undefined;
}

interface Place {
	readonly chain: XtChainState;
	next: number;
}

function walk(base: XtChainState, hook: HookName): ObjectError | undefined {
	const path: Place[] = [];
	let error = enter(base, hook, path);
	for (let place = path.at(-1); place !== undefined && error === undefined; place = path.at(-1)) {
		const chain = place.chain.body.jumps[place.next];
		place.next += 1;
		if (chain === undefined) {
			place.chain.onPath = false;
			path.pop();
		} else if (chain.onPath) error = { errno: "ELOOP", message: loopMessage(chain) };
		else if ((chain.reached & HOOK_BIT[hook]) === 0) error = enter(chain, hook, path);
	}
	for (const place of path) place.chain.onPath = false;
	return error;
}

function enter(chain: XtChainState, hook: HookName, path: Place[]): ObjectError | undefined {
	chain.reached |= HOOK_BIT[hook];
	chain.onPath = true;
	path.push({ chain, next: 0 });
	return (chain.body.hooks & HOOK_BIT[hook]) === 0 ? misplaced(chain, hook) : undefined;
}

function loopMessage(chain: XtChainState): string {
	return `Too many levels of symbolic links: chain ${chain.name} of table ${chain.table.name} leads back to itself`;
}

function misplaced(chain: XtChainState, hook: HookName): ObjectError {
	for (const [at, { rule, hooks }] of chain.body.rules.entries()) {
		if ((hooks & HOOK_BIT[hook]) !== 0) continue;
		const byTarget = (targetHooks(rule.target) & HOOK_BIT[hook]) === 0;
		const what = byTarget ? `${targetModule(rule.target)?.name} target` : `a match of rule ${at + 1}`;
		const where = `used from hook ${hook}, but only usable from ${hookNames(hooks)}`;
		return {
			errno: "EINVAL",
			message: `rule ${at + 1} in chain ${chain.name} of table ${chain.table.name}: ${what}: ${where}`,
			rule: { table: chain.table.name, chain: chain.name, number: at + 1, hook },
		};
	}
	return {
		errno: "EINVAL",
		message: `chain ${chain.name} of table ${chain.table.name} must not be reached from ${hook}`,
	};
}

function hookNames(mask: HookMask): string {
	return HOOK_NAMES.filter((hook) => (mask & HOOK_BIT[hook]) !== 0).join("/");
}
