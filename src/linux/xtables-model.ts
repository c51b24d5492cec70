/**
 * What a transaction makes of the tables, worked out before anything is loaded: the same answers to `add`, `replace`,
 * `delete`, `position`, `duplicate` and `keepRules` as the simulated kernel gives. What is to be loaded is the difference
 * between before and after, so rules that stay keep their counters.
 */
import { err, ok, type Result } from "../base/result.ts";
import { formatRule } from "../formats/iptables-save.ts";
import type { Errno, KernelError, Verb } from "../kernel/kernel.ts";
import type { XtChain, XtRule } from "../kernel/objects.ts";
import {
	BUILTIN_CHAINS,
	type Chain,
	type Counters,
	HOOK_NAMES,
	type Rule,
	TABLE_NAMES,
	type Table,
	type TableName,
} from "../kernel/xtables.ts";

const NAT_IS_NOT_A_FILTER = 'The "nat" table is not intended for filtering, the use of DROP is therefore inhibited.';

/** A rule after the transaction. */
export interface ModelRule {
	readonly rule: Rule;
	/** Its index in the chain before the transaction, or the operation that made it. */
	readonly from: { readonly before: number } | { readonly op: number };
}

export class ModelChain {
	readonly name: string;
	readonly isBuiltin: boolean;
	/** As it was; undefined: it was not there, or nobody has looked. */
	readonly before: Chain | undefined;
	exists: boolean;
	policy: "accept" | "drop" = "accept";
	counters: Counters | undefined;
	/** The operation that said policy or counters of a built-in chain. */
	headOp: number | undefined;
	/** The last operation that overwrote or deleted the chain as a whole: nothing of before is left. */
	wholeOp: number | undefined;
	rules: ModelRule[];
	/** Which operation took away which rule of before. */
	readonly removed: Map<number, number> = new Map();

	constructor(name: string, isBuiltin: boolean, before: Chain | undefined) {
		this.name = name;
		this.isBuiltin = isBuiltin;
		this.before = before;
		this.exists = isBuiltin || before !== undefined;
		this.policy = before?.policy ?? "accept";
		this.counters = before?.counters;
		this.rules = (before?.rules ?? []).map((rule, index) => ({ rule, from: { before: index } }));
	}

	get isChanged(): boolean {
		return (
			this.headOp !== undefined ||
			this.wholeOp !== undefined ||
			this.removed.size > 0 ||
			this.rules.some(({ from }) => "op" in from)
		);
	}
}

export class ModelTable {
	readonly name: TableName;
	readonly chains: Map<string, ModelChain> = new Map();

	/** It was not in use. */
	readonly isNew: boolean;

	constructor(name: TableName, before: Table | undefined, isKnown: boolean) {
		this.name = name;
		this.isNew = isKnown && before === undefined;
		const chains = new Map(before?.chains.map((chain) => [chain.name, chain]));
		for (const hook of BUILTIN_CHAINS[name]) this.chains.set(hook, new ModelChain(hook, true, chains.get(hook)));
		for (const [chain, was] of chains) {
			if (!this.chains.has(chain)) this.chains.set(chain, new ModelChain(chain, false, was));
		}
	}

	get isChanged(): boolean {
		return [...this.chains.values()].some((chain) => chain.isChanged);
	}

	/** The chain, also one that is not there (yet). */
	chain(name: string): ModelChain {
		const found = this.chains.get(name) ?? new ModelChain(name, false, undefined);
		this.chains.set(name, found);
		return found;
	}
}

type Refusal = Pick<KernelError, "errno" | "message">;

/** The tables of one family. */
export class XtModel {
	readonly tables: ReadonlyMap<TableName, ModelTable>;

	/** `before`: the tables as saved; undefined: nobody has looked, and only whole chains of tables in use can be replaced. */
	constructor(before: readonly Table[] | undefined) {
		this.tables = new Map(
			TABLE_NAMES.map((name) => [
				name,
				new ModelTable(
					name,
					before?.find((table) => table.name === name),
					before !== undefined,
				),
			]),
		);
	}

