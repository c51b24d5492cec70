/** The words after `conntrack`. */
import { protocolNumber } from "../../../formats/iptables/names.ts";
import { parsePort } from "../../../formats/iptables/values.ts";
import { ToolExit } from "../tool-exit.ts";
import {
	beginningWith,
	COMMAND_NAMES,
	COMMANDS,
	type CommandLetter,
	illegalOption,
	OPTIONS,
	type OptionSyntax,
	PROTOCOL_OPTIONS,
} from "./options.ts";

export const TOOL = "conntrack v1.4.7 (conntrack-tools)";

export type ConntrackTable = "conntrack" | "expect" | "dying" | "unconfirmed";

export interface Invocation {
	readonly command: CommandLetter;
	readonly table: ConntrackTable;
	/** Values by the option's full name; "" for an optional value that was left out. */
	readonly given: ReadonlyMap<string, string>;
	readonly proto: number | undefined;
}

/** Wrong words: exit 2. */
export function usage(message: string): ToolExit {
	return new ToolExit(2, `${TOOL}: ${message}\nTry \`conntrack -h' or 'conntrack --help' for more information.\n`);
}

/** The kernel said no: exit 1. */
export function failed(message: string): ToolExit {
	return new ToolExit(1, `${TOOL}: Operation failed: ${message}\n`);
}

/** Throws a `ToolExit` for what conntrack refuses. */
export function parseCommandLine(args: readonly string[]): Invocation {
	return new CommandLine(args).parse();
}

class CommandLine {
	readonly #args: readonly string[];
	readonly #given = new Map<string, string>();
	#command: CommandLetter | undefined;
	#table: ConntrackTable = "conntrack";
	#proto: number | undefined;

	constructor(args: readonly string[]) {
		this.#args = args;
	}

	parse(): Invocation {
		for (let at = 0; at < this.#args.length; ) {
			const word = this.#args[at] ?? "";
			if (word === "--") break;
			if (word.startsWith("--")) at = this.#long(word, at);
			else if (word.startsWith("-") && word !== "-") at = this.#short(word, at);
			else at += 1;
		}
		const command = this.#command ?? "h";
		const illegal = illegalOption(command, new Set(this.#given.keys()));
		if (illegal !== undefined) throw usage(`Illegal option \`--${illegal}' with this command`);
		const bare = this.#table === "expect" ? [...this.#given.keys()].find((name) => name !== "output") : undefined;
		if (bare !== undefined) throw usage(`Illegal option \`--${bare}' with this command`);
		return { command, table: this.#table, given: this.#given, proto: this.#proto };
	}

	/** Letters one after the other; returns the index of the next word. */
	#short(word: string, at: number): number {
		for (let k = 1; k < word.length; k += 1) {
			const letter = word.charAt(k);
			const command = COMMANDS.find((known) => known === letter);
			const rest = word.slice(k + 1);
			if (command !== undefined) {
				const used = this.#takeCommand(command, rest === "" ? this.#argument(at + 1) : undefined);
				// What is glued to a command is taken for its table and not looked at.
				if (rest !== "" && takesTable(command)) return at + 1;
				if (used) return at + 2;
				continue;
			}
			const option = OPTIONS.find((known) => known.letter === letter);
			if (option === undefined) throw usage(`unknown option \`-${letter}'`);
			if (option.value === "none") this.#take(option, "");
			else return this.#takeValue(option, { typed: `-${letter}`, attached: rest === "" ? undefined : rest, at });
		}
		return at + 1;
	}

	#long(word: string, at: number): number {
		const equals = word.indexOf("=");
		const name = word.slice(2, equals < 0 ? undefined : equals);
		const attached = equals < 0 ? undefined : word.slice(equals + 1);
		const options = [...OPTIONS, ...(PROTOCOL_OPTIONS[this.#proto ?? -1] ?? [])];
		const names = (option: OptionSyntax): readonly string[] => [option.name, ...(option.also ?? [])];
		const exact = options.find((option) => names(option).includes(name));
		const command = COMMAND_NAMES[name];
		if (exact === undefined && command === undefined) {
			const near = options.filter((option) => names(option).some((known) => known.startsWith(name)));
			const nearCommands = Object.keys(COMMAND_NAMES).filter((known) => known.startsWith(name));
			if (near.length + nearCommands.length !== 1) throw usage(`unknown option \`${word}'`);
			const [option] = near;
			if (option !== undefined) return this.#takeLong(option, { typed: word, attached, at });
			return this.#takeCommand(COMMAND_NAMES[nearCommands[0] ?? ""] ?? "h", this.#argument(at + 1)) ? at + 2 : at + 1;
		}
		if (exact !== undefined) return this.#takeLong(exact, { typed: word, attached, at });
		return this.#takeCommand(command ?? "h", this.#argument(at + 1)) ? at + 2 : at + 1;
	}

	#takeLong(option: OptionSyntax, place: { typed: string; attached: string | undefined; at: number }): number {
		if (option.value !== "none") return this.#takeValue(option, place);
		this.#take(option, "");
		return place.at + 1;
	}

	#takeValue(
		option: OptionSyntax,
		{ typed, attached, at }: { typed: string; attached: string | undefined; at: number },
	): number {
		const next = option.value === "optional" ? this.#argument(at + 1) : this.#args[at + 1];
		const value = attached ?? next;
		if (value === undefined && option.value === "required") throw usage(`option \`${typed}' requires an argument`);
		this.#take(option, value ?? "");
		return attached !== undefined || value === undefined ? at + 1 : at + 2;
	}

	#take({ name }: OptionSyntax, value: string): void {
		if (name === "protonum") {
			const proto = PROTOCOLS[value.toLowerCase()] ?? protocolNumber(value);
			if (proto === undefined) throw usage(`\`${value}' unsupported protocol`);
			this.#proto = proto;
		}
		if (name === "family" && value !== "ipv4" && value !== "ipv6") throw usage(`\`${value}' unsupported protocol`);
		const before = this.#given.get(name);
		const isList = name === "output" || name === "status" || name === "event-mask";
		this.#given.set(name, isList && before !== undefined ? `${before},${value}` : value);
	}

	/** Whether the word after the command was its table's name. */
	#takeCommand(letter: CommandLetter, table: string | undefined): boolean {
		if (this.#command !== undefined) throw usage("Invalid commands combination");
		this.#command = letter;
		if (table === undefined || !takesTable(letter)) return false;
		const found = beginningWith(table, ["conntrack", "expect", "dying", "unconfirmed"] as const);
		if (found === undefined) throw usage(`unknown type \`${table}'`);
		this.#table = found;
		return true;
	}

	/** The word, unless it is an option. */
	#argument(at: number): string | undefined {
		const word = this.#args[at];
		return word === undefined || word.startsWith("-") ? undefined : word;
	}
}

function takesTable(letter: CommandLetter): boolean {
	return !["V", "h", "S", "A", "R"].includes(letter);
}

/** Those that conntrack has modules for, where their names are other than in /etc/protocols. */
const PROTOCOLS: Readonly<Record<string, number>> = { icmpv6: 58 };

/** As C's strtoul and the services file read a port; anything else is 0. */
export function portValue(text: string | undefined): number | undefined {
	if (text === undefined) return undefined;
	return parsePort(text) ?? 0;
}
