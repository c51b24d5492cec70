/** Whether two rules are the same to `iptables -C`: matches in order and target; counters and origin do not count. */
import type { Rule } from "../../../kernel/xtables.ts";

export function sameRule(a: Rule, b: Rule): boolean {
	return a === b || (sameValue(a.target, b.target) && sameValue(a.matches, b.matches));
}

/** Plain values: primitives, arrays, objects; an absent field equals an undefined one. */
function sameValue(a: unknown, b: unknown): boolean {
	if (a === b) return true;
	if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
	const aEntries = Object.entries(a).filter(([, value]) => value !== undefined);
	const bEntries = new Map<string, unknown>(Object.entries(b).filter(([, value]) => value !== undefined));
	if (Array.isArray(a) !== Array.isArray(b) || aEntries.length !== bEntries.size) return false;
	return aEntries.every(([key, value]) => bEntries.has(key) && sameValue(value, bEntries.get(key)));
}
