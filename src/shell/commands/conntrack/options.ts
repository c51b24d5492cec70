/** The options of conntrack 1.4.7: names, values, and which command takes which. */

export const COMMANDS = ["L", "G", "D", "I", "U", "E", "F", "C", "S", "A", "R", "V", "h"] as const;
export type CommandLetter = (typeof COMMANDS)[number];

/** By their full names, under which they are spoken of. */
export interface OptionSyntax {
	readonly name: string;
	readonly letter?: string;
	/** Other names. */
	readonly also?: readonly string[];
	readonly value: "none" | "required" | "optional";
}

export const COMMAND_NAMES: Readonly<Record<string, CommandLetter>> = {
	dump: "L",
	get: "G",
	delete: "D",
	create: "I",
	update: "U",
	event: "E",
	flush: "F",
	counter: "C",
	stats: "S",
	add: "A",
	"load-file": "R",
	version: "V",
	help: "h",
};

export const OPTIONS: readonly OptionSyntax[] = [
	{ name: "src", letter: "s", also: ["orig-src"], value: "required" },
	{ name: "dst", letter: "d", also: ["orig-dst"], value: "required" },
	{ name: "reply-src", letter: "r", value: "required" },
	{ name: "reply-dst", letter: "q", value: "required" },
	{ name: "protonum", letter: "p", value: "required" },
	{ name: "timeout", letter: "t", value: "required" },
	{ name: "status", letter: "u", value: "required" },
	{ name: "zero", letter: "z", value: "none" },
	{ name: "event-mask", letter: "e", value: "required" },
	{ name: "tuple-src", value: "required" },
	{ name: "tuple-dst", value: "required" },
	{ name: "mask-src", value: "required" },
	{ name: "mask-dst", value: "required" },
	{ name: "mark", letter: "m", value: "required" },
	{ name: "id", letter: "i", value: "required" },
	{ name: "family", letter: "f", value: "required" },
	{ name: "src-nat", letter: "n", value: "optional" },
	{ name: "dst-nat", letter: "g", value: "optional" },
	{ name: "output", letter: "o", value: "required" },
	{ name: "secmark", letter: "c", value: "required" },
	{ name: "buffer-size", letter: "b", value: "required" },
	{ name: "any-nat", letter: "j", value: "optional" },
	{ name: "zone", letter: "w", value: "required" },
	{ name: "label", letter: "l", value: "required" },
	{ name: "label-add", value: "required" },
	{ name: "label-del", value: "required" },
	{ name: "orig-zone", value: "required" },
	{ name: "reply-zone", value: "required" },
];

const PORTS: readonly OptionSyntax[] = [
	{ name: "orig-port-src", also: ["sport"], value: "required" },
	{ name: "orig-port-dst", also: ["dport"], value: "required" },
	{ name: "reply-port-src", value: "required" },
	{ name: "reply-port-dst", value: "required" },
	{ name: "mask-port-src", value: "required" },
	{ name: "mask-port-dst", value: "required" },
	{ name: "tuple-port-src", value: "required" },
	{ name: "tuple-port-dst", value: "required" },
];
const STATE: OptionSyntax = { name: "state", value: "required" };

/** What `-p` brings, by the protocol's number; they may stand only after it. */
export const PROTOCOL_OPTIONS: Readonly<Record<number, readonly OptionSyntax[]>> = {
	1: [
		{ name: "icmp-type", value: "required" },
		{ name: "icmp-code", value: "required" },
		{ name: "icmp-id", value: "required" },
	],
	6: [...PORTS, STATE],
	17: PORTS,
	33: [...PORTS, STATE],
	132: [...PORTS, STATE],
	136: PORTS,
};

const NEVER = ["tuple-src", "tuple-dst", "mask-port-src", "mask-port-dst", "tuple-port-src", "tuple-port-dst"];
const ILLEGAL: Readonly<Partial<Record<CommandLetter, readonly string[]>>> = {
	L: ["timeout", "event-mask", "id", "buffer-size", "label-add", "label-del", ...NEVER],
	G: [
		"timeout",
		"status",
		"zero",
		"event-mask",
		"mark",
		"id",
		"src-nat",
		"dst-nat",
		"buffer-size",
		"any-nat",
		...NEVER,
	],
	D: ["event-mask", "zero", "any-nat", "secmark", "buffer-size", "label-add", "label-del", ...NEVER],
	E: ["timeout", "status", "zero", "id", "label-add", "label-del", ...NEVER],
};
const ONLY: Readonly<Partial<Record<CommandLetter, readonly string[]>>> = { F: ["family"], C: [], S: [], V: [], h: [] };

/** The first option, in conntrack's own order, that the command does not take. */
export function illegalOption(command: CommandLetter, given: ReadonlySet<string>): string | undefined {
	const order = [...OPTIONS.map(({ name }) => name), ...NEVER];
	const only = ONLY[command];
	return order.find((name) => given.has(name) && (only?.includes(name) === false || ILLEGAL[command]?.includes(name)));
}

/** The name that begins with the word in any case, as conntrack takes its lists; undefined: none. */
export function beginningWith<N extends string>(word: string, names: readonly N[]): N | undefined {
	return names.find((name) => name.toLowerCase().startsWith(word.toLowerCase()));
}
