/**
 * Changing tables. Each operation checks what it can alone and can be undone; what depends on the other operations of the
 * transaction (a jump to a chain that comes later) is judged when it is committed, as iptables-restore does.
 *
 * Where the two iptables backends differ, loops are refused as the legacy one does (ELOOP; any depth of jumps is allowed),
 * and a chain still in use cannot be deleted, as the nft one says (EBUSY).
 */
import { err, ok, type Result } from "../../../base/result.ts";
import type { Verb } from "../../../kernel/kernel.ts";
import type { XtChain, XtRule } from "../../../kernel/objects.ts";
import { BUILTIN_CHAINS, HOOK_NAMES, type HookName, type Rule, type TableName } from "../../../kernel/xtables.ts";
import type { IpFamily } from "../../../wire/addr.ts";
import { type ObjectError, refuse, type Undo } from "../../objects/handler.ts";
import type { Netns } from "../../types.ts";
import { jumpOf, NAT_IS_NOT_A_FILTER } from "../target/standard.ts";
import { checkRule, holdRule, releaseRule, ruleHooks, ruleNeedsConntrack } from "./check.ts";
import { settleXtables } from "./commit.ts";
import { buildIndex } from "./rule-index.ts";
import { sameRule } from "./same-rule.ts";
import { EMPTY_BODY, XtBody, type XtChainState, type XtNetns, XtRuleState, type XtTable, xtNetns } from "./state.ts";
import { ANY_HOOK } from "./types.ts";

/** A chain at least this long gets its index while it is loaded: the first packet shall not pay for it. */
const EAGER_INDEX = 1024;

/** Loads, overwrites or deletes a whole chain, with its rules. */
export function applyChain(netns: Netns, verb: Verb, object: XtChain): Result<Undo, ObjectError> {
	const refused = checkPlace(object) ?? checkChain(object);
	if (refused !== undefined) return err(refused);
	const xt = xtNetns(netns);
	const table = xt.table(object.family, object.table);
	const found = table.chains.get(object.chain);
	const exists = found?.exists === true;
	if (verb === "delete") {
		if (found === undefined || !exists) return refuse("ENOENT", noChain(object.chain, object.table));
		const undo = begin(xt, found);
		if (found.builtin === undefined) {
			found.exists = false;
			found.deleted = true;
			table.suspects.add(found);
		}
		swapBody(found, EMPTY_BODY, { added: [], removed: found.body.rules });
		return ok(undo);
	}
	const isFresh = found?.builtin !== undefined && found.body.rules.length === 0 && found.policy === "accept";
	if (verb === "add" && exists && !isFresh) return refuse("EEXIST", `Chain ${object.chain} already exists.`);
	const keep = object.keepRules === true && exists;
	const error = keep ? undefined : checkRules(table, object.chain, object.rules);
	if (error !== undefined) return err(error);
	const chain = table.chain(object.chain);
	const undo = begin(xt, chain);
	chain.exists = true;
	chain.deleted = false;
	if (object.policy !== undefined) chain.policy = object.policy;
	if (object.counters !== undefined || object.policy !== undefined) {
		chain.packets = object.counters?.packets ?? 0;
		chain.bytes = object.counters?.bytes ?? 0;
	}
	if (keep) return ok(undo);
	const rules = object.rules.map((rule) => loadRule(table, rule));
	const body = makeBody(rules);
	if (rules.length >= EAGER_INDEX && table.indexThreshold <= rules.length) body.index = buildIndex(rules);
	swapBody(chain, body, { added: rules, removed: chain.body.rules });
	return ok(undo);
}

/** Inserts or removes one rule; the others keep their counters. */
export function applyRule(netns: Netns, verb: Verb, object: XtRule): Result<Undo, ObjectError> {
	const refused = checkPlace(object);
	if (refused !== undefined) return err(refused);
	const xt = xtNetns(netns);
	const table = xt.table(object.family, object.table);
	const chain = table.chains.get(object.chain);
	if (chain === undefined || !chain.exists) return refuse("ENOENT", noChain(object.chain, object.table));
	const rules = chain.body.rules;
	const number = verb === "add" ? undefined : object.position;
	const at = number === undefined ? rules.findIndex((loaded) => sameRule(loaded.rule, object.rule)) : number - 1;
	const old = rules[at];
	if (number !== undefined && old === undefined) {
		const what = verb === "delete" ? "deletion" : "replacement";
		return refuse("ERANGE", `Index of ${what} too big: ${number} in chain ${object.chain}.`);
	}
	if (verb === "delete") {
		if (old === undefined) return refuse("ENOENT", `Bad rule (does a matching rule exist in chain ${object.chain}?).`);
		return ok(exchangeRule(xt, chain, at, { old }));
	}
	if (number === undefined && old !== undefined && object.duplicate !== true) return ok(() => undefined);
	const place = number ?? object.position ?? rules.length + 1;
	if (place < 1 || place > rules.length + 1) {
		return refuse("ERANGE", `Index of insertion too big: ${place} in chain ${object.chain}.`);
	}
	const error = checkRules(table, object.chain, [object.rule]);
	if (error !== undefined) return err(error);
	return ok(exchangeRule(xt, chain, place - 1, { old: number === undefined ? undefined : old, rule: object.rule }));
}

