/** The words after `iptables`, as getopt_long and iptables 1.8.9 read them: which command, on what, with which rule. */
import { splitWords, type Words, wordsOf } from "../../../formats/iptables/lexer.ts";
import { isTargetName } from "../../../formats/iptables/registry.ts";
import type { ToolOptions } from "../../../formats/iptables/rule-context.ts";
import type { CommonOption } from "../../../formats/iptables/rule-head.ts";
import { parseRuleWords } from "../../../formats/iptables/rule-parser.ts";
import { type Counters, type Rule, TABLE_NAMES, type TableName } from "../../../kernel/xtables.ts";
import { ToolExit } from "../tool-exit.ts";
import { COMMANDS, type CommandLetter, illegalOption, LETTERS, LONG_NAMES, MAY_ZERO } from "./options.ts";
import { helpText, type Tool, tryHelp, usage } from "./tool.ts";

/** A command with all that belongs to it. */
export interface Invocation {
	readonly command: CommandLetter;
	/** `-Z` beside `-L` or `-S`. */
	readonly zero: boolean;
	readonly table: TableName;
	readonly chain: string | undefined;
	/** The number of a rule: of `-D`, `-R`, `-I` (default 1), `-L`, `-S`, `-Z`. */
	readonly number: number | undefined;
	readonly newName: string | undefined;
	readonly policy: string | undefined;
	/** `-c` beside `-P`. */
	readonly counters: Counters | undefined;
	/** More than one where `-s a,b` was given. */
	readonly rules: readonly Rule[];
	/** How often `-v` was given. */
	readonly verbose: number;
	readonly numeric: boolean;
	readonly exact: boolean;
	readonly lineNumbers: boolean;
	/** What is to be written to standard error before anything else. */
	readonly warning: string;
}

/** Throws a `ToolExit` for what iptables refuses, and for `-h` and `-V`. */
export function parseCommandLine(args: readonly string[], tool: Tool): Invocation {
	return new CommandLine(tool).parse(wordsOf(args), "filter");
}

export interface RestoreLine {
	readonly table: TableName;
	readonly verbose: boolean;
	/** What stood in brackets before it: packets and bytes, unchecked. */
	readonly counters?: readonly [string, string];
}

/** A line of a file that is restored. */
export function parseRestoreLine(text: string, tool: Tool, { table, verbose, counters }: RestoreLine): Invocation {
	const words = splitWords(counters === undefined ? text : `-c ${counters[0] || "0"} ${counters[1] || "0"} ${text}`);
	const invocation = new CommandLine(tool).parse(words, table);
	return verbose ? { ...invocation, verbose: invocation.verbose + 1 } : invocation;
}

class CommandLine implements ToolOptions {
	readonly letters: ToolOptions["letters"] = LETTERS;
	readonly names: ToolOptions["names"] = LONG_NAMES;
	readonly #tool: Tool;
	/** Of options that not every command takes, by their letter. */
	readonly #given = new Set<string>();
	#command: CommandLetter | undefined;
	#zero = false;
	#table: string | undefined;
	#chain: string | undefined;
	#number: number | undefined;
	#newName: string | undefined;
	#policy: string | undefined;
	#verbose = 0;
	#wait = false;
	#waitInterval = false;
	#warning = "";

	constructor(tool: Tool) {
		this.#tool = tool;
	}

