/** The options of nc, as OpenBSD's netcat has them. */
import { servicePort } from "../../../formats/services.ts";
import type { CommandContext } from "../../command.ts";
import { getopt } from "../../getopt.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";

export interface NcOptions {
	/** Empty while listening on any address. */
	readonly host: string;
	readonly ports: readonly number[];
	/** As it was typed, for messages. */
	readonly portText: string;
	readonly listen: boolean;
	readonly keepOpen: boolean;
	readonly udp: boolean;
	readonly scan: boolean;
	readonly verbose: boolean;
	readonly numeric: boolean;
	/** `-N`: ends its direction when standard input does. */
	readonly shutdown: boolean;
	readonly noInput: boolean;
	readonly crlf: boolean;
	readonly broadcast: boolean;
	readonly family: "ipv4" | "ipv6" | undefined;
	/** `-w`. */
	readonly timeoutNs: number | undefined;
	/** `-q`: how long to go on after standard input has ended. */
	readonly quitNs: number | undefined;
	readonly source: string | undefined;
	readonly sourcePort: number | undefined;
	readonly ttl: number | undefined;
	readonly tos: number | undefined;
	/** `-W`: ends after so many packets. */
	readonly receiveLimit: number | undefined;
}

export const NC_USAGE = `usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]
	  [-m minttl] [-O length] [-P proxy_username] [-p source_port]
	  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]
	  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]
	  [destination] [port]
`;

const REFUSED: Readonly<Record<string, string>> = {
	F: "passing a file descriptor",
	i: "an interval between lines",
	m: "a minimum TTL",
	P: "a proxy",
	r: "random ports",
	S: "TCP MD5 signatures",
	t: "TELNET negotiation",
	U: "UNIX domain sockets",
	V: "routing tables",
	X: "a proxy",
	x: "a proxy",
	Z: "DCCP",
};
const TOS_NAMES: Readonly<Record<string, number>> = {
	critical: 0xa0,
	inetcontrol: 0xc0,
	lowdelay: 0x10,
	netcontrol: 0xe0,
	throughput: 0x08,
	reliability: 0x04,
};

/** Reads the arguments; leaves by `ToolExit` with nc's own words when they are not right. */
export function ncOptions({ args, name }: Pick<CommandContext, "args" | "name">): NcOptions {
	const given = getopt(args, { short: "46bCDdFhI:i:klM:m:NnO:P:p:q:rSs:T:tUuV:vW:w:X:x:Zz" });
	const fail = (message: string): ToolExit => new ToolExit(1, `${name}: ${message}\n`);
	if (!given.ok) throw new ToolExit(1, `${name}: ${given.error}\n${NC_USAGE}`);
	const { has, value, words } = given.value;
	if (has("h")) throw new ToolExit(0, `OpenBSD netcat (Debian patchlevel 1.219-1)\n${NC_USAGE}`);
	for (const [letter, what] of Object.entries(REFUSED)) if (has(letter)) throw notModelled(`nc -${letter} (${what})`);
	const seconds = (letter: string, what: string): number | undefined => {
		const text = value(letter);
		if (text === undefined) return undefined;
		if (!/^-?\d+$/.test(text)) throw fail(`${what} invalid: ${text}`);
		return Number(text) * 1e9;
	};
	const number = (letter: string, what: string, max: number): number | undefined => {
		const text = value(letter);
		if (text === undefined) return undefined;
		if (!/^\d+$/.test(text)) throw fail(`${what} invalid: ${text}`);
		if (Number(text) > max) throw fail(`${what} too large: ${text}`);
		return Number(text);
	};
	const timeoutNs = seconds("w", "timeout");
	const quitNs = seconds("q", "quit timer");
	const listen = has("l");
	const { host, portText } = destinationOf(words, { listen, boundPort: value("p"), fail });
	if (listen && has("z")) throw fail("cannot use -z and -l");
	if (!listen && has("k")) throw fail("must use -l with -k");
	const source = value("s");
	return {
		host: listen && host === "" ? (source ?? "") : host,
		ports: portsOf(portText, fail),
		portText,
		listen,
		keepOpen: has("k"),
		udp: has("u"),
		scan: has("z"),
		verbose: has("v"),
		numeric: has("n"),
		shutdown: has("N") || (quitNs !== undefined && quitNs >= 0),
		noInput: has("d"),
		crlf: has("C"),
		broadcast: has("b"),
		family: has("4") ? "ipv4" : has("6") ? "ipv6" : undefined,
		timeoutNs,
		quitNs: quitNs !== undefined && quitNs >= 0 ? quitNs : undefined,
		source: listen ? undefined : source,
		sourcePort: listen ? undefined : sourcePortOf(value("p"), name),
		ttl: number("M", "ttl", 255),
		tos: tosOf(value("T"), fail),
		receiveLimit: number("W", "receive limit", 2147483647),
	};
}

/** `HOST PORT`; a listener may be given its port only, or by `-p`. */
function destinationOf(
	words: readonly string[],
	given: { listen: boolean; boundPort: string | undefined; fail: (message: string) => ToolExit },
): { readonly host: string; readonly portText: string } {
	const [first, second] = words;
	const { listen, boundPort, fail } = given;
	if (words.length > 2) throw new ToolExit(1, NC_USAGE);
	if (first !== undefined && second !== undefined) return { host: first, portText: second };
	if (listen && first !== undefined) {
		return boundPort === undefined ? { host: "", portText: first } : { host: first, portText: boundPort };
	}
	if (listen && boundPort !== undefined) return { host: "", portText: boundPort };
	if (listen || first !== undefined) throw fail("missing port number");
	throw new ToolExit(1, NC_USAGE);
}

/** `80`, `80-90`, `http`. */
function portsOf(text: string, fail: (message: string) => ToolExit): readonly number[] {
	const named = servicePort(text);
	if (named !== undefined) return [named];
	const [from = "", to] = /^\d+-\d+$/.test(text) ? text.split("-") : [text];
	const low = portOf(from, fail);
	const high = to === undefined ? low : portOf(to, fail);
	const [first, last] = [Math.min(low, high), Math.max(low, high)];
	return Array.from({ length: last - first + 1 }, (_, k) => first + k);
}

function portOf(text: string, fail: (message: string) => ToolExit): number {
	if (!/^\d+$/.test(text)) throw fail(`port number invalid: ${text}`);
	const port = Number(text);
	if (port === 0) throw fail(`port number too small: ${text}`);
	if (port > 65535) throw fail(`port number too large: ${text}`);
	return port;
}

function sourcePortOf(text: string | undefined, name: string): number | undefined {
	if (text === undefined) return undefined;
	const port = servicePort(text) ?? (/^\d+$/.test(text) ? Number(text) : Number.NaN);
	if (port >= 0 && port <= 65535) return port;
	throw new ToolExit(1, `${name}: getaddrinfo: Servname not supported for ai_socktype\n`);
}

function tosOf(text: string | undefined, fail: (message: string) => ToolExit): number | undefined {
	if (text === undefined) return undefined;
	const value = TOS_NAMES[text] ?? (/^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN);
	if (value >= 0 && value <= 255) return value;
	throw fail(`illegal tos value ${text}`);
}
