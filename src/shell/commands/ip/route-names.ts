/** Names of route types, protocols, scopes and tables, as iproute2 reads them. */
import type { RouteType, Scope } from "../../../kernel/objects.ts";
import { notModelled } from "../tool-exit.ts";
import type { IpRun } from "./run.ts";
import { matches, parseUnsigned } from "./words.ts";

const TYPES: readonly RouteType[] = [
	"local",
	"broadcast",
	"multicast",
	"prohibit",
	"unreachable",
	"blackhole",
	"unicast",
	"throw",
];

/** A type, which may be abbreviated except `local`; undefined: it is none. */
export function parseRouteType(text: string): RouteType | undefined {
	if (text === "nat" || text === "anycast" || text === "xresolve") throw notModelled(`route type ${text}`);
	if (text === "brd") return "broadcast";
	return TYPES.find((type) => (type === "local" ? text === "local" : text.length > 1 && matches(text, type)));
}

/** The numbers of /etc/iproute2/rt_protos. */
const PROTOCOLS: Readonly<Record<string, string>> = {
	unspec: "0",
	redirect: "1",
	kernel: "2",
	boot: "3",
	static: "4",
	gated: "8",
	ra: "9",
	mrt: "10",
	zebra: "11",
	bird: "12",
	dnrouted: "13",
	xorp: "14",
	ntk: "15",
	dhcp: "16",
	keepalived: "18",
	babel: "42",
	openr: "99",
	bgp: "186",
	isis: "187",
	ospf: "188",
	rip: "189",
	eigrp: "192",
};

/** A protocol by its name, or its number where it has none. */
export function parseProtocol(text: string): string | undefined {
	if (Object.hasOwn(PROTOCOLS, text)) return text;
	const number = parseUnsigned(text, 255);
	if (number === undefined) return undefined;
	return Object.entries(PROTOCOLS).find(([, id]) => id === String(number))?.[0] ?? String(number);
}

const SCOPES: Readonly<Record<string, Scope>> = {
	global: "global",
	site: "site",
	link: "link",
	host: "host",
	nowhere: "nowhere",
	"0": "global",
	"200": "site",
	"253": "link",
	"254": "host",
	"255": "nowhere",
};

export function parseScope(text: string): Scope | undefined {
	const scope = SCOPES[text];
	if (scope === undefined && parseUnsigned(text, 255) !== undefined) throw notModelled(`scope ${text}`);
	return scope;
}

export async function parseTable(run: IpRun, text: string): Promise<number | undefined> {
	return (await run.tables()).get(text) ?? parseUnsigned(text);
}
