/** Carrying out one parsed command on a staged table; the result is what it prints. */
import type { AddressNames } from "../../../formats/iptables/list-rule.ts";
import { formatIptablesList, formatVerboseRule } from "../../../formats/iptables-list.ts";
import { formatRule } from "../../../formats/iptables-save.ts";
import type { Rule } from "../../../kernel/xtables.ts";
import { ToolExit } from "../tool-exit.ts";
import type { Invocation } from "./command-line.ts";
import type { StagedChain, StagedTable } from "./staged-table.ts";
import type { Tool } from "./tool.ts";

export interface Surroundings {
	readonly tool: Tool;
	readonly names: AddressNames;
}

/** Throws a `ToolExit` for what iptables refuses by itself. */
export function execute(invocation: Invocation, table: StagedTable, around: Surroundings): string {
	const { command, chain = "", number, rules, verbose } = invocation;
	table.tool = around.tool;
	const told = (text: string): string => (verbose > 0 ? text : "");
	switch (command) {
		case "A":
			table.append(chain, rules);
			return told(verboseRules(rules));
		case "I":
			table.insert(chain, number ?? 1, rules);
			return told(verboseRules(rules));
		case "R":
			for (const rule of rules) table.replace(chain, number ?? 1, rule);
			return told(verboseRules(rules));
		case "D":
			if (number !== undefined) {
				table.deleteNumber(chain, number);
				return "";
			}
			table.delete(chain, rules);
			return told(verboseRules(rules));
		case "C":
			table.check(chain, rules);
			return told(verboseRules(rules));
		case "L":
			return list(invocation, table, around) + zeroToo(invocation, table);
		case "S":
			return listRules(invocation, table, around) + zeroToo(invocation, table);
		case "F":
			return told(chainLines("Flushing", table.flush(invocation.chain)));
		case "Z":
			return told(zeroed(invocation, table.zero(invocation.chain, number)));
		case "N":
			table.newChain(chain);
			return "";
		case "X":
			return told(chainLines("Deleting", table.deleteChain(invocation.chain)));
		case "E":
			table.renameChain(chain, invocation.newName ?? "");
			return "";
		case "P":
			table.setPolicy(chain, invocation.policy ?? "", invocation.counters);
			return "";
	}
}

/** `Flushing chain `INPUT'` and the like. */
export function chainLines(doing: string, chains: readonly string[]): string {
	return chains.map((chain) => `${doing} chain \`${chain}'\n`).join("");
}

function verboseRules(rules: readonly Rule[]): string {
	return rules.map((rule) => formatVerboseRule(rule, "ipv4")).join("");
}

function zeroToo(invocation: Invocation, table: StagedTable): string {
	if (!invocation.zero) return "";
	const chains = table.zero(invocation.chain, invocation.number);
	return invocation.verbose > 0 ? zeroed(invocation, chains) : "";
}

function zeroed({ number }: Invocation, chains: readonly string[]): string {
	return number === undefined ? chainLines("Zeroing", chains) : "";
}

function list(invocation: Invocation, table: StagedTable, { tool, names }: Surroundings): string {
	existing(invocation.chain, table, tool);
	return formatIptablesList(table.table, {
		family: "ipv4",
		verbose: invocation.verbose > 0,
		numbers: invocation.lineNumbers,
		exact: invocation.exact,
		...(invocation.numeric ? {} : { names }),
		...(invocation.chain === undefined ? {} : { chain: invocation.chain }),
		...(invocation.number === undefined ? {} : { rule: invocation.number }),
	});
}

function listRules({ chain, number, verbose }: Invocation, table: StagedTable, { tool }: Surroundings): string {
	const only = existing(chain, table, tool);
	const chains = only === undefined ? table.chains : [only];
	const counters = verbose > 0;
	const ruleLines = (of: StagedChain): readonly string[] =>
		of.rules.map((rule) => `${formatRule(rule, of.name, { counters })}\n`);
	if (only !== undefined && number !== undefined) return ruleLines(only)[number - 1] ?? "";
	const heads = chains.map((of) => {
		if (!of.isBuiltin) return `-N ${of.name}\n`;
		const count = counters ? ` -c ${of.counters.packets} ${of.counters.bytes}` : "";
		return `-P ${of.name} ${of.policy.toUpperCase()}${count}\n`;
	});
	return [...heads, ...chains.flatMap(ruleLines)].join("");
}

/** The chain to be listed; undefined: all. */
function existing(name: string | undefined, table: StagedTable, tool: Tool): StagedChain | undefined {
	if (name === undefined) return undefined;
	const chain = table.chain(name);
	if (chain !== undefined) return chain;
	const what = `chain \`${name}' in table \`${table.name}' is incompatible, use 'nft' tool.`;
	throw new ToolExit(1, `${tool.name} ${tool.version}: ${what}\n`);
}
