/**
 * A table as it is and as the commands given so far make it, before the kernel is asked: each command is checked as iptables
 * checks it and adds the operations that carry it out.
 */
import { formatRule } from "../../../formats/iptables-save.ts";
import type { Op, Verb } from "../../../kernel/kernel.ts";
import type { KernelObject, XtChain } from "../../../kernel/objects.ts";
import { BUILTIN_CHAINS, type Counters, type Rule, type Table, type TableName } from "../../../kernel/xtables.ts";
import { notModelled } from "../tool-exit.ts";
import { failed, type KernelStep, refused, type Tool, usage } from "./tool.ts";

export interface StagedChain {
	readonly name: string;
	readonly isBuiltin: boolean;
	policy: "accept" | "drop";
	counters: Counters;
	rules: readonly Rule[];
}

/** An operation, and what to say when the kernel refuses it. */
export interface StagedStep {
	readonly op: Op;
	readonly kernelStep: KernelStep;
	readonly tool: Tool;
}

const NO_CHAIN = "No chain/target/match by that name";
const NO_RULE = "Bad rule (does a matching rule exist in that chain?)";
const ZERO: Counters = { packets: 0, bytes: 0 };

export class StagedTable {
	readonly name: TableName;
	readonly steps: StagedStep[] = [];
	/** Something is loaded: empty tables that nobody has touched do not exist. */
	touched: boolean;
	readonly #chains = new Map<string, StagedChain>();
	/** The command line, or the line of a file, at work. */
	#tool: Tool;

	/** `dumped` are the chains that the kernel has, of all tables. */
	constructor(name: TableName, dumped: readonly XtChain[], tool: Tool) {
		this.name = name;
		this.#tool = tool;
		for (const hook of BUILTIN_CHAINS[name]) this.#addChain(hook, { isBuiltin: true });
		const own = dumped.filter((chain) => chain.table === name && chain.family === "ipv4");
		this.touched = own.length > 0;
		for (const { chain: chainName, policy, counters, rules } of own) {
			const chain = this.#chains.get(chainName) ?? this.#addChain(chainName, { isBuiltin: false });
			chain.policy = policy ?? "accept";
			chain.counters = counters ?? ZERO;
			chain.rules = rules;
		}
	}

	/** Who asks from now on. */
	set tool(tool: Tool) {
		this.#tool = tool;
	}

