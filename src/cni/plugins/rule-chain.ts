/**
 * A chain of a plugin's own with the rules that lead into it, made and removed so that doing it twice changes nothing
 * (containernetworking/plugins meta/portmap chain.go: setup, teardown, check).
 */
import type { Op } from "../../kernel/kernel.ts";
import type { XtChain } from "../../kernel/objects.ts";
import type { Match, Rule, RuleOrigin, TableName } from "../../kernel/xtables.ts";
import type { IpFamily } from "../../wire/addr.ts";

export interface RuleChain {
	readonly family: IpFamily;
	readonly table: TableName;
	readonly name: string;
	readonly rules: readonly Rule[];
	/** Chains that lead here, each by all the entries. */
	readonly entryChains: readonly string[];
	/** The matches of the rules that lead here; their target is a jump. */
	readonly entries: readonly (readonly Match[])[];
	/** The entries go before the other rules of their chains. */
	readonly prependEntries?: true;
	readonly origin: RuleOrigin;
}

/** The chain if it is not there; its rules and entries, each unless an equal one is there. */
export function setUpChain(chain: RuleChain): readonly Op[] {
	return [
		{ verb: "replace", object: { ...place(chain), kind: "xt-chain", chain: chain.name, rules: [], keepRules: true } },
		...chain.rules.map((rule): Op => {
			return { verb: "add", object: { ...place(chain), kind: "xt-rule", chain: chain.name, rule } };
		}),
		...entryRules(chain).map(({ chain: entry, rule }): Op => {
			const position = chain.prependEntries === true ? { position: 1 } : {};
			return { verb: "add", object: { ...place(chain), kind: "xt-rule", chain: entry, rule, ...position } };
		}),
	];
}

/** Every rule that leads into the chain from its entry chains, then the chain; nothing when it is not there. */
export function tearDownChain(
	chain: Pick<RuleChain, "family" | "table" | "name" | "entryChains">,
	actual: readonly XtChain[],
): readonly Op[] {
	const here = actual.filter(({ family, table }) => family === chain.family && table === chain.table);
	if (!here.some((found) => found.chain === chain.name)) return [];
	const jumps = here
		.filter((found) => chain.entryChains.includes(found.chain))
		.flatMap((entry) =>
			entry.rules.flatMap((rule): readonly Op[] => {
				if (rule.target.kind !== "jump" || rule.target.chain !== chain.name) return [];
				return [{ verb: "delete", object: { ...place(chain), kind: "xt-rule", chain: entry.chain, rule } }];
			}),
		);
	return [...jumps, { verb: "delete", object: { ...place(chain), kind: "xt-chain", chain: chain.name, rules: [] } }];
}

/** What is missing of a chain, as CHECK says it; undefined: all is there. */
export function missingOfChain(chain: RuleChain, actual: readonly XtChain[]): string | undefined {
	const here = actual.filter(({ family, table }) => family === chain.family && table === chain.table);
	const own = here.find((found) => found.chain === chain.name);
	if (own === undefined) return `chain ${chain.name} not found in iptables table ${chain.table}`;
	for (const rule of chain.rules) {
		if (!own.rules.some((there) => sameRule(there, rule))) {
			return `rule not found in table ${chain.table} chain ${chain.name}`;
		}
	}
	for (const { chain: name, rule } of entryRules(chain)) {
		const entry = here.find((found) => found.chain === name);
		if (entry?.rules.some((there) => sameRule(there, rule)) !== true) {
			return `rule not found in table ${chain.table} chain ${name}`;
		}
	}
	return undefined;
}

function entryRules(chain: RuleChain): readonly { readonly chain: string; readonly rule: Rule }[] {
	return chain.entryChains.flatMap((entry) =>
		chain.entries.map((matches) => {
			return { chain: entry, rule: { matches, target: { kind: "jump", chain: chain.name }, origin: chain.origin } };
		}),
	);
}

function place({ family, table }: Pick<RuleChain, "family" | "table">): Pick<XtChain, "family" | "table"> {
	return { family, table };
}

/** Counters and origins aside. */
function sameRule(a: Rule, b: Rule): boolean {
	return canonical([a.matches, a.target]) === canonical([b.matches, b.target]);
}

/** JSON with the members of objects in order, so that equal values are equal texts. */
function canonical(value: unknown): string {
	return JSON.stringify(value, (_, inner: unknown) => {
		if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
		return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
	});
}
