/** How ipvsadm's words are split into options and their values: popt(3). */
import { badOption, type IpvsadmFault, TRY_HELP } from "./fault.ts";

/** What an option is for, as the tool's messages call it. Their order is that in which it looks at them. */
export const OPTION_NAMES = [
	"numeric",
	"connection",
	"service-address",
	"scheduler",
	"persistent",
	"netmask",
	"real-server",
	"forwarding-method",
	"weight",
	"u-threshold",
	"l-threshold",
	"mcast-interface",
	"timeout",
	"daemon",
	"stats",
	"rate",
	"thresholds",
	"persistent-conn",
	"nosort",
	"syncid",
	"exact",
	"ops",
	"pe",
	"sched-flags",
	"mcast-group",
	"mcast-port",
	"mcast-ttl",
	"sync-maxlen",
	"tun-info",
	"tun-type",
	"tun-port",
	"tun-nocsum",
	"tun-csum",
	"tun-remcsum",
] as const;

export type OptionName = (typeof OPTION_NAMES)[number];

export const COMMAND_NAMES = [
	"add-service",
	"edit-service",
	"delete-service",
	"flush",
	"restore",
	"save",
	"add-server",
	"edit-server",
	"delete-server",
	"list",
	"zero",
	"set",
	"start-daemon",
	"stop-daemon",
	"help",
	"version",
] as const;

export type CommandName = (typeof COMMAND_NAMES)[number];

export interface CommandSyntax {
	readonly command: CommandName;
	readonly arg?: "one";
}

export interface OptionSyntax {
	/** `ipv6` and `sort` are in no message. */
	readonly option: OptionName | "ipv6" | "sort";
	readonly arg?: "one" | "optional";
	/** What tells the spellings of one option apart. */
	readonly kind?: "tcp" | "udp" | "sctp" | "fwmark" | "masq" | "droute" | "tunnel";
}

export type Syntax = CommandSyntax | OptionSyntax;

const COMMANDS: Readonly<Record<string, CommandSyntax>> = {
	"-A --add-service": { command: "add-service" },
	"-E --edit-service": { command: "edit-service" },
	"-D --delete-service": { command: "delete-service" },
	"-C --clear": { command: "flush" },
	"-R --restore": { command: "restore" },
	"-S --save": { command: "save" },
	"-a --add-server": { command: "add-server" },
	"-e --edit-server": { command: "edit-server" },
	"-d --delete-server": { command: "delete-server" },
	"-L -l --list": { command: "list" },
	"-Z --zero": { command: "zero" },
	"--set": { command: "set" },
	"--start-daemon": { command: "start-daemon", arg: "one" },
	"--stop-daemon": { command: "stop-daemon", arg: "one" },
	"-h --help": { command: "help" },
	"-v --version": { command: "version" },
};

const OPTIONS: Readonly<Record<string, OptionSyntax>> = {
	"-t --tcp-service": { option: "service-address", arg: "one", kind: "tcp" },
	"-u --udp-service": { option: "service-address", arg: "one", kind: "udp" },
	"--sctp-service": { option: "service-address", arg: "one", kind: "sctp" },
	"-f --fwmark-service": { option: "service-address", arg: "one", kind: "fwmark" },
	"-6 --ipv6": { option: "ipv6" },
	"-s --scheduler": { option: "scheduler", arg: "one" },
	"--pe": { option: "pe", arg: "one" },
	"-p --persistent": { option: "persistent", arg: "optional" },
	"-M --netmask": { option: "netmask", arg: "one" },
	"-r --real-server": { option: "real-server", arg: "one" },
	"-g --gatewaying": { option: "forwarding-method", kind: "droute" },
	"-i --ipip": { option: "forwarding-method", kind: "tunnel" },
	"-m --masquerading": { option: "forwarding-method", kind: "masq" },
	"--tun-type": { option: "tun-type", arg: "one" },
	"--tun-port": { option: "tun-port", arg: "one" },
	"--tun-nocsum": { option: "tun-nocsum" },
	"--tun-csum": { option: "tun-csum" },
	"--tun-remcsum": { option: "tun-remcsum" },
	"-w --weight": { option: "weight", arg: "one" },
	"-x --u-threshold": { option: "u-threshold", arg: "one" },
	"-y --l-threshold": { option: "l-threshold", arg: "one" },
	"-c --connection": { option: "connection" },
	"--timeout": { option: "timeout" },
	"--daemon": { option: "daemon" },
	"--stats": { option: "stats" },
	"--rate": { option: "rate" },
	"--exact": { option: "exact" },
	"--thresholds": { option: "thresholds" },
	"--persistent-conn": { option: "persistent-conn" },
	"--tun-info": { option: "tun-info" },
	"--nosort": { option: "nosort" },
	"--sort": { option: "sort" },
	"-o --ops": { option: "ops" },
	"-n --numeric": { option: "numeric" },
	"-b --sched-flags": { option: "sched-flags", arg: "one" },
	"--syncid": { option: "syncid", arg: "one" },
	"--sync-maxlen": { option: "sync-maxlen", arg: "one" },
	"--mcast-interface": { option: "mcast-interface", arg: "one" },
	"--mcast-group": { option: "mcast-group", arg: "one" },
	"--mcast-port": { option: "mcast-port", arg: "one" },
	"--mcast-ttl": { option: "mcast-ttl", arg: "one" },
};