interface RuleExchange {
	readonly old: XtRuleState | undefined;
	readonly rule?: Rule;
}

/** Takes the rule at index `at` out, puts another in, or both. */
function exchangeRule(xt: XtNetns, chain: XtChainState, at: number, { old, rule }: RuleExchange): Undo {
	const undo = begin(xt, chain);
	const added = rule === undefined ? [] : [loadRule(chain.table, rule)];
	const removed = old === undefined ? [] : [old];
	swapBody(chain, makeBody(chain.body.rules.toSpliced(at, removed.length, ...added)), { added, removed });
	return undo;
}

/** Remembers the chain as it is; the result puts it back. */
function begin(xt: XtNetns, chain: XtChainState): Undo {
	const { table, exists, deleted, body, policy, packets, bytes } = chain;
	const { touched } = table;
	table.touched = true;
	xt.committed = false;
	return () => {
		const kept = new Set(body.rules);
		const now = new Set(chain.body.rules);
		const added = body.rules.filter((rule) => !now.has(rule));
		swapBody(chain, body, { added, removed: chain.body.rules.filter((rule) => !kept.has(rule)) });
		Object.assign(chain, { exists, deleted, policy, packets, bytes });
		table.touched = touched;
		table.chains.set(chain.name, chain);
		table.suspects.add(chain);
		// The transaction had got as far as being committed: what that switched on or off goes back as well.
		if (xt.committed) settleXtables(xt);
	};
}

interface BodyChange {
	readonly added: readonly XtRuleState[];
	readonly removed: readonly XtRuleState[];
}

/** New rules take hold of what they need before the old ones let go, so that nothing vanishes in between. */
function swapBody(chain: XtChainState, body: XtBody, change: BodyChange): void {
	const { table } = chain;
	for (const { rule, jump, needsConntrack } of change.added) {
		holdRule(table.context(chain.name, rule));
		if (jump !== undefined) jump.references += 1;
		if (needsConntrack) table.conntrackRules += 1;
	}
	for (const { rule, jump, needsConntrack } of change.removed) {
		releaseRule(table.context(chain.name, rule));
		if (needsConntrack) table.conntrackRules -= 1;
		if (jump === undefined) continue;
		jump.references -= 1;
		if (!jump.exists) table.suspects.add(jump);
	}
	if (body.jumps.length > 0 || body.hooks !== ANY_HOOK) table.graphChanged = true;
	chain.body = body;
}

function loadRule(table: XtTable, rule: Rule): XtRuleState {
	const to = jumpOf(rule);
	const jump = to === undefined ? undefined : table.chain(to);
	return new XtRuleState(rule, { jump, hooks: ruleHooks(rule), needsConntrack: ruleNeedsConntrack(rule) });
}

function makeBody(rules: readonly XtRuleState[]): XtBody {
	const jumps = new Set<XtChainState>();
	let hooks = ANY_HOOK;
	for (const rule of rules) {
		if (rule.jump !== undefined) jumps.add(rule.jump);
		hooks &= rule.hooks;
	}
	return new XtBody({ rules, jumps: [...jumps], hooks });
}

function checkRules(table: XtTable, chain: string, rules: readonly Rule[]): ObjectError | undefined {
	for (const rule of rules) {
		const error = checkRule(table.context(chain, rule));
		if (error !== undefined) return error;
	}
	return undefined;
}

function checkPlace(object: {
	readonly family: IpFamily;
	readonly table: TableName;
	readonly chain: string;
}): ObjectError | undefined {
	if (object.family !== "ipv4") {
		return {
			errno: "EOPNOTSUPP",
			message: `ip6tables is not modelled: chain ${object.chain} of table ${object.table}`,
		};
	}
	const builtin = BUILTIN_CHAINS[object.table] as readonly HookName[] | undefined; // The name may come from untyped text.
	if (builtin === undefined) return { errno: "ENOENT", message: `table '${object.table}' does not exist` };
	const name = object.chain;
	if (isHookName(name) && !builtin.includes(name)) return { errno: "ENOENT", message: noChain(name, object.table) };
	if (name.length > 28)
		return { errno: "ENAMETOOLONG", message: `chain name \`${name}' too long (must be under 29 chars)` };
	if (name === "" || /^[-!]|\s/.test(name)) return { errno: "EINVAL", message: `chain name \`${name}' is not allowed` };
	return undefined;
}

function checkChain(object: XtChain): ObjectError | undefined {
	if (object.policy === undefined) return undefined;
	if (!isHookName(object.chain)) return { errno: "EINVAL", message: `Bad built-in chain name: ${object.chain}` };
	if (object.table === "nat" && object.policy === "drop") return { errno: "EINVAL", message: NAT_IS_NOT_A_FILTER };
	return undefined;
}

function isHookName(name: string): name is HookName {
	return HOOK_NAMES.some((hook) => hook === name);
}

function noChain(chain: string, table: TableName): string {
	return `No chain/target/match by that name: chain ${chain} of table ${table}`;
}
