/**
 * The forwarding information base of a namespace: routing tables, the policy rules that choose among them, and a
 * generation number that grows with every change, for caches above.
 */
import { type PolicyRule, RT_TABLE_DEFAULT, RT_TABLE_LOCAL, RT_TABLE_MAIN } from "../../kernel/objects.ts";
import { ipNum } from "../../wire/addr.ts";
import { type FibHit, type FibKey, type FibRoute, FibTable, fibTablesLookup } from "./fib-table.ts";

/** What is looked up: `struct flowi4`. `src` 0 is "not chosen yet"; `iif` of a packet made here is that of lo. */
export interface FibFlow extends FibKey {
	readonly src: number;
	readonly iif: number;
	readonly mark: number;
}

/** A policy rule, compiled. */
interface FibRule {
	readonly rule: PolicyRule;
	/** -1: names a device that does not exist, so it matches nothing; 0: any. */
	iif: number;
	oif: number;
	readonly from: Network;
	readonly to: Network;
}

interface Network {
	readonly addr: number;
	readonly mask: number;
}

export class Fib {
	/** Grows with every change. */
	generation = 1;
	readonly #tables: Map<number, FibTable> = new Map();
	#rules: readonly FibRule[] = DEFAULT_RULES.map((rule) => compile(rule, () => 0));
	/** Set by the first rule of somebody's own, for good: Linux keeps the tables apart from then on. */
	#hasCustomRules = false;
	/** Set by the first local route that somebody added, for good: the addresses of devices are not all the local ones. */
	hasCustomLocalRoutes = false;
	/** The tables to ask when there are only the default rules. */
	#plain: readonly (readonly FibTable[])[] | undefined = undefined;
	/** Inverses of the changes since `record` was called. */
	#journal: (() => void)[] | undefined = undefined;

	table(id: number): FibTable {
		let table = this.#tables.get(id);
		if (table === undefined) {
			table = new FibTable(id);
			this.#tables.set(id, table);
		}
		return table;
	}

	/** Linux makes a table with its first route, `main` also with that of `local`, and keeps it. */
	hasTable(id: number): boolean {
		const wasUsed = (each: number): boolean => this.#tables.get(each)?.wasUsed === true;
		return wasUsed(id) || (id === RT_TABLE_MAIN && wasUsed(RT_TABLE_LOCAL));
	}

	/** Tables in the order in which `ip route show table all` lists them: by the low 8 bits of their number. */
	tables(): readonly FibTable[] {
		return [...this.#tables.values()].sort((a, b) => (a.id & 255) - (b.id & 255) || b.id - a.id);
	}

	/** Replaces the routes to one network of one table. */
	setRoutes(table: number, at: { readonly dst: number; readonly prefix: number }, routes: readonly FibRoute[]): void {
		const target = this.table(table);
		const before = target.of(at.dst, at.prefix);
		target.set(at.dst, at.prefix, routes);
		this.changed(() => target.set(at.dst, at.prefix, before));
	}

	/** Runs `change` and returns what takes all its changes back. */
	record(change: () => void): () => void {
		const outer = this.#journal;
		const journal: (() => void)[] = [];
		this.#journal = journal;
		change();
		this.#journal = outer;
		const undo = (): void => {
			for (const inverse of journal.splice(0).reverse()) inverse();
			this.generation += 1;
		};
		outer?.push(undo);
		return undo;
	}

	/** Notes a change that was made, with its inverse where it must be possible to take it back. */
	changed(inverse?: () => void): void {
		this.generation += 1;
		if (inverse !== undefined) this.#journal?.push(inverse);
	}

	/** The rules in order of priority. */
	rules(): readonly PolicyRule[] {
		return this.#rules.map((each) => each.rule);
	}

	/** Replaces the rules; `ifindex` of a device's name is -1 while there is none. */
	setRules(rules: readonly PolicyRule[], ifindex: (name: string) => number): void {
		const before = this.#rules;
		const hadCustomRules = this.#hasCustomRules;
		this.#rules = rules.map((rule) => compile(rule, ifindex));
		this.#hasCustomRules = true;
		this.changed(() => {
			this.#rules = before;
			this.#hasCustomRules = hadCustomRules;
		});
	}

	/** Devices came, went or were renamed: rules name them. */
	resolveRules(ifindex: (name: string) => number): void {
		for (const each of this.#rules) {
			if (each.rule.iif !== undefined) each.iif = ifindex(each.rule.iif);
			if (each.rule.oif !== undefined) each.oif = ifindex(each.rule.oif);
		}
		this.generation += 1;
	}

	/** True once there were rules of somebody's own: a decision may depend on source, mark and devices. */
	get hasCustomRules(): boolean {
		return this.#hasCustomRules;
	}

	/** The route for a flow; undefined: none (ENETUNREACH). The route may be of a type that refuses. */
	lookup(flow: FibFlow): FibHit | undefined {
		if (!this.#hasCustomRules) {
			for (const tables of this.#plainTables()) {
				const hit = fibTablesLookup(tables, flow);
				if (hit !== undefined && hit.route.type !== "throw") return hit;
			}
			return undefined;
		}
		for (const each of this.#rules) {
			if (!matches(each, flow)) continue;
			const table = this.#tables.get(each.rule.table);
			const hit = table === undefined ? undefined : fibTablesLookup([table], flow);
			if (hit !== undefined && hit.route.type !== "throw") return hit;
		}
		return undefined;
	}

	#plainTables(): readonly (readonly FibTable[])[] {
		this.#plain ??= [[this.table(RT_TABLE_LOCAL), this.table(RT_TABLE_MAIN)], [this.table(RT_TABLE_DEFAULT)]];
		return this.#plain;
	}
}

/** The three rules of a fresh namespace. */
export const DEFAULT_RULES: readonly PolicyRule[] = [
	{ kind: "rule", family: "ipv4", priority: 0, table: RT_TABLE_LOCAL },
	{ kind: "rule", family: "ipv4", priority: 32766, table: RT_TABLE_MAIN },
	{ kind: "rule", family: "ipv4", priority: 32767, table: RT_TABLE_DEFAULT },
];

function compile(rule: PolicyRule, ifindex: (name: string) => number): FibRule {
	return {
		rule,
		iif: rule.iif === undefined ? 0 : ifindex(rule.iif),
		oif: rule.oif === undefined ? 0 : ifindex(rule.oif),
		from: network(rule.from),
		to: network(rule.to),
	};
}

function network(net: PolicyRule["from"]): Network {
	const addr = net === undefined ? 0 : ipNum(net.addr);
	if (net === undefined || typeof addr !== "number" || net.prefix === 0) return { addr: 0, mask: 0 };
	const mask = -1 << (32 - net.prefix);
	return { addr: addr & mask, mask };
}

function matches(each: FibRule, flow: FibFlow): boolean {
	const { rule } = each;
	const hit =
		(each.iif === 0 || each.iif === flow.iif) &&
		(each.oif === 0 || each.oif === flow.oif) &&
		(rule.fwmark === undefined || ((flow.mark ^ rule.fwmark.value) & rule.fwmark.mask) === 0) &&
		(flow.src & each.from.mask) === each.from.addr &&
		(flow.dst & each.to.mask) === each.to.addr;
	return hit !== (rule.not === true);
}
