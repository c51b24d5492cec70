/** `ip route show` and `ip route flush`. */
import { type RouteAttribute, routeFields } from "../../../formats/ip-route.ts";
import { type Route, type RouteType, RT_TABLE_MAIN, type Scope } from "../../../kernel/objects.ts";
import { addrBits, type Cidr, cidrContains, type IpAddr } from "../../../wire/addr.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { roundText } from "./addr.ts";
import { addressArgument, type PrefixWord, prefixArgument } from "./address-words.ts";
import { parseProtocol, parseRouteType, parseScope, parseTable } from "./route-names.ts";
import type { IpRun } from "./run.ts";
import { ROUTE_USAGE } from "./usage.ts";
import { invalid, matches, noSuchDevice, parseUnsigned, type Words } from "./words.ts";

interface RouteFilter {
	/** 0: all. */
	table: number;
	isTableGiven: boolean;
	cache: boolean;
	protocol: string | undefined;
	scope: Scope | undefined;
	type: RouteType | undefined;
	dev: string | undefined;
	via: PrefixWord | undefined;
	src: PrefixWord | undefined;
	metric: number | undefined;
	/** Inside this network. */
	root: Cidr | undefined;
	/** Around this one. */
	match: Cidr | undefined;
}

export async function showRoutes(run: IpRun, words: Words): Promise<number> {
	const filter = await parseFilter(run, words);
	if (filter.cache || run.options.family === "inet6") {
		run.print([]);
		return 0;
	}
	const routes = await filtered(run, filter);
	const listing = {
		table: filter.table === 0,
		details: run.options.details > 0,
		without: attributesOf(filter),
		tableName: await run.tableNames(),
	};
	run.print(routes.map((route) => routeFields(route, listing)));
	return 0;
}

export async function flushRoutes(run: IpRun, words: Words): Promise<number> {
	if (words.word === undefined) throw new ToolExit(1, '"ip route flush" requires arguments.\n');
	const filter = await parseFilter(run, words);
	const { stats } = run.options;
	if (filter.cache) {
		if (stats > 0) run.write("*** IPv4 routing cache is flushed.\n");
		return 0;
	}
	const gone = (await run.dump("route")).filter((route) => passes(route, filter));
	if (stats > 0 && gone.length === 0) run.write("Nothing to flush.\n");
	if (stats > 1) {
		const listing = { table: filter.table === 0, without: attributesOf(filter), tableName: await run.tableNames() };
		run.print(gone.map((route) => routeFields(route, listing)));
	}
	for (const route of gone) {
		const { linkdown: _inDumpsOnly, ...object } = route;
		await run.apply({ verb: "delete", object });
	}
	if (stats > 0 && gone.length > 0) run.write(roundText(gone.length, "entries", "entries"));
	return 0;
}

async function filtered(run: IpRun, filter: RouteFilter): Promise<readonly Route[]> {
	const all = await run.dump("route");
	const { table } = filter;
	const isKnown = table === 0 || table === RT_TABLE_MAIN;
	if (!isKnown && !all.some((route) => route.table === table)) {
		throw new ToolExit(2, "Error: ipv4: FIB table does not exist.\nDump terminated\n");
	}
	return all.filter((route) => passes(route, filter));
}

function passes(route: Route, filter: RouteFilter): boolean {
	const { protocol, scope, type, dev, via, src, metric, root, match } = filter;
	return (
		(filter.table === 0 || (route.table ?? RT_TABLE_MAIN) === filter.table) &&
		(protocol === undefined || (route.protocol ?? "boot") === protocol) &&
		(scope === undefined || (route.scope ?? "global") === scope) &&
		(type === undefined || (route.type ?? "unicast") === type) &&
		(dev === undefined || route.dev === dev) &&
		(via === undefined || isIn(via, route.via)) &&
		(src === undefined || isIn(src, route.src)) &&
		(metric === undefined || (route.metric ?? 0) === metric) &&
		(root === undefined || (route.dst.prefix >= root.prefix && cidrContains(root, route.dst.addr))) &&
		(match === undefined || (route.dst.prefix <= match.prefix && cidrContains(route.dst, match.addr)))
	);
}

function isIn(net: Cidr, addr: IpAddr | undefined): boolean {
	return addr !== undefined && cidrContains(net, addr);
}

