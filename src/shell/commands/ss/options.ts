/** The options of ss. */
import type { SocketState } from "../../../kernel/socket.ts";
import type { CommandContext } from "../../command.ts";
import { getopt } from "../../getopt.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { ALL_STATES, DEFAULT_STATES, LISTEN_STATES, statesNamed } from "./states.ts";
import { SS_USAGE } from "./usage.ts";

export interface SsOptions {
	readonly protocols: ReadonlySet<"tcp" | "udp">;
	/** One kind of socket was asked for: the first column is left out. */
	readonly oneKind: boolean;
	readonly states: readonly SocketState[];
	readonly numeric: boolean;
	readonly resolve: boolean;
	readonly processes: boolean;
	readonly header: boolean;
	readonly summary: boolean;
	/** Only IPv6 sockets were asked for: there are none. */
	readonly nothing: boolean;
	/** The words of the filter expression. */
	readonly filter: readonly string[];
}

const REFUSED: Readonly<Record<string, string>> = {
	o: "timers",
	e: "details",
	m: "memory",
	i: "TCP's inner state",
	T: "threads",
	b: "BPF filters",
	E: "events",
	Z: "SELinux contexts",
	z: "SELinux contexts",
	M: "MPTCP",
	S: "SCTP",
	d: "DCCP",
	x: "Unix domain sockets",
	K: "killing sockets",
	D: "raw diagnostics",
	F: "filter files",
	other: "that kind of information",
	"0": "packet sockets",
};
const INET_QUERIES: Readonly<Record<string, readonly ("tcp" | "udp" | "none")[]>> = {
	all: ["tcp", "udp"],
	inet: ["tcp", "udp"],
	tcp: ["tcp"],
	udp: ["udp"],
	raw: ["none"],
	inet4: ["tcp", "udp"],
};

export function ssOptions({ args, name }: Pick<CommandContext, "args" | "name">): SsOptions {
	const given = getopt(args, {
		short: "halBetuwxnro460dMSmpTbEf:A:D:F:vVzZN:KHOsi",
		long: {
			numeric: "n",
			resolve: "r",
			options: "o",
			extended: "e",
			memory: "m",
			info: "i",
			processes: "p",
			threads: "T",
			bpf: "b",
			events: "E",
			dccp: "d",
			tcp: "t",
			sctp: "S",
			udp: "u",
			raw: "w",
			unix: "x",
			mptcp: "M",
			vsock: "other",
			tipc: "other",
			xdp: "other",
			all: "a",
			listening: "l",
			ipv4: "4",
			ipv6: "6",
			packet: "0",
			"family=": "f",
			"socket=": "A",
			"query=": "A",
			"net=": "N",
			summary: "s",
			"diag=": "D",
			"filter=": "F",
			version: "V",
			help: "h",
			context: "Z",
			contexts: "z",
			"no-header": "H",
			oneline: "O",
			kill: "K",
			tos: "other",
			cgroup: "other",
			"inet-sockopt": "other",
			tipcinfo: "other",
		},
	});
	if (!given.ok) throw new ToolExit(255, `${name}: ${given.error}\n${SS_USAGE}`);
	const { has, value, words } = given.value;
	if (has("h")) throw new ToolExit(0, "", SS_USAGE);
	if (has("V") || has("v")) throw new ToolExit(0, "", "ss utility, iproute2-6.1.0\n");
	for (const [letter, what] of Object.entries(REFUSED)) {
		if (has(letter)) throw notModelled(`ss ${letter.length === 1 ? `-${letter} ` : ""}(${what})`);
	}
	const kinds = kindsOf({ has, query: value("A"), family: value("f") });
	const connected: readonly SocketState[] = kinds.includes("tcp") ? DEFAULT_STATES : ["ESTAB"];
	const usual = has("a") ? ALL_STATES : has("l") ? LISTEN_STATES : connected;
	const { states, filter } = stateFilter(name, words, usual);
	return {
		protocols: new Set(kinds.filter((kind) => kind !== "none")),
		oneKind: kinds.length === 1,
		states,
		numeric: has("n"),
		resolve: has("r"),
		processes: has("p"),
		header: !has("H"),
		summary: has("s"),
		nothing: (has("6") && !has("4")) || value("f") === "inet6",
		filter,
	};
}

function kindsOf(given: {
	readonly has: (letter: string) => boolean;
	readonly query: string | undefined;
	readonly family: string | undefined;
}): readonly ("tcp" | "udp" | "none")[] {
	const { has, query, family } = given;
	const kinds: ("tcp" | "udp" | "none")[] = [];
	for (const name of query?.split(",") ?? []) {
		const found = INET_QUERIES[name];
		if (found === undefined) throw notModelled(`ss -A ${name}`);
		kinds.push(...found);
	}
	if (family !== undefined && family !== "inet" && family !== "inet6") throw notModelled(`ss -f ${family}`);
	if (has("t")) kinds.push("tcp");
	if (has("u")) kinds.push("udp");
	if (has("w")) kinds.push("none");
	return kinds.length === 0 ? ["tcp", "udp"] : [...new Set(kinds)];
}

/** `state NAME`, `exclude NAME`, several times; the rest is the expression. */
function stateFilter(
	name: string,
	words: readonly string[],
	usual: readonly SocketState[],
): { readonly states: readonly SocketState[]; readonly filter: readonly string[] } {
	let states: readonly SocketState[] | undefined;
	let at = 0;
	for (; ["state", "exclude"].includes(words[at] ?? "") && at + 1 < words.length; at += 2) {
		const named = statesNamed(words[at + 1] ?? "");
		if (named === undefined) throw new ToolExit(255, `${name}: wrong state name: ${words[at + 1]}\n`);
		const before: readonly SocketState[] = states ?? (words[at] === "state" ? [] : ALL_STATES);
		states = words[at] === "state" ? [...before, ...named] : before.filter((state) => !named.includes(state));
	}
	return { states: states ?? usual, filter: words.slice(at) };
}