	parse(words: Words, table: TableName): Invocation {
		const parsed = parseRuleWords(words, 0, { family: "ipv4", tool: this });
		if (!parsed.ok) throw this.#usage(parsed.error.message);
		const rules = parsed.value;
		if ((this.#table ?? table) === "nat" && (this.#policy === "DROP" || rules[0]?.target.kind === "drop")) {
			throw this.#usage(NAT_IS_NO_FILTER);
		}
		const command = this.#command;
		if (command === undefined) throw this.#usage("no command specified");
		this.#check(command, rules);
		const known = TABLE_NAMES.find((name) => name === (this.#table ?? table));
		if (known === undefined) {
			const what = `table '${this.#table}' does not exist\nPerhaps iptables or your kernel needs to be upgraded.`;
			throw new ToolExit(3, `${this.#warning}${this.#tool.name} ${this.#tool.version}: ${what}\n`);
		}
		return {
			command,
			zero: this.#zero,
			table: known,
			chain: this.#chain,
			number: this.#number,
			newName: this.#newName,
			policy: this.#policy,
			counters: rules[0]?.counters,
			rules,
			verbose: this.#verbose,
			numeric: this.#given.has("n"),
			exact: this.#given.has("x"),
			lineNumbers: this.#given.has("0"),
			warning: this.#warning,
		};
	}

	note(option: CommonOption): void {
		if (option !== "-m") this.#given.add(option === "-g" ? "j" : option.charAt(1));
	}

	take(option: string, rest: readonly string[], invert: boolean): number | string {
		const letter = COMMANDS.find((command) => option === `-${command}`);
		if (letter !== undefined) return invert ? "unexpected '!' flag" : this.#takeCommand(letter, rest);
		switch (option) {
			case "-n":
			case "-x":
			case "-v":
			case "--line-numbers": {
				const flag = option === "--line-numbers" ? "0" : option.charAt(1);
				if (invert) return `cannot have ! before -${flag}`;
				if (this.#given.has(flag) && flag !== "v") return `multiple -${flag} flags not allowed`;
				this.#given.add(flag);
				if (flag === "v") this.#verbose += 1;
				return 0;
			}
			case "-t":
				if (invert) return "unexpected ! flag before --table";
				if (this.#tool.line !== undefined) return `The -t option cannot be used in ${this.#tool.name}.`;
				this.#table = rest[0];
				return 1;
			case "-V":
				throw new ToolExit(0, this.#warning, versionLine(this.#tool, invert));
			case "-h":
				throw new ToolExit(0, this.#warning, helpText(this.#tool));
			case "-w":
			case "-W":
				return this.#takeWait(option, rest);
			case "-6":
				throw new ToolExit(2, this.#warning + tryHelp(this.#tool.name));
			case "-4":
				return 0;
			default:
				return 1; // --modprobe=COMMAND
		}
	}

	#takeWait(option: "-w" | "-W", rest: readonly string[]): number | string {
		if (this.#tool.line !== undefined) return `You cannot use \`${option}' from ${this.#tool.name}`;
		if (option === "-W") {
			this.#waitInterval = true;
			this.#warning += "Ignoring deprecated --wait-interval option.\n";
		} else this.#wait = true;
		const value = argument(rest, 0);
		if (value === undefined) return 0;
		if (!/^\d+$/.test(value) && option === "-w") return "wait seconds not numeric";
		return 1;
	}

	#takeCommand(letter: CommandLetter, rest: readonly string[]): number | string {
		const refused = this.#addCommand(letter);
		if (refused !== undefined) return refused;
		switch (letter) {
			case "A":
			case "C":
				this.#chain = rest[0];
				return 1;
			case "D":
			case "I":
			case "R":
				this.#chain = rest[0];
				if (argument(rest, 1) !== undefined) return this.#takeNumber(rest[1] ?? "", 2);
				if (letter === "R") return "-R requires a rule number";
				if (letter === "I") this.#number = 1;
				return 1;
			case "L":
			case "S":
			case "Z":
				if (argument(rest, 0) === undefined) return 0;
				this.#chain = rest[0];
				return argument(rest, 1) === undefined ? 1 : this.#takeNumber(rest[1] ?? "", 2);
			case "F":
			case "X":
				if (argument(rest, 0) === undefined) return 0;
				this.#chain = rest[0];
				return 1;
			case "N":
				return this.#takeNewChain(rest[0] ?? "");
			case "E":
				this.#chain = rest[0];
				this.#newName = argument(rest, 1);
				return this.#newName === undefined ? "-E requires old-chain-name and new-chain-name" : 2;
			case "P":
				this.#chain = rest[0];
				this.#policy = argument(rest, 1);
				return this.#policy === undefined ? "-P requires a chain and a policy" : 2;
		}
	}

	#addCommand(letter: CommandLetter): string | undefined {
		const before = this.#command;
		if (before === undefined) this.#command = letter;
		else if (letter === "Z" && MAY_ZERO.has(before) && !this.#zero) this.#zero = true;
		else if (before === "Z" && MAY_ZERO.has(letter)) {
			this.#command = letter;
			this.#zero = true;
		} else return `Cannot use -${letter} with -${before}`;
		return undefined;
	}

	#takeNumber(text: string, used: number): number | string {
		const number = /^\d+$/.test(text) ? Number(text) : 0;
		if (number < 1 || number > 0xffffffff) return `Invalid rule number \`${text}'`;
		this.#number = number;
		return used;
	}

	#takeNewChain(name: string): number | string {
		const complaint = chainNameComplaint(name);
		this.#chain = name;
		return complaint ?? 1;
	}

	#check(command: CommandLetter, rules: readonly Rule[]): void {
		if (this.#waitInterval && !this.#wait) throw this.#usage("--wait-interval only makes sense with --wait");
		if (command === "R" && rules.length > 1) throw this.#usage("Replacement rule does not specify a unique address");
		const byNumber = command === "D" && this.#number !== undefined;
		const illegal = illegalOption(byNumber ? "D number" : command, this.#given);
		if (illegal !== undefined) throw this.#usage(`Illegal option \`-${illegal}' with this command`);
		const chain = this.#chain ?? "";
		const tooLong = chainLengthComplaint(chain);
		if (tooLong !== undefined) throw this.#usage(tooLong);
		if (!"ACDIR".includes(command)) return;
		if (this.#given.has("o") && (chain === "PREROUTING" || chain === "INPUT")) {
			throw this.#usage(`Can't use -o with ${chain}`);
		}
		if (this.#given.has("i") && (chain === "POSTROUTING" || chain === "OUTPUT")) {
			throw this.#usage(`Can't use -i with ${chain}`);
		}
	}

	#usage(message: string): ToolExit {
		const exit = usage(this.#tool, message);
		return new ToolExit(exit.code, this.#warning + exit.stderr);
	}
}

const NAT_IS_NO_FILTER = '\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n';

/** Why a new chain cannot have the name. */
export function chainNameComplaint(name: string): string | undefined {
	if (/^[-!]/.test(name)) return `chain name not allowed to start with \`${name.charAt(0)}'`;
	if (isTargetName(name)) return "chain name may not clash with target name";
	return /\s/.test(name) ? `Invalid chain name \`${name}'` : undefined;
}

export function chainLengthComplaint(name: string): string | undefined {
	return name.length > 28 ? `chain name \`${name}' too long (must be under 29 chars)` : undefined;
}

function versionLine(tool: Tool, invert: boolean): string {
	return invert ? `Not ${tool.version.slice(1)} ;-)\n` : `${tool.name} ${tool.version}\n`;
}

/** The word, unless it begins an option. */
function argument(rest: readonly string[], at: number): string | undefined {
	const word = rest[at];
	return word === undefined || /^[-!]/.test(word) ? undefined : word;
}