	/** Built-in chains, then the others by name. */
	get chains(): readonly StagedChain[] {
		const chains = [...this.#chains.values()];
		const users = chains.filter((chain) => !chain.isBuiltin).sort((a, b) => (a.name < b.name ? -1 : 1));
		return [...chains.filter((chain) => chain.isBuiltin), ...users];
	}

	get table(): Table {
		const chains = this.chains.map(({ name, isBuiltin, policy, counters, rules }) =>
			isBuiltin ? { name, policy, counters, rules } : { name, rules },
		);
		return { name: this.name, chains };
	}

	chain(name: string): StagedChain | undefined {
		return this.#chains.get(name);
	}

	append(name: string, rules: readonly Rule[]): void {
		this.#checkRules(rules, "RULE_APPEND", name);
		const chain = this.#existing(name);
		for (const rule of rules) {
			chain.rules = [...chain.rules, rule];
			this.#rule("add", "RULE_APPEND", { chain: name, rule, duplicate: true });
		}
	}

	insert(name: string, number: number, rules: readonly Rule[]): void {
		this.#checkRules(rules, "RULE_INSERT", name);
		const chain = this.#existing(name);
		if (number > chain.rules.length + 1) throw failed(this.#tool, "Index of insertion too big");
		for (const rule of rules) {
			chain.rules = chain.rules.toSpliced(number - 1, 0, rule);
			this.#rule("add", "RULE_INSERT", { chain: name, rule, position: number, duplicate: true });
		}
	}

	replace(name: string, number: number, rule: Rule): void {
		this.#checkRules([rule], "RULE_REPLACE", name);
		const chain = this.#existing(name);
		if (number > chain.rules.length) throw failed(this.#tool, "Index of replacement too big");
		chain.rules = chain.rules.with(number - 1, rule);
		this.#rule("replace", "RULE_REPLACE", { chain: name, rule, position: number });
	}

	delete(name: string, rules: readonly Rule[]): void {
		this.#checkRules(rules, "RULE_DELETE", name);
		for (const rule of rules) this.#remove(name, this.#indexOf(name, rule));
	}

	deleteNumber(name: string, number: number): void {
		if (number > this.#existing(name).rules.length) throw failed(this.#tool, "Index of deletion too big");
		this.#remove(name, number - 1);
	}

	/** Throws unless every rule is there. */
	check(name: string, rules: readonly Rule[]): void {
		this.#checkRules(rules, "RULE_CHECK", name);
		for (const rule of rules) this.#indexOf(name, rule);
	}

	/** One chain, or all; the result is the names of the flushed. */
	flush(name: string | undefined): readonly string[] {
		const chains = name === undefined ? this.chains : [this.#existing(name)];
		for (const chain of chains) {
			if (chain.rules.length > 0) this.#chain("replace", "RULE_FLUSH", chain, { rules: [] });
			chain.rules = [];
		}
		return chains.map((chain) => chain.name);
	}

	/** Of a chain (its policy included), of one of its rules if it is there, or of all chains; the result is their names. */
	zero(name: string | undefined, number: number | undefined): readonly string[] {
		const chains = name === undefined ? this.chains : [this.#existing(name)];
		for (const chain of chains) {
			const isMeant = (index: number): boolean => number === undefined || index === number - 1;
			const isChanged = chain.rules.some(({ counters }, index) => isMeant(index) && (counters?.packets ?? 0) > 0);
			chain.rules = chain.rules.map((rule, index) => (isMeant(index) ? { ...rule, counters: ZERO } : rule));
			if (number === undefined) chain.counters = ZERO;
			if (!this.touched) continue;
			this.#chain("replace", "CHAIN_ZERO", chain, isChanged ? { rules: chain.rules } : { rules: [], keepRules: true });
		}
		return chains.map((chain) => chain.name);
	}

	newChain(name: string): void {
		if (this.#chains.has(name)) throw failed(this.#tool, "Chain already exists");
		this.#chain("add", "CHAIN_ADD", this.#addChain(name, { isBuiltin: false }), { rules: [] });
	}

	/** What `:NAME -` of a restored file does: makes the chain, or empties it. */
	declareChain(name: string): void {
		const chain = this.#chains.get(name) ?? this.#addChain(name, { isBuiltin: false });
		chain.rules = [];
		this.#chain("replace", "CHAIN_USER_ADD", chain, { rules: [] });
	}

	/** One chain, or all that are not built in; the result is the names. */
	deleteChain(name: string | undefined): readonly string[] {
		const chains = name === undefined ? this.chains.filter((chain) => !chain.isBuiltin) : [this.#existing(name)];
		for (const chain of chains) {
			const step = { step: "CHAIN_DEL", where: `chain ${chain.name}` };
			const isBusy = chain.rules.length > 0 || this.#references(chain.name) > 0;
			if (isBusy) throw refused(this.#tool, step, "Device or resource busy");
			if (!chain.isBuiltin) {
				this.#chain("delete", "CHAIN_DEL", chain, { rules: [] });
				this.#chains.delete(chain.name);
			} else if (this.touched) this.policy(chain.name, "accept", ZERO);
		}
		return chains.map((chain) => chain.name);
	}

	renameChain(name: string, newName: string): void {
		if (this.#chains.has(newName)) throw failed(this.#tool, "File exists");
		const chain = this.#existing(name);
		if (chain.isBuiltin) throw failed(this.#tool, "Invalid argument", { hint: true });
		const renamed = this.#addChain(newName, { isBuiltin: false });
		renamed.rules = chain.rules;
		this.#chain("add", "CHAIN_RENAME", renamed, { rules: chain.rules });
		for (const other of this.#chains.values()) {
			for (const [index, rule] of other.rules.entries()) {
				if (!("chain" in rule.target) || rule.target.chain !== name) continue;
				const moved = { ...rule, target: { ...rule.target, chain: newName } };
				other.rules = other.rules.with(index, moved);
				this.#rule("replace", "CHAIN_RENAME", { chain: other.name, rule: moved, position: index + 1 });
			}
		}
		this.#chain("delete", "CHAIN_RENAME", chain, { rules: [] });
		this.#chains.delete(name);
	}

	/** `policy` is the word as it was typed. */
	setPolicy(name: string, policy: string, counters: Counters | undefined): void {
		if (policy !== "ACCEPT" && policy !== "DROP") throw failed(this.#tool, "Bad policy name", { hint: true });
		const chain = this.#chains.get(name);
		if (chain?.isBuiltin !== true) throw failed(this.#tool, "Bad built-in chain name");
		this.policy(name, policy === "DROP" ? "drop" : "accept", counters ?? chain.counters);
	}

	policy(name: string, policy: "accept" | "drop", counters: Counters): void {
		const chain = this.#existing(name);
		chain.policy = policy;
		chain.counters = counters;
		this.#chain("replace", "CHAIN_UPDATE", chain, { rules: [], keepRules: true });
	}

	/** Everything goes: the beginning of a restore without `--noflush`. */
	clear(): { readonly flushed: readonly string[]; readonly deleted: readonly string[] } {
		const flushed = this.flush(undefined);
		if (!this.touched) return { flushed, deleted: [] };
		for (const chain of this.chains) if (chain.isBuiltin) this.policy(chain.name, "accept", ZERO);
		return { flushed, deleted: this.deleteChain(undefined) };
	}

	#existing(name: string): StagedChain {
		const chain = this.#chains.get(name);
		if (chain === undefined) throw failed(this.#tool, NO_CHAIN);
		return chain;
	}

	#addChain(name: string, { isBuiltin }: { readonly isBuiltin: boolean }): StagedChain {
		const chain: StagedChain = { name, isBuiltin, policy: "accept", counters: ZERO, rules: [] };
		this.#chains.set(name, chain);
		return chain;
	}

	#references(name: string): number {
		const rules = [...this.#chains.values()].flatMap((chain) => chain.rules);
		return rules.filter(({ target }) => "chain" in target && target.chain === name).length;
	}

	#indexOf(name: string, rule: Rule): number {
		const wanted = formatRule(rule);
		const index = this.#chains.get(name)?.rules.findIndex((other) => formatRule(other) === wanted) ?? -1;
		if (index < 0) throw failed(this.#tool, NO_RULE);
		return index;
	}

	#remove(name: string, index: number): void {
		const chain = this.#existing(name);
		const rule = chain.rules[index];
		if (rule === undefined) return;
		chain.rules = chain.rules.toSpliced(index, 1);
		this.#rule("delete", "RULE_DELETE", { chain: name, rule, position: index + 1 });
	}

	/** What is not modelled is refused by name; a chain that is jumped to must be there. */
	#checkRules(rules: readonly Rule[], step: string, chain: string): void {
		for (const { matches, target } of rules) {
			for (const match of matches) {
				if (match.kind === "unknown-match") throw notModelled(`iptables ${unknownMatch(match.name, match.text)}`);
			}
			if (target.kind === "unknown-target") throw notModelled(`iptables -j ${target.name} ${target.text}`.trimEnd());
			if (target.kind !== "jump" && target.kind !== "goto") continue;
			const to = this.#chains.get(target.chain);
			if (to === undefined) throw usage(this.#tool, `Chain '${target.chain}' does not exist`);
			if (to.isBuiltin) throw refused(this.#tool, { step, where: `rule in chain ${chain}` }, "Operation not supported");
		}
	}

	#rule(
		verb: Verb,
		step: string,
		{ chain, ...of }: { chain: string; rule: Rule; position?: number; duplicate?: true },
	): void {
		const object: KernelObject = { kind: "xt-rule", family: "ipv4", table: this.name, chain, ...of };
		this.#step({ verb, object }, { step, where: `rule in chain ${chain}` });
	}

	#chain(verb: Verb, step: string, chain: StagedChain, body: Pick<XtChain, "rules" | "keepRules">): void {
		const { name, isBuiltin, policy, counters } = chain;
		const base = isBuiltin ? { policy, counters } : {};
		const object: KernelObject = {
			kind: "xt-chain",
			family: "ipv4",
			table: this.name,
			chain: name,
			...base,
			...body,
		};
		this.#step({ verb, object }, { step, where: `chain ${name}` });
	}

	#step(op: Op, kernelStep: KernelStep): void {
		this.touched = true;
		this.steps.push({ op, kernelStep, tool: this.#tool });
	}
}

function unknownMatch(name: string, text: string): string {
	return name === "" ? text : `-m ${name} ${text}`.trimEnd();
}
