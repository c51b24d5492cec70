/** Reads a whole `iptables-save` text (also one written by hand for `iptables-restore`), line by line. */
import { err, ok, type Result } from "../../base/result.ts";
import { BUILTIN_CHAINS, type Counters, type Rule, TABLE_NAMES, type TableName } from "../../kernel/xtables.ts";
import type { IpFamily } from "../../wire/addr.ts";
import { splitWords, type Words } from "./lexer.ts";
import { parseRuleWords } from "./rule-parser.ts";

interface ChainDraft {
	readonly name: string;
	policy?: "accept" | "drop";
	counters?: Counters;
	readonly rules: Rule[];
}

export interface TableDraft {
	readonly name: TableName;
	readonly chains: ReadonlyMap<string, ChainDraft>;
	/** Comment and blank lines before the table. */
	readonly before: readonly string[];
}

export interface LineFault {
	/** Index of the character that the message is about. */
	readonly at: number;
	readonly message: string;
	readonly token: string;
}

type LineResult = Result<void, LineFault>;

const DONE: LineResult = ok(undefined);

/** Takes lines one after the other; `tables` and `pending` are what came of them. */
export class SaveParser {
	readonly tables: TableDraft[] = [];
	/** Comment and blank lines since the last table. */
	pending: string[] = [];
	readonly #family: IpFamily;
	#table:
		| { readonly name: TableName; readonly chains: Map<string, ChainDraft>; readonly before: readonly string[] }
		| undefined;
	#chainNames: Set<string> = new Set();

	constructor(family: IpFamily) {
		this.#family = family;
	}

	/** Inside a table: `COMMIT` has not come yet. */
	get isOpen(): boolean {
		return this.#table !== undefined;
	}

	line(line: string): LineResult {
		const first = line.charAt(0);
		if (this.#table === undefined) {
			if (first === "*") return this.#openTable(line.slice(1).trim());
			if (first !== "#" && line.trim() !== "") return fault(0, `expected "*table", got "${line}"`, line);
			this.pending.push(line);
			return DONE;
		}
		if (first === "-" || first === "[") return this.#ruleLine(line);
		if (first === ":") return this.#chainLine(line);
		if (line.trimEnd() === "COMMIT") {
			this.tables.push(this.#table);
			this.#table = undefined;
			return DONE;
		}
		return first === "#" || line.trim() === "" ? DONE : fault(0, `line failed: ${line}`, line);
	}

	#openTable(name: string): LineResult {
		const known = TABLE_NAMES.find((table) => table === name);
		if (known === undefined) return fault(1, `table '${name}' does not exist`, name);
		this.#table = { name: known, chains: new Map(), before: this.pending };
		this.#chainNames = new Set();
		this.pending = [];
		return DONE;
	}

	/** `:CHAIN POLICY [packets:bytes]` */
	#chainLine(line: string): LineResult {
		const match = /^:(\S+)\s+(\S+)(?:\s+\[(\d+):(\d+)\])?\s*$/.exec(line);
		if (match === null) return fault(0, `bad chain line: ${line}`, line);
		const [, name = "", policy = "", packets, bytes] = match;
		const added = this.#addChain(name, policy, line.indexOf(policy, name.length + 1));
		if (!added.ok) return added;
		if (packets !== undefined && bytes !== undefined) {
			const chain = this.#table?.chains.get(name);
			if (chain !== undefined) chain.counters = { packets: Number(packets), bytes: Number(bytes) };
		}
		return DONE;
	}

	/** Declares a chain, or sets the policy of one. */
	#addChain(name: string, policy: string, policyAt: number): LineResult {
		const table = this.#table;
		if (table === undefined) return DONE;
		const chain: ChainDraft = table.chains.get(name) ?? { name, rules: [] };
		if (isBuiltin(table.name, name)) {
			if (policy !== "ACCEPT" && policy !== "DROP" && policy !== "-") {
				return fault(policyAt, `Can't set policy \`${policy}' on \`${name}': bad policy name`, policy);
			}
			if (policy !== "-") chain.policy = policy === "DROP" ? "drop" : "accept";
		} else if (policy !== "-")
			return fault(policyAt, `Can't set policy \`${policy}' on \`${name}': not a built-in chain`, policy);
		table.chains.set(name, chain);
		this.#chainNames.add(name);
		return DONE;
	}

	/** `[[packets:bytes]] -A CHAIN …`; also `-I CHAIN [number] …`, `-N CHAIN`, `-P CHAIN POLICY`. */
	#ruleLine(line: string): LineResult {
		const words = splitWords(line);
		if (words.unterminated) return wordFault(words, words.words.length - 1, "unterminated quote");
		const counters = parseCounters(words.words[0] ?? "");
		const command = counters === undefined ? 0 : 1;
		const name = words.words[command + 1];
		if (name === undefined)
			return wordFault(words, command, `option "${words.words[command] ?? ""}" requires an argument`);
		let from = command + 2;
		let isInsert = false;
		let position = 1;
		switch (words.words[command] ?? "") {
			case "-A":
			case "--append":
				break;
			case "-I":
			case "--insert":
				isInsert = true;
				if (/^[1-9]\d*$/.test(words.words[from] ?? "")) {
					position = Number(words.words[from]);
					from += 1;
				}
				break;
			case "-N":
			case "--new-chain":
				return this.#addChain(name, "-", 0);
			case "-P":
			case "--policy":
				return this.#addChain(name, words.words[from] ?? "", words.starts[from] ?? line.length);
			default:
				return wordFault(words, command, `"${words.words[command]}" has no place in a saved rule set`);
		}
		const chain = this.#chainFor(name);
		if (chain === undefined) return wordFault(words, command + 1, `Chain '${name}' does not exist`);
		const rules = parseRuleWords(words, from, { family: this.#family, chains: this.#chainNames });
		if (!rules.ok) return wordFault(words, rules.error.word, rules.error.message);
		const counted = counters === undefined ? rules.value : rules.value.map((rule) => ({ ...rule, counters }));
		if (isInsert) chain.rules.splice(position - 1, 0, ...counted);
		else for (const rule of counted) chain.rules.push(rule);
		return DONE;
	}

	/** A declared chain, or a built-in one that needs no declaration. */
	#chainFor(name: string): ChainDraft | undefined {
		const table = this.#table;
		if (table === undefined) return undefined;
		const declared = table.chains.get(name);
		if (declared !== undefined || !isBuiltin(table.name, name)) return declared;
		this.#addChain(name, "-", 0);
		return table.chains.get(name);
	}
}

function isBuiltin(table: TableName, chain: string): boolean {
	return BUILTIN_CHAINS[table].some((name) => name === chain);
}

function parseCounters(word: string): Counters | undefined {
	const match = /^\[(\d+):(\d+)\]$/.exec(word);
	return match === null ? undefined : { packets: Number(match[1]), bytes: Number(match[2]) };
}

function wordFault(words: Words, word: number, message: string): LineResult {
	return fault(words.starts[word] ?? words.text.length, message, words.words[word] ?? "");
}

function fault(at: number, message: string, token: string): LineResult {
	return err({ at, message, token });
}