/** What the filter fixed is not printed again. */
function attributesOf(filter: RouteFilter): ReadonlySet<RouteAttribute> {
	const isHost = (net: PrefixWord | undefined): boolean => net !== undefined && net.prefix === addrBits(net.addr);
	const given: readonly (readonly [RouteAttribute, boolean])[] = [
		["dev", filter.dev !== undefined],
		["proto", filter.protocol !== undefined],
		["scope", filter.scope !== undefined],
		["via", isHost(filter.via)],
		["src", isHost(filter.src)],
		["metric", filter.metric !== undefined],
	];
	return new Set(given.filter(([, isGiven]) => isGiven).map(([name]) => name));
}

async function parseFilter(run: IpRun, words: Words): Promise<RouteFilter> {
	const filter: RouteFilter = {
		table: RT_TABLE_MAIN,
		isTableGiven: false,
		cache: false,
		protocol: undefined,
		scope: undefined,
		type: undefined,
		dev: undefined,
		via: undefined,
		src: undefined,
		metric: undefined,
		root: undefined,
		match: undefined,
	};
	for (let word = words.take(); word !== undefined; word = words.take()) await parseOne(run, words, word, filter);
	if (filter.dev !== undefined && (await run.link(filter.dev)) === undefined) noSuchDevice(filter.dev);
	return filter;
}

async function parseOne(run: IpRun, words: Words, word: string, filter: RouteFilter): Promise<void> {
	const { family } = run.options;
	if (matches(word, "table")) await tableArgument(run, words.argument(), filter);
	else if (matches(word, "vrf")) invalid(words.argument(), "Invalid VRF", "\n\n");
	else if (matches(word, "cached") || matches(word, "cloned") || word === "cache") filter.cache = true;
	else if (word === "tos" || matches(word, "dsfield")) throw notModelled("routes by TOS");
	else if (matches(word, "protocol")) {
		const text = words.argument();
		if (text !== "all") filter.protocol = parseProtocol(text) ?? invalid(text, 'invalid "protocol"', "\n\n");
	} else if (matches(word, "scope")) {
		const text = words.argument();
		if (text !== "all") filter.scope = parseScope(text) ?? invalid(text, 'invalid "scope"', "\n\n");
	} else if (matches(word, "type")) {
		const text = words.argument();
		filter.type = parseRouteType(text) ?? invalid(text, "node type value is invalid", "\n\n");
	} else if (word === "dev" || word === "oif") filter.dev = words.argument();
	else if (word === "iif" || word === "mark" || matches(word, "realms") || matches(word, "from")) {
		throw notModelled(`ip route show ${word}`);
	} else if (word === "via") filter.via = viaArgument(words.argument());
	else if (word === "src") filter.src = prefixArgument(words.argument(), family);
	else if (matches(word, "metric") || matches(word, "priority") || matches(word, "preference")) {
		const text = words.argument();
		filter.metric = parseUnsigned(text) ?? invalid(text, '"metric" value is invalid', "\n\n");
	} else destination(run, words, word, filter);
}

function viaArgument(text: string): PrefixWord {
	const slash = text.includes("/");
	if (slash) return prefixArgument(text, "any");
	const addr = addressArgument(text, "any");
	return { addr, prefix: addrBits(addr), hasLength: false, isDefault: false };
}

function destination(run: IpRun, words: Words, word: string, filter: RouteFilter): void {
	const { family } = run.options;
	const first = word === "to" ? words.argument() : word;
	if (first === "root") filter.root = prefixArgument(words.argument(), family);
	else if (first === "match") filter.match = prefixArgument(words.argument(), family);
	else {
		const exact = first === "exact" ? words.argument() : first;
		if (first !== "exact" && matches(exact, "help")) throw new ToolExit(255, ROUTE_USAGE);
		const net = prefixArgument(exact, family);
		filter.root = net;
		filter.match = net;
	}
}

async function tableArgument(run: IpRun, text: string, filter: RouteFilter): Promise<void> {
	filter.isTableGiven = true;
	if (text === "cache") filter.cache = true;
	else if (text === "all") filter.table = 0;
	else filter.table = (await parseTable(run, text)) ?? invalid(text, "table id value is invalid", "\n\n");
}
