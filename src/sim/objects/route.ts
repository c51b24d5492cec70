/** Routes of the port: `ip route`. */
import { ok, type Result } from "../../base/result.ts";
import type { Verb } from "../../kernel/kernel.ts";
import { type Route, type RouteType, RT_TABLE_LOCAL, RT_TABLE_MAIN, type Scope } from "../../kernel/objects.ts";
import { formatCidr, type IpAddr, ipNum, maskedNum } from "../../wire/addr.ts";
import { fibDumpRoute, fibOf, ifindexOf } from "../ipv4/fib.ts";
import { fibCreateRoute, isRefusal, type NexthopSpec, type RouteSpec } from "../ipv4/fib-nexthop.ts";
import { type FibRoute, RT_SCOPE } from "../state/fib-table.ts";
import type { Netns } from "../types.ts";
import { noDevice, type ObjectError, type ObjectHandler, refuse, type Undo } from "./handler.ts";

export const routeHandler: ObjectHandler<Route> = {
	apply(netns, verb, route) {
		const spec = specOf(netns, route, verb);
		if (!spec.ok) return spec;
		if (verb === "delete") return remove(netns, route, spec.value);
		return add(netns, spec.value, verb === "replace" ? "replace" : route.among);
	},
	dump(netns) {
		return fibOf(netns)
			.tables()
			.flatMap((table) => table.routes().map((route) => fibDumpRoute(netns, route)));
	},
};

function add(netns: Netns, spec: RouteSpec, how: "replace" | Route["among"]): Result<Undo, ObjectError> {
	const made = fibCreateRoute(netns, spec);
	if (!made.ok) return made;
	const fib = fibOf(netns);
	if (spec.type === "local") fib.hasCustomLocalRoutes = true;
	const group = fib.table(spec.table).of(spec.dst, spec.prefix);
	const found = group.find((each) => each.metric === spec.metric);
	if (found !== undefined && how === undefined) return refuse("EEXIST", "File exists");
	if (how === "first" || how === "last") {
		if (group.some((each) => isSame(each, made.value))) return refuse("EEXIST", "File exists");
		const next = insertAmong(group, made.value, how);
		return ok(fib.record(() => fib.setRoutes(spec.table, spec, next)));
	}
	const next =
		found === undefined ? insert(group, made.value) : group.map((each) => (each === found ? made.value : each));
	return ok(fib.record(() => fib.setRoutes(spec.table, spec, next)));
}

/** The first route that fits what is given; what is not given does not matter (`fib_table_delete`). */
function remove(netns: Netns, route: Route, spec: RouteSpec): Result<Undo, ObjectError> {
	const fib = fibOf(netns);
	if (!fib.hasTable(spec.table)) return refuse("ESRCH", "FIB table does not exist.");
	const group = fib.table(spec.table).of(spec.dst, spec.prefix);
	const found = group.find((each) => fits(each, route, spec));
	if (found === undefined) return refuse("ESRCH", "No such process");
	const rest = group.filter((each) => each !== found);
	return ok(fib.record(() => fib.setRoutes(spec.table, spec, rest)));
}

function fits(each: FibRoute, asked: Route, spec: RouteSpec): boolean {
	return (
		(asked.type === undefined || each.type === spec.type) &&
		(asked.scope === undefined || each.scope === spec.scope) &&
		(asked.protocol === undefined || each.protocol === spec.protocol) &&
		(asked.metric === undefined || asked.metric === 0 || each.metric === spec.metric) &&
		(asked.src === undefined || each.prefsrc === spec.prefsrc) &&
		(asked.mtu === undefined || each.mtu === spec.mtu) &&
		(spec.nexthops.length < 2 || each.nexthops.length === spec.nexthops.length) &&
		spec.nexthops.every((hop, k) => {
			const own = each.nexthops[k];
			if (own === undefined || (hop.oif !== 0 && hop.oif !== own.oif)) return false;
			return hop.gateway === undefined || hop.gateway === own.gateway;
		})
	);
}

