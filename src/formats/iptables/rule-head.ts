/** The options that every rule may have: `-s -d -i -o -p -f`, and what is collected of them. */
import type { Match, UnknownMatch } from "../../kernel/xtables.ts";
import type { Cidr, IpFamily } from "../../wire/addr.ts";
import type { RuleHead } from "./extension.ts";
import { protocolNumber } from "./names.ts";
import { bang, isPlainName, parseNet } from "./values.ts";

export type HeadOption = "-s" | "-d" | "-i" | "-o" | "-p" | "-f";
export type CommonOption = HeadOption | "-j" | "-g" | "-m" | "-c";

export const COMMON_OPTIONS: ReadonlyMap<string, CommonOption> = new Map<string, CommonOption>([
	["-s", "-s"],
	["--source", "-s"],
	["--src", "-s"],
	["-d", "-d"],
	["--destination", "-d"],
	["--dst", "-d"],
	["-i", "-i"],
	["--in-interface", "-i"],
	["-o", "-o"],
	["--out-interface", "-o"],
	["-p", "-p"],
	["--protocol", "-p"],
	["-f", "-f"],
	["--fragments", "-f"],
	["-j", "-j"],
	["--jump", "-j"],
	["-g", "-g"],
	["--goto", "-g"],
	["-m", "-m"],
	["--match", "-m"],
	["-c", "-c"],
	["--set-counters", "-c"],
]);

const IFNAMSIZ = 16;

/** Collects the head of one rule; `-s a,b` and `-d c,d` make it several. */
export class HeadDraft implements RuleHead {
	readonly family: IpFamily;
	proto = 0;
	protoInvert = false;
	readonly #seen: HeadOption[] = [];
	/** Undefined: any address. */
	#sources: readonly (Match | undefined)[] = [];
	#destinations: readonly (Match | undefined)[] = [];
	#in: Match | undefined;
	#out: Match | undefined;
	#protocol: Match | undefined;
	#fragment: Match | undefined;

	constructor(family: IpFamily) {
		this.family = family;
	}

	/** Returns the complaint, if there is one. */
	take(option: HeadOption, value: string, invert: boolean): string | undefined {
		if (this.#seen.includes(option)) return `multiple ${option} flags not allowed`;
		this.#seen.push(option);
		switch (option) {
			case "-s":
			case "-d":
				return this.#takeNets(option, value, invert);
			case "-i":
			case "-o":
				return this.#takeInterface(option === "-i" ? "in-interface" : "out-interface", value, invert);
			case "-p":
				return this.#takeProtocol(value, invert);
			case "-f":
				if (this.family === "ipv6") return "`-f' is not supported in IPv6, use -m frag instead";
				this.#fragment = invert ? { kind: "fragment", invert } : { kind: "fragment" };
				return undefined;
		}
	}

	/** What is wrong with the whole head, if anything is. */
	complaint(): string | undefined {
		const several = this.#sources.length > 1 || this.#destinations.length > 1;
		const isInverted = [...this.#sources, ...this.#destinations].some(
			(match) => match !== undefined && "invert" in match,
		);
		return several && isInverted ? "! not allowed with multiple source or destination IP addresses" : undefined;
	}

	/** The head matches of each rule, in the order in which they are printed: sources outside, destinations inside. */
	variants(): readonly Match[][] {
		const present = (match: Match | undefined): readonly Match[] => (match === undefined ? [] : [match]);
		const rest = [this.#in, this.#out, this.#protocol, this.#fragment].filter((match) => match !== undefined);
		if (this.#sources.length <= 1 && this.#destinations.length <= 1) {
			return [[...this.#sources.flatMap(present), ...this.#destinations.flatMap(present), ...rest]];
		}
		const sources = this.#sources.length === 0 ? [[]] : this.#sources.map(present);
		const destinations = this.#destinations.length === 0 ? [[]] : this.#destinations.map(present);
		return sources.flatMap((source) => destinations.map((destination) => [...source, ...destination, ...rest]));
	}

	#takeNets(option: "-s" | "-d", value: string, invert: boolean): string | undefined {
		const texts = value.split(",");
		const matches: (Match | undefined)[] = [];
		for (const text of texts) {
			const net = parseNet(text, this.family);
			if (net === "not contiguous") matches.push(unmodelledNet(option, text, invert));
			else if (net === "invalid mask") return `invalid mask \`${text.slice(text.indexOf("/") + 1)}' specified`;
			else if (typeof net === "string") return `host/network \`${text}' not found`;
			else if (net.prefix === 0 && !invert) matches.push(undefined);
			else matches.push(netMatch(option === "-s" ? "source" : "destination", net, invert));
		}
		if (option === "-s") this.#sources = matches;
		else this.#destinations = matches;
		return undefined;
	}

	#takeInterface(kind: "in-interface" | "out-interface", name: string, invert: boolean): string | undefined {
		if (name === "") return "Empty interface is likely to be undesired";
		if (!isPlainName(name)) return `weird character in interface \`${name}'`;
		if (name.length >= IFNAMSIZ) return `interface name \`${name}' must be shorter than IFNAMSIZ (15)`;
		if (name === "+" && !invert) return undefined;
		const match: Match = invert ? { kind, name, invert } : { kind, name };
		if (kind === "in-interface") this.#in = match;
		else this.#out = match;
		return undefined;
	}

	#takeProtocol(name: string, invert: boolean): string | undefined {
		const proto = protocolNumber(name);
		if (proto === undefined) return `unknown protocol "${name}" specified`;
		if (proto === 0) return invert ? "rule would never match protocol" : undefined;
		this.proto = proto;
		this.protoInvert = invert;
		this.#protocol = invert ? { kind: "protocol", proto, invert } : { kind: "protocol", proto };
		return undefined;
	}
}

function netMatch(kind: "source" | "destination", net: Cidr, invert: boolean): Match {
	return invert ? { kind, net, invert } : { kind, net };
}

/** A netmask with holes has no prefix length: kept as text without a module name. */
function unmodelledNet(option: "-s" | "-d", text: string, invert: boolean): UnknownMatch {
	return { kind: "unknown-match", name: "", text: `${bang(invert ? true : undefined)}${option} ${text}` };
}
