/** Lines of `ip route` and `ip rule`. */
import {
	type NextHop,
	type PolicyRule,
	type Route,
	RT_TABLE_DEFAULT,
	RT_TABLE_LOCAL,
	RT_TABLE_MAIN,
} from "../kernel/objects.ts";
import { addrBits, type Cidr, familyOf, formatCidr } from "../wire/addr.ts";

/**
 * One route, without a line end: IPv4 routes end in a space, as `ip route` prints them; a multipath route has several lines.
 * `table` names the table, as `ip route show table all` does for all but main.
 */
export function formatRoute(route: Route, options: { readonly table?: boolean } = {}): string {
	const isIpv6 = familyOf(route.dst.addr) === "ipv6";
	const type = route.type === undefined || route.type === "unicast" ? "" : `${route.type} `;
	const table = route.table ?? RT_TABLE_MAIN;
	const words = [
		`${type}${formatDst(route.dst)}`,
		...hopWords(route),
		options.table === true && table !== RT_TABLE_MAIN ? `table ${tableName(table)}` : "",
		route.protocol === undefined || route.protocol === "boot" ? "" : `proto ${route.protocol}`,
		route.scope === undefined || route.scope === "global" || isIpv6 ? "" : `scope ${route.scope}`,
		route.src === undefined ? "" : `src ${route.src}`,
		route.metric === undefined || (route.metric === 0 && !isIpv6) ? "" : `metric ${route.metric}`,
		route.onlink === true ? "onlink" : "",
		route.linkdown === true ? "linkdown" : "",
		route.mtu === undefined ? "" : `mtu ${route.mtu}`,
	];
	const hops = (route.nexthops ?? []).map(formatNextHop).join("");
	const end = isIpv6 ? "pref medium" : "";
	return `${words.filter((word) => word !== "").join(" ")} ${hops}${end}`;
}

/** One policy rule, without a line end. */
export function formatPolicyRule(rule: PolicyRule): string {
	const words = [
		rule.not === true ? "not" : "",
		rule.from === undefined ? "from all" : `from ${formatHost(rule.from)}`,
		rule.to === undefined ? "" : `to ${formatHost(rule.to)}`,
		rule.fwmark === undefined ? "" : `fwmark ${formatFwmark(rule.fwmark)}`,
		rule.iif === undefined ? "" : `iif ${rule.iif}`,
		rule.oif === undefined ? "" : `oif ${rule.oif}`,
		`lookup ${tableName(rule.table)}`,
	];
	return `${rule.priority}:\t${words.filter((word) => word !== "").join(" ")}`;
}

/** `local`, `main`, `default`, or the number. */
export function tableName(table: number): string {
	if (table === RT_TABLE_LOCAL) return "local";
	if (table === RT_TABLE_MAIN) return "main";
	return table === RT_TABLE_DEFAULT ? "default" : String(table);
}

function hopWords(hop: NextHop): readonly string[] {
	return [hop.via === undefined ? "" : `via ${hop.via}`, hop.dev === undefined ? "" : `dev ${hop.dev}`];
}

function formatNextHop(hop: NextHop): string {
	const words = ["nexthop", ...hopWords(hop), `weight ${hop.weight ?? 1}`, hop.onlink === true ? "onlink" : ""];
	return `\n\t${words.filter((word) => word !== "").join(" ")} `;
}

function formatDst(dst: Cidr): string {
	return dst.prefix === 0 ? "default" : formatHost(dst);
}

/** An address without a full prefix length. */
function formatHost(net: Cidr): string {
	return net.prefix === addrBits(net.addr) ? net.addr : formatCidr(net);
}

function formatFwmark(mark: { readonly value: number; readonly mask: number }): string {
	const mask = mark.mask === 0xffffffff ? "" : `/0x${mark.mask.toString(16)}`;
	return `0x${mark.value.toString(16)}${mask}`;
}