const SYNTAX: ReadonlyMap<string, Syntax> = new Map(
	[...Object.entries(COMMANDS), ...Object.entries(OPTIONS)].flatMap(([spellings, syntax]) =>
		spellings.split(" ").map((spelling): [string, Syntax] => [spelling, syntax]),
	),
);

/** Every spelling, for completion. */
export const SPELLINGS: readonly string[] = [...SYNTAX.keys()];

/** An option that was typed. */
export interface TypedOption {
	readonly syntax: Syntax;
	readonly value: string | undefined;
	/** The word in which it, or its value, stood. */
	readonly word: string;
}

/** Takes one option after another from the words; what is none of them is kept for later. */
export class OptionReader {
	readonly #words: readonly string[];
	readonly #rest: string[] = [];
	#at = 0;
	/** Letters of a word that are still to be read. */
	#letters = "";
	#isOver = false;

	constructor(words: readonly string[]) {
		this.#words = words;
	}

	/** The words that are no options, so far. */
	get rest(): readonly string[] {
		return this.#rest;
	}

	/** The next option; undefined: there is none left. */
	next(): TypedOption | IpvsadmFault | undefined {
		if (this.#letters !== "") return this.#letter();
		while (this.#at < this.#words.length) {
			const word = this.#words[this.#at] ?? "";
			this.#at += 1;
			if (this.#isOver || !word.startsWith("-") || word === "-") this.#rest.push(word);
			else if (word === "--") this.#isOver = true;
			else if (word.startsWith("--")) return this.#long(word);
			else {
				this.#letters = word.slice(1);
				return this.#letter();
			}
		}
		return undefined;
	}

	#long(word: string): TypedOption | IpvsadmFault {
		const [, name = word, given] = /^([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
		const syntax = SYNTAX.get(name);
		if (syntax === undefined) return badOption(word, "unknown option");
		if (syntax.arg === undefined && given !== undefined) return badOption(word, "option does not take an argument");
		return this.#typed(syntax, given, word);
	}

	#letter(): TypedOption | IpvsadmFault {
		const word = this.#words[this.#at - 1] ?? "";
		const syntax = SYNTAX.get(`-${this.#letters.charAt(0)}`);
		const after = this.#letters.slice(1);
		this.#letters = "";
		if (syntax === undefined) return badOption(word, "unknown option");
		if (syntax.arg === undefined) {
			this.#letters = after;
			return { syntax, value: undefined, word };
		}
		return this.#typed(syntax, after === "" ? undefined : after.replace(/^=/, ""), word);
	}

	/** With its value: what stands in the same word, or the next one. */
	#typed(syntax: Syntax, given: string | undefined, word: string): TypedOption | IpvsadmFault {
		if (given !== undefined || syntax.arg === undefined) return { syntax, value: given, word };
		const next = this.#words[this.#at];
		if (syntax.arg === "optional" && (next === undefined || next.startsWith("-"))) {
			return { syntax, value: undefined, word };
		}
		if (next === undefined) return badOption(word, "missing argument");
		this.#at += 1;
		return { syntax, value: next, word: next };
	}
}

/** The first option has to be a command. */
export function readCommand(
	reader: OptionReader,
): { readonly syntax: CommandSyntax; readonly value: string | undefined } | IpvsadmFault {
	const first = reader.next();
	if (first === undefined || !("syntax" in first) || !("command" in first.syntax)) return TRY_HELP;
	return { syntax: first.syntax, value: first.value };
}
