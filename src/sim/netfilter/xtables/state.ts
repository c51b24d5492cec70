/** The tables of a namespace: chains with their rules and live counters (`struct xt_table`). */
import { BUILTIN_CHAINS, type HookName, type Rule, type TableName } from "../../../kernel/xtables.ts";
import type { IpFamily } from "../../../wire/addr.ts";
import { type Netns, pernet } from "../../types.ts";
import type { RuleIndex } from "./rule-index.ts";
import { ANY_HOOK, type HookMask, type MatchFn, type RuleContext, type TargetFn } from "./types.ts";

/** A rule as loaded: the port's value, its counters, and what it compiles to when the first packet meets it. */
export class XtRuleState {
	readonly rule: Rule;
	/** The chain that the rule jumps or goes to. */
	readonly jump: XtChainState | undefined;
	/** The hooks from which it may be reached. */
	readonly hooks: HookMask;
	readonly needsConntrack: boolean;
	packets: number;
	bytes: number;
	matches: readonly MatchFn[] | undefined = undefined;
	target: TargetFn | undefined = undefined;

	constructor(rule: Rule, init: Pick<XtRuleState, "jump" | "hooks" | "needsConntrack">) {
		this.rule = rule;
		this.jump = init.jump;
		this.hooks = init.hooks;
		this.needsConntrack = init.needsConntrack;
		this.packets = rule.counters?.packets ?? 0;
		this.bytes = rule.counters?.bytes ?? 0;
	}
}

/** The rules of a chain at one time; a change makes a new body, so that the old one can be put back. */
export class XtBody {
	readonly rules: readonly XtRuleState[];
	/** The chains that the rules lead to, each once. */
	readonly jumps: readonly XtChainState[];
	/** The hooks from which all rules may be reached. */
	readonly hooks: HookMask;
	/** `null`: not built yet. `undefined`: the chain is too short or has nothing to look up. */
	index: RuleIndex | undefined | null = null;

	constructor(init: Pick<XtBody, "rules" | "jumps" | "hooks">) {
		this.rules = init.rules;
		this.jumps = init.jumps;
		this.hooks = init.hooks;
	}
}

export const EMPTY_BODY: XtBody = new XtBody({ rules: [], jumps: [], hooks: ANY_HOOK });

/** A chain by name. It outlives its deletion while a transaction may still bring it back (`exists` is false then). */
export class XtChainState {
	readonly table: XtTable;
	readonly name: string;
	readonly builtin: HookName | undefined;
	exists: boolean;
	/** Deleted by the transaction at work. */
	deleted = false;
	body: XtBody = EMPTY_BODY;
	/** How many rules lead here. */
	references = 0;
	policy: "accept" | "drop" = "accept";
	/** Of the policy. */
	packets = 0;
	bytes = 0;
	/** Of the last walk over the table: the hooks that lead here, and whether the walk is below this chain. */
	reached: HookMask = 0;
	onPath = false;

	constructor(table: XtTable, name: string, builtin: HookName | undefined) {
		this.table = table;
		this.name = name;
		this.builtin = builtin;
		this.exists = builtin !== undefined;
	}
}

export class XtTable {
	readonly netns: Netns;
	readonly family: IpFamily;
	readonly name: TableName;
	/** By name; built-in chains first, in hook order. */
	readonly chains: Map<string, XtChainState> = new Map();
	/** Something was loaded into it once: it is registered and listed. */
	touched = false;
	/** Takes the hooks away; undefined: they are not registered. */
	unregister: (() => void) | undefined = undefined;
	/** Rules that need connection tracking, and whether it was asked for. */
	conntrackRules = 0;
	conntrackOn = false;
	/** Chains that the transaction at work named or deleted, and that may not exist. */
	readonly suspects: Set<XtChainState> = new Set();
	/** Jumps or restricted rules changed since the last commit. */
	graphChanged = false;
	/** Shorter chains get no index. */
	indexThreshold = 16;
	/** The jump stack: the chain and the place to go on at. Evaluations that nest use it one above the other. */
	readonly stackChains: XtChainState[] = [];
	readonly stackAt: number[] = [];
	stackTop = 0;

	constructor(netns: Netns, family: IpFamily, name: TableName) {
		this.netns = netns;
		this.family = family;
		this.name = name;
		for (const hook of BUILTIN_CHAINS[name]) this.chains.set(hook, new XtChainState(this, hook, hook));
	}

	/** The chain of the name, made (not existing) if there is none. */
	chain(name: string): XtChainState {
		let chain = this.chains.get(name);
		if (chain === undefined) {
			chain = new XtChainState(this, name, undefined);
			this.chains.set(name, chain);
			this.suspects.add(chain);
		}
		return chain;
	}

	context(chain: string, rule: Rule): RuleContext {
		return { netns: this.netns, family: this.family, table: this.name, chain, rule };
	}
}

/** The iptables state of a namespace. */
export class XtNetns {
	readonly netns: Netns;
	readonly tables: XtTable[] = [];
	/** A transaction was committed and nothing was applied since. */
	committed = false;

	constructor(netns: Netns) {
		this.netns = netns;
	}

	/** The table, made on first use. */
	table(family: IpFamily, name: TableName): XtTable {
		let table = this.find(family, name);
		if (table === undefined) {
			table = new XtTable(this.netns, family, name);
			this.tables.push(table);
		}
		return table;
	}

	find(family: IpFamily, name: TableName): XtTable | undefined {
		return this.tables.find((table) => table.family === family && table.name === name);
	}
}

export const xtNetns: (netns: Netns) => XtNetns = pernet((netns) => new XtNetns(netns));
