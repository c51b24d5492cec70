/** The options of ping. */
import { ICMP_HLEN } from "../../../wire/icmpv4.ts";
import type { CommandContext } from "../../command.ts";
import { getopt } from "../../getopt.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { integerArgument, secondsArgument } from "./numbers.ts";
import { IPUTILS_VERSION, PING_USAGE } from "./usage.ts";

export interface PingOptions {
	readonly destination: string;
	/** 0: no end. */
	readonly count: number;
	readonly intervalNs: number;
	/** How long to wait for the last answers; 0: for ever. */
	readonly lingerNs: number;
	/** `-w`; 0: none. */
	readonly deadlineNs: number;
	readonly payloadBytes: number;
	/** Bytes that fill the payload, over and over. */
	readonly pattern: readonly number[] | undefined;
	readonly preload: number;
	readonly ttl: number | undefined;
	readonly tos: number;
	readonly mark: number | undefined;
	readonly id: number | undefined;
	readonly pmtudisc: "do" | "want" | "dont" | undefined;
	/** `-I`: a device or an address. */
	readonly from: readonly string[];
	/** `-4`, `-6`. */
	readonly family: "ipv4" | "ipv6" | undefined;
	readonly flags: ReadonlySet<PingFlag>;
}

export type PingFlag = "audible" | "timestamps" | "numeric" | "outstanding" | "quiet" | "verbose" | "broadcast";

const FLAGS: Readonly<Record<string, PingFlag>> = {
	a: "audible",
	D: "timestamps",
	n: "numeric",
	O: "outstanding",
	q: "quiet",
	v: "verbose",
	b: "broadcast",
};
const REFUSED: Readonly<Record<string, string>> = {
	A: "adaptive ping",
	f: "flood ping",
	F: "IPv6",
	N: "IPv6",
	R: "the record route option",
	T: "the timestamp option",
};
const LONG_MAX = "9223372036854775807";
const INT_MAX = 2147483647;
const DEFAULT_LINGER_NS = 10_000_000_000;

/** Reads the arguments; leaves by `ToolExit` with ping's own words when they are not right. */
export function pingOptions({ args, name, stderr }: Pick<CommandContext, "args" | "name" | "stderr">): PingOptions {
	const given = getopt(args, { short: "4aAbBc:CdDe:fF:hi:I:l:Lm:M:nN:Op:qQ:rRs:S:t:T:UvVw:W:6" });
	const number = (text: string, min: number, max: number | string): number => integerArgument(name, text, { min, max });
	const seconds = (text: string): number => secondsArgument(name, text, (line) => stderr.write(line));
	const values: { -readonly [K in keyof PingOptions]: PingOptions[K] } = {
		destination: "",
		count: 0,
		intervalNs: 1_000_000_000,
		lingerNs: DEFAULT_LINGER_NS,
		deadlineNs: 0,
		payloadBytes: 56,
		pattern: undefined,
		preload: 1,
		ttl: undefined,
		tos: 0,
		mark: undefined,
		id: undefined,
		pmtudisc: undefined,
		from: [],
		family: undefined,
		flags: new Set(),
	};
	const flags = new Set<PingFlag>();
	if (!given.ok) throw new ToolExit(2, `${name}: ${given.error}\n${PING_USAGE}`);
	for (const { name: letter, value } of given.value.options) {
		const flag = FLAGS[letter];
		const refused = REFUSED[letter];
		if (flag !== undefined) flags.add(flag);
		else if (refused !== undefined) throw notModelled(`ping -${letter} (${refused})`);
		else if (letter === "4" || letter === "6") values.family = letter === "4" ? "ipv4" : "ipv6";
		else if (letter === "c") values.count = number(value, 1, LONG_MAX);
		else if (letter === "e") values.id = number(value, 0, 0xffff);
		else if (letter === "i") values.intervalNs = duration(seconds(value), `${name}: bad timing interval: ${value}\n`);
		else if (letter === "W") values.lingerNs = duration(seconds(value), `${name}: bad linger time: ${value}\n`);
		else if (letter === "I") values.from = [...values.from, value];
		else if (letter === "l") values.preload = number(value, 1, 65536);
		else if (letter === "m") values.mark = number(value, 0, 4294967295);
		else if (letter === "M") values.pmtudisc = pmtudiscOf(value, name);
		else if (letter === "p") values.pattern = patternOf(value, name);
		else if (letter === "Q") values.tos = tosOf(value, name);
		else if (letter === "s") values.payloadBytes = number(value, 0, INT_MAX);
		else if (letter === "t") values.ttl = number(value, 0, 255);
		else if (letter === "w") values.deadlineNs = number(value, 0, INT_MAX) * 1e9;
		else if (letter === "V") throw new ToolExit(0, "", `${name} ${IPUTILS_VERSION}`);
		else if (letter === "h") throw new ToolExit(2, PING_USAGE);
	}
	const destination = given.value.words.at(-1);
	if (destination === undefined) throw new ToolExit(1, `${name}: usage error: Destination address required\n`);
	if (given.value.words.length > 1) throw notModelled("ping with intermediate hops (source routing)");
	return { ...values, destination, flags };
}

/** The bytes of a request's payload: the time stamp is put over the first 16 by the caller. */
export function pingPayload({ payloadBytes, pattern }: PingOptions): Uint8Array {
	const fill = pattern === undefined || pattern.length === 0 ? undefined : pattern;
	return Uint8Array.from({ length: payloadBytes }, (_, k) =>
		fill === undefined ? k & 255 : (fill[k % fill.length] ?? 0),
	);
}

/** ICMP and IP header on top of the payload. */
export const PING_HEADER_BYTES: number = ICMP_HLEN + 20;

function duration(seconds: number, complaint: string): number {
	if (seconds < 0 || seconds > 2147483) throw new ToolExit(2, complaint);
	return Math.round(seconds * 1e9);
}

function pmtudiscOf(text: string, tool: string): "do" | "want" | "dont" {
	if (text === "do" || text === "want" || text === "dont") return text;
	throw new ToolExit(2, `${tool}: invalid -M argument: ${text}\n`);
}

function patternOf(text: string, tool: string): readonly number[] {
	if (!/^[0-9a-fA-F]*$/.test(text)) {
		throw new ToolExit(2, `${tool}: patterns must be specified as hex digits: ${text}\n`);
	}
	return (text.match(/..?/g) ?? []).slice(0, 16).map((byte) => Number.parseInt(byte, 16));
}

function tosOf(text: string, tool: string): number {
	if (!/^(0x[0-9a-f]+|\d+)$/i.test(text)) throw new ToolExit(2, `${tool}: bad TOS value: ${text}\n`);
	const value = Number(text);
	if (value > 255) {
		throw new ToolExit(2, `${tool}: the decimal value of TOS bits must be in range 0-255: ${value}\n`);
	}
	return value;
}
