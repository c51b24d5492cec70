/** The options of traceroute (Dmitry Butskoy's, 2.1). */
import type { CommandContext } from "../../command.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { TRACEROUTE_USAGE } from "./usage.ts";

export interface TracerouteOptions {
	readonly host: string;
	readonly method: "udp" | "icmp";
	/** The whole IP packet. */
	readonly packetBytes: number;
	readonly firstTtl: number;
	readonly maxTtl: number;
	readonly probesPerHop: number;
	/** How many are under way at once. */
	readonly simultaneous: number;
	readonly port: number;
	readonly tos: number;
	readonly numeric: boolean;
	readonly dontFragment: boolean;
	readonly device: string | undefined;
	readonly source: string | undefined;
	readonly mark: number | undefined;
	/** How long a probe is waited for: at most `max`; `here` and `near` times as long as an answer from there or beyond. */
	readonly wait: { readonly maxNs: number; readonly here: number; readonly near: number };
}

interface OptionKind {
	readonly letter: string;
	readonly long?: string;
	/** How its argument is called. */
	readonly argument?: string;
	readonly refused?: true;
}

const KINDS: readonly OptionKind[] = [
	{ letter: "4" },
	{ letter: "6", refused: true },
	{ letter: "d", long: "debug" },
	{ letter: "F", long: "dont-fragment" },
	{ letter: "f", long: "first", argument: "first_ttl" },
	{ letter: "g", long: "gateway", argument: "gate,...", refused: true },
	{ letter: "I", long: "icmp" },
	{ letter: "T", long: "tcp", refused: true },
	{ letter: "i", long: "interface", argument: "device" },
	{ letter: "m", long: "max-hops", argument: "max_ttl" },
	{ letter: "N", long: "sim-queries", argument: "squeries" },
	{ letter: "n" },
	{ letter: "p", long: "port", argument: "port" },
	{ letter: "t", long: "tos", argument: "tos" },
	{ letter: "l", long: "flowlabel", argument: "flow_label", refused: true },
	{ letter: "w", long: "wait", argument: "MAX,HERE,NEAR" },
	{ letter: "q", long: "queries", argument: "nqueries" },
	{ letter: "r", refused: true },
	{ letter: "s", long: "source", argument: "src_addr" },
	{ letter: "z", long: "sendwait", argument: "sendwait", refused: true },
	{ letter: "e", long: "extensions" },
	{ letter: "A", long: "as-path-lookups", refused: true },
	{ letter: "M", long: "module", argument: "name", refused: true },
	{ letter: "O", long: "options", argument: "OPTS,...", refused: true },
	{ letter: "U", long: "udp", refused: true },
	{ letter: "D", long: "dccp", refused: true },
	{ letter: "P", long: "protocol", argument: "prot", refused: true },
	{ letter: "V", long: "version" },
	{ letter: "", long: "help" },
	{ letter: "", long: "mtu", refused: true },
	{ letter: "", long: "back", refused: true },
	{ letter: "", long: "sport", argument: "num", refused: true },
	{ letter: "", long: "fwmark", argument: "num" },
];
const VERSION =
	"Modern traceroute for Linux, version 2.1.2\nCopyright (c) 2016  Dmitry Butskoy,   License: GPL v2 or any later\n";
const DEFAULT_PORT = 33434;
const HEADER_BYTES = 28;
const MAX_PACKET_BYTES = 65000;

