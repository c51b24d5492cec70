/** iptables chains and single rules of the port. */
import type { XtChain, XtRule } from "../../kernel/objects.ts";
import type { Rule, TableName } from "../../kernel/xtables.ts";
import { commitXtables } from "../netfilter/xtables/commit.ts";
import { applyChain, applyRule } from "../netfilter/xtables/load.ts";
import { type XtChainState, type XtRuleState, type XtTable, xtNetns } from "../netfilter/xtables/state.ts";
import type { Netns } from "../types.ts";
import type { ObjectHandler } from "./handler.ts";

export const xtChainHandler: ObjectHandler<XtChain> = {
	apply: applyChain,
	commit: commitXtables,
	dump: dumpChains,
};

/** Single rules are listed with their chains. */
export const xtRuleHandler: ObjectHandler<XtRule> = {
	apply: applyRule,
	commit: commitXtables,
	dump: () => [],
};

/** The order of `iptables-save` (nft backend): tables in use in this order, built-in chains, then others by name. */
const TABLE_ORDER: readonly TableName[] = ["mangle", "security", "raw", "filter", "nat"];

function dumpChains(netns: Netns): readonly XtChain[] {
	const tables = xtNetns(netns).tables.filter((table) => table.touched);
	tables.sort((a, b) => TABLE_ORDER.indexOf(a.name) - TABLE_ORDER.indexOf(b.name));
	return tables.flatMap((table) => chainsInOrder(table).map(dumpChain));
}

function chainsInOrder(table: XtTable): readonly XtChainState[] {
	const chains = [...table.chains.values()].filter((chain) => chain.exists);
	const users = chains.filter((chain) => chain.builtin === undefined);
	users.sort((a, b) => (a.name < b.name ? -1 : 1));
	return [...chains.filter((chain) => chain.builtin !== undefined), ...users];
}

function dumpChain(chain: XtChainState): XtChain {
	const { family, name: table } = chain.table;
	const rules = chain.body.rules.map(dumpRule);
	if (chain.builtin === undefined) return { kind: "xt-chain", family, table, chain: chain.name, rules };
	const counters = { packets: chain.packets, bytes: chain.bytes };
	return { kind: "xt-chain", family, table, chain: chain.name, rules, policy: chain.policy, counters };
}

/** The rule as it was loaded, with what it has counted. */
function dumpRule(loaded: XtRuleState): Rule {
	return { ...loaded.rule, counters: { packets: loaded.packets, bytes: loaded.bytes } };
}
