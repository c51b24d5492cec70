/** ipset's command lines: on the shell's line or a line of `ipset restore`. */
import { IPSET_NAME_LENGTH } from "../../kernel/ipset.ts";
import { type IpSetFault, syntax, usage } from "./fault.ts";

export type IpSetCommandName =
	| "create"
	| "add"
	| "del"
	| "test"
	| "destroy"
	| "list"
	| "save"
	| "restore"
	| "flush"
	| "rename"
	| "swap"
	| "help"
	| "version"
	| "quit"
	| "-";

export interface IpSetCommand {
	readonly command: IpSetCommandName;
	/** What follows the command's name, without options of the whole. */
	readonly args: readonly string[];
	readonly options: IpSetGlobals;
}

export interface IpSetGlobals {
	readonly output?: "plain" | "save" | "xml";
	readonly sorted: boolean;
	readonly quiet: boolean;
	readonly resolve: boolean;
	readonly exist: boolean;
	readonly names: boolean;
	readonly terse: boolean;
	readonly file?: string;
}

type Draft = { -readonly [K in keyof IpSetGlobals]: IpSetGlobals[K] };

const COMMANDS: Readonly<Record<IpSetCommandName, readonly string[]>> = {
	create: ["create", "n", "-N", "--create", "new"],
	add: ["add", "a", "-A", "--add"],
	del: ["del", "d", "-D", "--del", "delete"],
	test: ["test", "t", "-T", "--test"],
	destroy: ["destroy", "x", "-X", "--destroy"],
	list: ["list", "l", "-L", "--list"],
	save: ["save", "s", "-S", "--save"],
	restore: ["restore", "r", "-R", "--restore"],
	flush: ["flush", "f", "-F", "--flush"],
	rename: ["rename", "e", "-E", "--rename"],
	swap: ["swap", "w", "-W", "--swap"],
	help: ["help", "h", "-h", "-H", "--help"],
	version: ["version", "v", "-v", "-V", "--version"],
	quit: ["quit"],
	"-": ["-"],
};

/** How many words a command needs; the rest are optional. */
const NEEDS: Partial<Readonly<Record<IpSetCommandName, number>>> = {
	create: 2,
	add: 2,
	del: 2,
	test: 2,
	rename: 2,
	swap: 2,
};
/** How many it takes; more belong to the element or the set. */
const TAKES: Partial<Readonly<Record<IpSetCommandName, number>>> = {
	destroy: 1,
	list: 1,
	save: 1,
	flush: 1,
	rename: 2,
	swap: 2,
	restore: 0,
};

const FLAGS: Readonly<Record<string, keyof Omit<Draft, "output" | "file">>> = {
	s: "sorted",
	sorted: "sorted",
	q: "quiet",
	quiet: "quiet",
	r: "resolve",
	resolve: "resolve",
	"!": "exist",
	exist: "exist",
	n: "names",
	name: "names",
	t: "terse",
	terse: "terse",
};

export function parseIpSetCommand(words: readonly string[]): IpSetCommand | IpSetFault {
	const options: Draft = { sorted: false, quiet: false, resolve: false, exist: false, names: false, terse: false };
	const rest: string[] = [];
	for (let at = 0; at < words.length; at += 1) {
		const word = words[at] ?? "";
		const option = /^--?([a-z]+|!)$/.exec(word)?.[1];
		const flag = option === undefined ? undefined : FLAGS[option];
		if (flag !== undefined) options[flag] = true;
		else if (option === "o" || option === "output" || option === "f" || option === "file") {
			at += 1;
			const value = words[at];
			const letter = option.charAt(0);
			if (value === undefined) return usage(`Missing mandatory argument to option -${letter}`);
			if (letter === "f") options.file = value;
			else if (value === "plain" || value === "save" || value === "xml") options.output = value;
			else return syntax(`unknown output mode '${value}'`);
		} else rest.push(word);
	}
	const [name, ...args] = rest;
	if (name === undefined) return usage("No command specified.");
	const command = commandNamed(name);
	if (command === undefined) return usage(`No command specified: unknown argument ${name}`);
	const needs = NEEDS[command] ?? 0;
	if (args.length < needs) {
		return usage(`Missing ${args.length === 0 ? "" : "second "}mandatory argument to command ${command}`);
	}
	const extra = args[TAKES[command] ?? Infinity];
	if (extra !== undefined) return usage(`Unknown argument ${extra}`);
	const [set = ""] = args;
	if (needs > 0 && set.length > IPSET_NAME_LENGTH) {
		return syntax(`setname '${set}' is longer than ${IPSET_NAME_LENGTH} characters`);
	}
	return { command, args, options };
}

function commandNamed(word: string): IpSetCommandName | undefined {
	for (const [command, names] of Object.entries(COMMANDS)) {
		if (names.includes(word)) return isCommandName(command) ? command : undefined;
	}
	return undefined;
}

function isCommandName(word: string): word is IpSetCommandName {
	return Object.hasOwn(COMMANDS, word);
}

/** The words of a line of a restore file: quotes hold spaces. A quote that is not closed ends the line. */
export function wordsOfLine(line: string): readonly string[] {
	const words: string[] = [];
	let rest = line.trim();
	while (rest !== "") {
		if (rest.startsWith('"')) {
			const end = rest.indexOf('"', 1);
			if (end < 0) return words;
			words.push(rest.slice(1, end));
			rest = rest.slice(end + 1).trimStart();
			continue;
		}
		const [word = ""] = /^\S+/.exec(rest) ?? [];
		words.push(word);
		rest = rest.slice(word.length).trimStart();
	}
	return words;
}
