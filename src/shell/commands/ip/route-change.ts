/** `ip route add`, `change`, `replace`, `delete`. */
import type { NextHop, Route, RouteType, Scope } from "../../../kernel/objects.ts";
import { RT_TABLE_LOCAL, RT_TABLE_MAIN } from "../../../kernel/objects.ts";
import { formatCidr, type IpAddr } from "../../../wire/addr.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { addressArgument, type PrefixWord, prefixArgument } from "./address-words.ts";
import { parseProtocol, parseRouteType, parseScope, parseTable } from "./route-names.ts";
import type { IpRun } from "./run.ts";
import { ROUTE_USAGE } from "./usage.ts";
import { duplicateOrGarbage, invalid, matches, noSuchDevice, parseUnsigned, type Words } from "./words.ts";

type How = "add" | "change" | "replace" | "append" | "prepend" | "delete";

interface RouteWords {
	type: RouteType | undefined;
	dst: PrefixWord | undefined;
	via: IpAddr | undefined;
	dev: string | undefined;
	src: IpAddr | undefined;
	metric: number | undefined;
	scope: Scope | undefined;
	protocol: string | undefined;
	table: number | undefined;
	mtu: number | undefined;
	onlink: boolean;
	nexthops: readonly NextHop[] | undefined;
}

export async function changeRoute(run: IpRun, words: Words, how: How): Promise<number> {
	const asked = await parseRouteWords(run, words);
	const { dst, dev } = asked;
	if (dst === undefined) throw new ToolExit(255, ROUTE_USAGE);
	const names = [dev, ...(asked.nexthops ?? []).map((hop) => hop.dev)];
	const links = await run.links();
	const missing = names.find((name) => name !== undefined && !links.some((link) => link.name === name));
	if (missing !== undefined) noSuchDevice(missing);
	const route = routeOf(asked, dst);
	if (how === "change" && !(await exists(run, route))) await refuseChange(run, route);
	const verb = how === "delete" ? "delete" : how === "change" || how === "replace" ? "replace" : "add";
	const among = how === "append" ? "last" : how === "prepend" ? "first" : undefined;
	await run.apply({ verb, object: among === undefined ? route : { ...route, among } });
	return 0;
}

/** A next hop that is wrong is complained about before the missing route is. */
async function refuseChange(run: IpRun, route: Route): Promise<void> {
	if (route.via === undefined && route.dev === undefined && route.nexthops === undefined) {
		throw new ToolExit(2, "RTNETLINK answers: No such device\n");
	}
	await run.apply({ verb: "add", object: route }, { verb: "delete", object: route });
	throw new ToolExit(2, "RTNETLINK answers: No such file or directory\n");
}

async function exists(run: IpRun, route: Route): Promise<boolean> {
	const table = route.table ?? (route.type === "local" || route.type === "broadcast" ? RT_TABLE_LOCAL : RT_TABLE_MAIN);
	return (await run.dump("route")).some(
		(each) =>
			formatCidr(each.dst) === formatCidr(route.dst) &&
			(each.table ?? RT_TABLE_MAIN) === table &&
			(each.metric ?? 0) === (route.metric ?? 0),
	);
}

function routeOf(asked: RouteWords, dst: PrefixWord): Route {
	const { type, via, dev, src, metric, scope, protocol, table, mtu, nexthops } = asked;
	return {
		kind: "route",
		dst: { addr: dst.addr, prefix: dst.prefix },
		...(type === undefined ? {} : { type }),
		...(via === undefined ? {} : { via }),
		...(dev === undefined ? {} : { dev }),
		...(src === undefined ? {} : { src }),
		...(metric === undefined ? {} : { metric }),
		...(scope === undefined ? {} : { scope }),
		...(protocol === undefined ? {} : { protocol }),
		...(table === undefined ? {} : { table }),
		...(mtu === undefined ? {} : { mtu }),
		...(asked.onlink ? { onlink: true } : {}),
		...(nexthops === undefined ? {} : { nexthops }),
	};
}

async function parseRouteWords(run: IpRun, words: Words): Promise<RouteWords> {
	const asked: RouteWords = {
		type: undefined,
		dst: undefined,
		via: undefined,
		dev: undefined,
		src: undefined,
		metric: undefined,
		scope: undefined,
		protocol: undefined,
		table: undefined,
		mtu: undefined,
		onlink: false,
		nexthops: undefined,
	};
	for (let word = words.take(); word !== undefined; word = words.take()) {
		if (word === "nexthop") {
			words.back();
			asked.nexthops = parseNexthops(run, words);
		} else await parseOne(run, words, word, asked);
	}
	return asked;
}