	/** One operation, the `index`th of the transaction. */
	apply(verb: Verb, object: XtChain | XtRule, index: number): Result<void, Refusal> {
		const table = this.tables.get(object.table);
		if (table === undefined) return refuse("ENOENT", `table '${String(object.table)}' does not exist`);
		const refused = checkName(object.chain, table.name);
		if (refused !== undefined) return refused;
		return object.kind === "xt-chain"
			? applyChain(table, verb, { object, index })
			: applyRule(table, verb, { object, index });
	}
}

interface Indexed<O> {
	readonly object: O;
	readonly index: number;
}

function applyChain(table: ModelTable, verb: Verb, { object, index }: Indexed<XtChain>): Result<void, Refusal> {
	const chain = table.chain(object.chain);
	if (object.policy !== undefined && !chain.isBuiltin) {
		return refuse("EINVAL", `Bad built-in chain name: ${object.chain}`);
	}
	if (object.policy === "drop" && table.name === "nat") return refuse("EINVAL", NAT_IS_NOT_A_FILTER);
	if (verb === "delete") {
		if (!chain.exists) return refuse("ENOENT", noChain(object.chain, table.name));
		chain.exists = chain.isBuiltin;
		chain.rules = [];
		chain.wholeOp = index;
		return ok(undefined);
	}
	const isFresh = chain.isBuiltin && chain.rules.length === 0 && chain.policy === "accept";
	if (verb === "add" && chain.exists && !isFresh) return refuse("EEXIST", `Chain ${object.chain} already exists.`);
	const keep = object.keepRules === true && chain.exists;
	if (chain.isBuiltin && (object.policy !== undefined || object.counters !== undefined)) {
		chain.policy = object.policy ?? chain.policy;
		chain.counters = object.counters;
		chain.headOp = index;
	}
	chain.exists = true;
	if (keep) return ok(undefined);
	chain.rules = object.rules.map((rule) => ({ rule, from: { op: index } }));
	chain.wholeOp = index;
	return ok(undefined);
}

function applyRule(table: ModelTable, verb: Verb, { object, index }: Indexed<XtRule>): Result<void, Refusal> {
	const chain = table.chain(object.chain);
	if (!chain.exists) return refuse("ENOENT", noChain(object.chain, table.name));
	const { rules } = chain;
	const number = verb === "add" ? undefined : object.position;
	const wanted = formatRule(object.rule);
	const at = number === undefined ? rules.findIndex(({ rule }) => formatRule(rule) === wanted) : number - 1;
	const old = rules[at];
	if (number !== undefined && old === undefined) {
		const what = verb === "delete" ? "deletion" : "replacement";
		return refuse("ERANGE", `Index of ${what} too big: ${number} in chain ${object.chain}.`);
	}
	if (verb === "delete") {
		if (old === undefined) return refuse("ENOENT", `Bad rule (does a matching rule exist in chain ${object.chain}?).`);
		takeOut(chain, at, index);
		return ok(undefined);
	}
	if (number === undefined && old !== undefined && object.duplicate !== true) return ok(undefined);
	const place = number ?? object.position ?? rules.length + 1;
	if (place < 1 || place > rules.length + 1) {
		return refuse("ERANGE", `Index of insertion too big: ${place} in chain ${object.chain}.`);
	}
	if (number !== undefined) takeOut(chain, at, index);
	chain.rules.splice(place - 1, 0, { rule: object.rule, from: { op: index } });
	return ok(undefined);
}

function takeOut(chain: ModelChain, at: number, index: number): void {
	const [gone] = chain.rules.splice(at, 1);
	if (gone !== undefined && "before" in gone.from) chain.removed.set(gone.from.before, index);
}

function checkName(name: string, table: TableName): ReturnType<typeof refuse> | undefined {
	const isElsewhere = HOOK_NAMES.some((hook) => hook === name) && !BUILTIN_CHAINS[table].some((hook) => hook === name);
	if (isElsewhere) return refuse("ENOENT", noChain(name, table));
	if (name.length > 28) return refuse("ENAMETOOLONG", `chain name \`${name}' too long (must be under 29 chars)`);
	if (name === "" || /^[-!]|[\s\0]/.test(name)) return refuse("EINVAL", `chain name \`${name}' is not allowed`);
	return undefined;
}

function noChain(chain: string, table: TableName): string {
	return `No chain/target/match by that name: chain ${chain} of table ${table}`;
}

function refuse(errno: Errno, message: string): { readonly ok: false; readonly error: Refusal } {
	return err({ errno, message });
}
