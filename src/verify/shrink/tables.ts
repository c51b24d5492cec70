/** Rule sets with fewer tables, rules, matches and chains, and milder policies. */
import { formatIptablesSave, parseIptablesSave } from "../../formats/iptables-save.ts";
import type { Chain, Rule, Table } from "../../kernel/xtables.ts";
import type { Scenario } from "../scenario.ts";
import { withConfig } from "./config.ts";
import { shorter } from "./list.ts";

/** Makes the rules of one namespace fewer. */
export function tablesPass(netns: string): (scenario: Scenario) => Iterable<Scenario> {
	return function* (scenario) {
		const { iptables, ...rest } = scenario.config[netns] ?? {};
		if (iptables === undefined) return;
		yield withConfig(scenario, netns, rest);
		for (const tables of smallerOf(tablesIn(iptables))) {
			yield withConfig(scenario, netns, { ...rest, iptables: formatIptablesSave(tables) });
		}
	};
}

/** The tables of the text; none, when it is not iptables-save text. */
export function tablesIn(text: string): readonly Table[] {
	const parsed = parseIptablesSave(text, { family: "ipv4" });
	return parsed.ok ? parsed.value.tables : [];
}

function* smallerOf(tables: readonly Table[]): Generator<readonly Table[]> {
	yield* shorter(tables);
	for (const [at, table] of tables.entries()) {
		for (const smaller of smallerTable(table)) yield tables.map((other, k) => (k === at ? smaller : other));
	}
}

function* smallerTable(table: Table): Generator<Table> {
	const withChains = (chains: readonly Chain[]): Table => ({ ...table, chains });
	const withChain = (at: number, chain: Chain): Table =>
		withChains(table.chains.map((other, k) => (k === at ? chain : other)));
	for (const [at, chain] of table.chains.entries()) {
		for (const rules of shorter(chain.rules)) yield withChain(at, { ...chain, rules });
	}
	for (const [at, chain] of table.chains.entries()) {
		if (chain.policy === undefined && !isLedTo(table, chain.name)) {
			yield withChains(table.chains.filter((other) => other !== chain));
		}
		if (chain.policy === "drop") yield withChain(at, { ...chain, policy: "accept" });
		for (const [k, rule] of chain.rules.entries()) {
			for (const smaller of smallerRules(table, rule)) {
				yield withChain(at, { ...chain, rules: [...chain.rules.slice(0, k), ...smaller, ...chain.rules.slice(k + 1)] });
			}
		}
	}
}

function isLedTo(table: Table, name: string): boolean {
	return table.chains.some(({ rules }) =>
		rules.some(({ target }) => (target.kind === "jump" || target.kind === "goto") && target.chain === name),
	);
}

/** What may stand in a rule's place: the rules of the chain it leads to, or itself with fewer matches. */
function* smallerRules(table: Table, rule: Rule): Generator<readonly Rule[]> {
	const { target } = rule;
	if (target.kind === "jump" || target.kind === "goto") {
		const chain = table.chains.find(({ name }) => name === target.chain);
		if (chain !== undefined) yield chain.rules;
	}
	for (const matches of shorter(rule.matches)) yield [{ ...rule, matches }];
}