async function parseOne(run: IpRun, words: Words, word: string, asked: RouteWords): Promise<void> {
	const { family } = run.options;
	if (word === "src") asked.src = addressArgument(words.argument(), addressFamily(asked, run));
	else if (word === "via") asked.via = gatewayArgument(words, addressFamily(asked, run));
	else if (word === "metric" || matches(word, "priority") || word === "preference") {
		asked.metric = numberArgument(words.argument(), "metric");
	} else if (word === "scope") {
		const text = words.argument();
		asked.scope = parseScope(text) ?? invalid(text, 'invalid "scope" value', "\n\n");
	} else if (word === "mtu") asked.mtu = numberArgument(lockFree(words), "mtu");
	else if (word === "onlink") asked.onlink = true;
	else if (word.length > 1 && matches(word, "protocol")) {
		const text = words.argument();
		asked.protocol = parseProtocol(text) ?? invalid(text, '"protocol" value is invalid', "\n\n");
	} else if (matches(word, "table")) {
		const text = words.argument();
		asked.table = (await parseTable(run, text)) ?? invalid(text, '"table" value is invalid', "\n\n");
	} else if (word === "dev" || word === "oif") asked.dev = words.argument();
	else if (UNMODELLED.includes(word) || matches(word, "advmss")) {
		throw notModelled(`route attribute ${word} ${words.argument()}`);
	} else {
		let value = word === "to" ? words.argument() : word;
		const type = /^[a-z]/.test(value) ? parseRouteType(value) : undefined;
		if (type !== undefined) {
			asked.type = type;
			value = words.argument();
		}
		if (word !== "to" && matches(value, "help")) throw new ToolExit(255, ROUTE_USAGE);
		if (asked.dst !== undefined) duplicateOrGarbage("to", value);
		asked.dst = prefixArgument(value, family);
	}
}

/** The destination's family goes for what follows. */
function addressFamily(asked: RouteWords, run: IpRun): "inet" | "inet6" | "any" {
	const { family } = run.options;
	if (family === "inet" || family === "inet6") return family;
	if (asked.dst === undefined || asked.dst.isDefault) return "any";
	return asked.dst.addr.includes(":") ? "inet6" : "inet";
}

function gatewayArgument(words: Words, family: "inet" | "inet6" | "any"): IpAddr {
	const text = words.argument();
	if (text === "inet" || text === "inet6") return addressArgument(words.argument(), text);
	return addressArgument(text, family);
}

function lockFree(words: Words): string {
	const text = words.argument();
	if (text === "lock") throw notModelled("a locked mtu");
	return text;
}

const UNMODELLED = [
	"as",
	"from",
	"tos",
	"dsfield",
	"expires",
	"hoplimit",
	"reordering",
	"rtt",
	"window",
	"cwnd",
	"initcwnd",
	"initrwnd",
	"features",
	"quickack",
	"congctl",
	"rttvar",
	"rto_min",
	"ssthresh",
	"realms",
	"nhid",
	"vrf",
	"pref",
	"encap",
	"ttl-propagate",
	"fastopen_no_cookie",
];

function numberArgument(text: string, name: string): number {
	return parseUnsigned(text) ?? invalid(text, `"${name}" value is invalid`, "\n\n");
}

/** All that follows: `nexthop via A dev D weight N …`. */
function parseNexthops(run: IpRun, words: Words): readonly NextHop[] {
	const hops: NextHop[] = [];
	const family = run.options.family === "inet6" ? "inet6" : "any";
	for (let word = words.take(); word !== undefined; word = words.take()) {
		if (word !== "nexthop")
			throw new ToolExit(255, `Error: "nexthop" or end of line is expected instead of "${word}"\n`);
		if (words.word === undefined) throw new ToolExit(255, 'Error: unexpected end of line after "nexthop"\n');
		hops.push(parseNexthop(words, family));
	}
	return hops;
}

function parseNexthop(words: Words, family: "inet6" | "any"): NextHop {
	let hop: NextHop = {};
	for (let word = words.take(); word !== undefined && word !== "nexthop"; word = words.take()) {
		if (word === "via") hop = { ...hop, via: gatewayArgument(words, family) };
		else if (word === "dev") hop = { ...hop, dev: words.argument() };
		else if (word === "weight") {
			const text = words.argument();
			const weight = parseUnsigned(text, 256);
			if (weight === undefined || weight === 0) return invalid(text, '"weight" is invalid', "\n\n");
			hop = { ...hop, weight };
		} else if (word === "onlink") hop = { ...hop, onlink: true };
		else if (word === "encap" || word === "realms" || word === "as") throw notModelled(`next hop attribute ${word}`);
		else break;
		if (words.word === undefined || words.word === "nexthop") return hop;
	}
	words.back();
	return hop;
}