function insert(group: readonly FibRoute[], route: FibRoute): readonly FibRoute[] {
	const at = group.filter((each) => each.metric < route.metric).length;
	return [...group.slice(0, at), route, ...group.slice(at)];
}

function insertAmong(group: readonly FibRoute[], route: FibRoute, where: "first" | "last"): readonly FibRoute[] {
	const isBefore = (each: FibRoute): boolean =>
		where === "first" ? each.metric < route.metric : each.metric <= route.metric;
	return [...group.filter(isBefore), route, ...group.filter((each) => !isBefore(each))];
}

/** The same to the kernel: metric, scope, type and next hops. */
function isSame(a: FibRoute, b: FibRoute): boolean {
	const key = (route: FibRoute): string =>
		[
			route.metric,
			route.scope,
			route.type,
			route.protocol,
			route.prefsrc,
			route.mtu,
			...route.nexthops.map((hop) => `${hop.oif} ${hop.gateway} ${hop.weight} ${hop.onlink}`),
		].join("/");
	return key(a) === key(b);
}

/** Fills in what `ip route` would, and turns names and text into numbers. */
function specOf(netns: Netns, route: Route, verb: Verb): Result<RouteSpec, ObjectError> {
	const text = formatCidr(route.dst);
	const dst = ipNum(route.dst.addr);
	const prefsrc = v4(route.src);
	if (typeof dst !== "number" || prefsrc === "ipv6")
		return refuse("EOPNOTSUPP", `IPv6 is not modelled (route ${text})`);
	const type = route.type ?? "unicast";
	if (type === "multicast") return refuse("EOPNOTSUPP", `multicast routing is not modelled (route ${text})`);
	const { prefix } = route.dst;
	if (maskedNum(dst, prefix) !== dst) return refuse("EINVAL", "Invalid prefix for given prefix length.");
	const nexthops = nexthopsOf(netns, route, verb === "delete" ? undefined : type);
	if (!nexthops.ok) return nexthops;
	return ok({
		dst,
		prefix,
		table: route.table || (type === "local" || type === "broadcast" ? RT_TABLE_LOCAL : RT_TABLE_MAIN),
		type,
		metric: route.metric ?? 0,
		scope: RT_SCOPE[route.scope ?? defaultScope(type, nexthops.value)],
		protocol: route.protocol ?? "boot",
		prefsrc,
		mtu: route.mtu,
		nexthops: nexthops.value,
	});
}

/** `type` is that of a route to be made. */
function nexthopsOf(
	netns: Netns,
	route: Route,
	type: RouteType | undefined,
): Result<readonly NexthopSpec[], ObjectError> {
	const isSingle = route.via !== undefined || route.dev !== undefined;
	const hops = route.nexthops ?? (isSingle ? [route] : []);
	if (type !== undefined && isRefusal(type) && hops.length > 0) {
		return refuse("EINVAL", "Gateway, device and multipath can not be specified for this route type.");
	}
	const specs: NexthopSpec[] = [];
	for (const hop of hops) {
		const gateway = v4(hop.via);
		if (gateway === "ipv6") return refuse("EOPNOTSUPP", `IPv6 is not modelled (gateway ${hop.via})`);
		const oif = hop.dev === undefined ? 0 : ifindexOf(netns, hop.dev);
		if (hop.dev !== undefined && oif < 0) return noDevice(hop.dev);
		const weight = "weight" in hop ? (hop.weight ?? 1) : 1;
		specs.push({ oif, gateway, weight, onlink: hop.onlink === true });
	}
	return ok(specs);
}

/** As iproute2 chooses it. */
function defaultScope(type: RouteType, nexthops: readonly NexthopSpec[]): Scope {
	if (type === "local") return "host";
	if (type === "broadcast") return "link";
	const [only] = nexthops;
	return type === "unicast" && nexthops.length === 1 && only?.gateway === undefined ? "link" : "global";
}

function v4(addr: IpAddr | undefined): number | undefined | "ipv6" {
	if (addr === undefined) return undefined;
	const n = ipNum(addr);
	return typeof n === "number" ? n : "ipv6";
}