/** Reads the arguments; leaves by `ToolExit` with traceroute's own words when they are not right. */
export function tracerouteOptions({ args }: Pick<CommandContext, "args">): TracerouteOptions {
	if (args.length === 0) throw new ToolExit(0, TRACEROUTE_USAGE);
	const { values, operands } = readWords(args);
	if (values.has("help")) throw new ToolExit(0, TRACEROUTE_USAGE);
	if (values.has("V")) throw new ToolExit(0, "", VERSION);
	const number = (key: string, usual: number): number => {
		const given = values.get(key);
		if (given === undefined) return usual;
		if (/^(0x[0-9a-f]+|\d+)$/i.test(given.value)) return Number(given.value);
		throw fail(`Cannot handle \`${given.written}' option with arg \`${given.value}' (argc ${given.at})`);
	};
	const [host, length, extra] = operands;
	if (host === undefined) throw fail('Specify "host" missing argument.');
	if (extra !== undefined) throw fail(`Extra arg \`${extra.value}' (position 3, argc ${extra.at})`);
	if (length !== undefined && !/^\d+$/.test(length.value)) {
		throw fail(`Cannot handle "packetlen" cmdline arg \`${length.value}' on position 2 (argc ${length.at})`);
	}
	const packetBytes = length === undefined ? 60 : Number(length.value);
	if (packetBytes > MAX_PACKET_BYTES) throw fail(`too big packetlen ${length?.value ?? ""} specified`);
	const firstTtl = number("f", 1);
	const maxTtl = number("m", 30);
	const probesPerHop = number("q", 3);
	if (maxTtl > 255) throw fail("max hops cannot be more than 255");
	if (firstTtl < 1 || firstTtl > maxTtl) throw fail("first hop out of range");
	if (probesPerHop < 1 || probesPerHop > 10) throw fail("no more than 10 probes per hop");
	return {
		host: host.value,
		method: values.has("I") ? "icmp" : "udp",
		packetBytes: Math.max(packetBytes, HEADER_BYTES),
		firstTtl,
		maxTtl,
		probesPerHop,
		simultaneous: Math.max(1, number("N", 16)),
		port: number("p", values.has("I") ? 1 : DEFAULT_PORT) & 0xffff,
		tos: number("t", 0) & 0xff,
		numeric: values.has("n"),
		dontFragment: values.has("F"),
		device: values.get("i")?.value,
		source: values.get("s")?.value,
		mark: values.has("fwmark") ? number("fwmark", 0) : undefined,
		wait: waitOf(values.get("w")),
	};
}

interface Given {
	readonly written: string;
	readonly value: string;
	/** Its place among the arguments, from 1. */
	readonly at: number;
}

function readWords(args: readonly string[]): {
	readonly values: Map<string, Given>;
	readonly operands: readonly Given[];
} {
	const values = new Map<string, Given>();
	const operands: Given[] = [];
	for (let at = 0; at < args.length; at += 1) {
		const word = args[at] ?? "";
		if (!word.startsWith("-") || word === "-") {
			operands.push({ written: word, value: word, at: at + 1 });
			continue;
		}
		if (word.startsWith("--")) {
			const [, name = "", attached] = /^--([^=]*)(?:=(.*))?$/.exec(word) ?? [];
			const kind = KINDS.find(({ long }) => long === name);
			if (kind === undefined) throw fail(`Bad option \`${word}' (argc ${at + 1})`);
			if (kind.argument !== undefined && attached === undefined) throw needs(word, at, `${word}=${kind.argument}`);
			values.set(keyOf(kind), { written: `--${name}`, value: attached ?? "", at: at + 1 });
			continue;
		}
		for (let k = 1; k < word.length; k += 1) {
			const kind = KINDS.find(({ letter }) => letter === word[k]);
			if (kind === undefined) throw fail(`Bad option \`-${word[k]}' (argc ${at + 1})`);
			const written = `-${kind.letter}`;
			if (kind.argument === undefined) {
				values.set(keyOf(kind), { written, value: "", at: at + 1 });
				continue;
			}
			const attached = word.slice(k + 1);
			const value = attached === "" ? args[at + 1] : attached;
			if (value === undefined) throw needs(written, at, `${written} ${kind.argument}`);
			if (attached === "") at += 1;
			values.set(keyOf(kind), { written, value, at: at + 1 });
			break;
		}
	}
	return { values, operands };
}

function keyOf(kind: OptionKind): string {
	if (kind.refused === true)
		throw notModelled(`traceroute ${kind.letter === "" ? `--${kind.long}` : `-${kind.letter}`}`);
	return kind.letter === "" ? (kind.long ?? "") : kind.letter;
}

function waitOf(given: Given | undefined): TracerouteOptions["wait"] {
	if (given === undefined) return { maxNs: 5e9, here: 3, near: 10 };
	const parts = given.value.split(",");
	if (parts.length > 3 || !parts.every((part) => /^-?\d*\.?\d*$/.test(part) && part !== "")) {
		throw fail(`Cannot handle \`${given.written}' option with arg \`${given.value}' (argc ${given.at})`);
	}
	const [max = 5, here = 0, near = 0] = parts.map(Number);
	if (max < 0 || here < 0 || near < 0) throw fail(`bad wait specifications \`${max},${here},${near}' used`);
	return { maxNs: max * 1e9, here, near };
}

function needs(written: string, at: number, form: string): ToolExit {
	return fail(`Option \`${written}' (argc ${at + 1}) requires an argument: \`${form}'`);
}

function fail(message: string): ToolExit {
	return new ToolExit(2, `${message}\n`);
}
