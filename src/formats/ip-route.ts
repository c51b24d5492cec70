/** Lines of `ip route`. */
import {
	type NextHop,
	type Route,
	RT_TABLE_DEFAULT,
	RT_TABLE_LOCAL,
	RT_TABLE_MAIN,
	type Scope,
} from "../kernel/objects.ts";
import { addrBits, type Cidr, familyOf, formatCidr } from "../wire/addr.ts";
import { type Field, field, fieldIf, fieldsJson, fieldsText } from "./fields.ts";

export type RouteAttribute = "via" | "dev" | "table" | "proto" | "scope" | "src" | "metric";

export interface RouteListing {
	/** Names the table, as `ip route show table all` does for all but main. */
	readonly table?: boolean;
	/** -d. */
	readonly details?: boolean;
	/** What the user asked for by value is not repeated. */
	readonly without?: ReadonlySet<RouteAttribute>;
	readonly tableName?: (table: number) => string;
}

/**
 * One route, without a line end: IPv4 routes end in a space, as `ip route` prints them; a multipath route has several lines.
 */
export function formatRoute(route: Route, options: RouteListing = {}): string {
	return fieldsText(routeFields(route, options));
}

/** The same as fields. */
export function routeFields(route: Route, listing: RouteListing = {}): readonly Field[] {
	const isIpv6 = familyOf(route.dst.addr) === "ipv6";
	const { details = false, without = NOTHING } = listing;
	const type = route.type ?? "unicast";
	const dst = formatDst(route.dst);
	const hops = route.nexthops ?? [];
	return [
		...fieldIf(details || type !== "unicast", `${type} `, "type", type),
		field(`${dst} `, "dst", dst),
		...hopFields(route, without),
		...tableField(route.table ?? RT_TABLE_MAIN, listing),
		...propertyFields(route, isIpv6, { details, without }),
		...flagFields(route),
		...(route.mtu === undefined ? [] : [field(`mtu ${route.mtu} `, "metrics", [{ mtu: route.mtu }])]),
		...(hops.length === 0
			? []
			: [{ text: hops.map(formatNextHop).join(""), key: "nexthops", value: hops.map(nextHopJson) }]),
		...fieldIf(isIpv6, "pref medium", "pref", "medium"),
	];
}

/** `local`, `main`, `default`, or the number. */
export function tableName(table: number): string {
	if (table === RT_TABLE_LOCAL) return "local";
	if (table === RT_TABLE_MAIN) return "main";
	return table === RT_TABLE_DEFAULT ? "default" : String(table);
}

/** An address without a full prefix length. */
export function formatHost(net: Cidr): string {
	return net.prefix === addrBits(net.addr) ? net.addr : formatCidr(net);
}

const NOTHING: ReadonlySet<RouteAttribute> = new Set();

function hopFields(hop: NextHop, without: ReadonlySet<RouteAttribute>): readonly Field[] {
	const { via, dev } = hop;
	return [
		...(via === undefined || without.has("via") ? [] : [field(`via ${via} `, "gateway", via)]),
		...(dev === undefined || without.has("dev") ? [] : [field(`dev ${dev} `, "dev", dev)]),
	];
}

function tableField(table: number, listing: RouteListing): readonly Field[] {
	const isShown = listing.table === true && (table !== RT_TABLE_MAIN || listing.details === true);
	const name = (listing.tableName ?? tableName)(table);
	return fieldIf(isShown, `table ${name} `, "table", name);
}

function propertyFields(
	route: Route,
	isIpv6: boolean,
	{ details, without }: { readonly details: boolean; readonly without: ReadonlySet<RouteAttribute> },
): readonly Field[] {
	const { protocol = "boot", src, metric } = route;
	const scope: Scope = route.scope ?? "global";
	const showsProto = details || (route.protocol !== undefined && protocol !== "boot");
	const showsScope = !isIpv6 && (details || scope !== "global");
	const showsMetric = metric !== undefined && (metric !== 0 || isIpv6);
	return [
		...fieldIf(showsProto && !without.has("proto"), `proto ${protocol} `, "protocol", protocol),
		...fieldIf(showsScope && !without.has("scope"), `scope ${scope} `, "scope", scope),
		...(src === undefined || without.has("src") ? [] : [field(`src ${src} `, "prefsrc", src)]),
		...(showsMetric && !without.has("metric") ? [field(`metric ${metric} `, "metric", metric)] : []),
	];
}

function flagFields(route: Route): readonly Field[] {
	const flags = [...(route.onlink === true ? ["onlink"] : []), ...(route.linkdown === true ? ["linkdown"] : [])];
	return [field(flags.map((flag) => `${flag} `).join(""), "flags", flags)];
}

function formatNextHop(hop: NextHop): string {
	const onlink = hop.onlink === true ? "onlink " : "";
	return `\n\tnexthop ${fieldsText(hopFields(hop, NOTHING))}weight ${hop.weight ?? 1} ${onlink}`;
}

function nextHopJson(hop: NextHop): ReturnType<typeof fieldsJson> {
	return {
		...fieldsJson(hopFields(hop, NOTHING)),
		weight: hop.weight ?? 1,
		flags: hop.onlink === true ? ["onlink"] : [],
	};
}

function formatDst(dst: Cidr): string {
	return dst.prefix === 0 ? "default" : formatHost(dst);
}
