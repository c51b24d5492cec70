/** Making a route from what the user asks for, with the kernel's checks and words (net/ipv4/fib_semantics.c). */
import { err, ok, type Result } from "../../base/result.ts";
import type { Errno } from "../../kernel/kernel.ts";
import { type RouteType, RT_TABLE_LOCAL, RT_TABLE_MAIN } from "../../kernel/objects.ts";
import { FibNexthop, type FibRoute, fibTablesLookup, RT_SCOPE } from "../state/fib-table.ts";
import type { NetDevice, Netns } from "../types.ts";
import { fibOf, LOOPBACK_IFINDEX } from "./fib.ts";

/** A refusal in the kernel's words. */
export interface FibError {
	readonly errno: Errno;
	readonly message: string;
}

export interface NexthopSpec {
	/** 0: the kernel finds the device by the gateway. */
	readonly oif: number;
	readonly gateway: number | undefined;
	readonly weight: number;
	readonly onlink: boolean;
}

/** `struct fib_config`. */
export interface RouteSpec extends Omit<FibRoute, "nexthops"> {
	readonly nexthops: readonly NexthopSpec[];
}

/** Checks the route and finds its next hops (`fib_create_info`). */
export function fibCreateRoute(netns: Netns, spec: RouteSpec): Result<FibRoute, FibError> {
	if (spec.scope > RT_SCOPE.host || spec.scope < scopeOf(spec.type)) return fail("EINVAL", "Invalid scope.");
	const nexthops: FibNexthop[] = [];
	if (!isRefusal(spec.type)) {
		const specs =
			spec.nexthops.length === 0 ? [{ oif: 0, gateway: undefined, weight: 1, onlink: false }] : spec.nexthops;
		for (const each of specs) {
			const hop = spec.scope === RT_SCOPE.host ? localNexthop(netns, specs, each) : checkNexthop(netns, spec, each);
			if (!hop.ok) return hop;
			nexthops.push(hop.value);
		}
	}
	if (spec.prefsrc !== undefined && !isLocalAddr(netns, spec.prefsrc, spec)) {
		return fail("EINVAL", "Invalid prefsrc address.");
	}
	return ok({ ...spec, nexthops });
}

/** Types without a next hop: a packet that matches is refused, or the rule passed over. */
export function isRefusal(type: RouteType): boolean {
	return type === "blackhole" || type === "unreachable" || type === "prohibit" || type === "throw";
}

/** The type of an address as the local table has it; undefined: not in it. */
export function localTableHit(netns: Netns, addr: number): FibRoute | undefined {
	return fibTablesLookup([fibOf(netns).table(RT_TABLE_LOCAL)], { dst: addr, scope: RT_SCOPE.global, oif: 0 })?.route;
}

/** The widest scope a type may have (`fib_props`). */
function scopeOf(type: RouteType): number {
	if (type === "local") return RT_SCOPE.host;
	return type === "broadcast" ? RT_SCOPE.link : RT_SCOPE.global;
}

/** An address of this host: its device may be down, and stays in the table. */
function localNexthop(netns: Netns, all: readonly NexthopSpec[], spec: NexthopSpec): Result<FibNexthop, FibError> {
	if (all.length !== 1) return fail("EINVAL", "Route with host scope can not have multiple nexthops");
	if (spec.gateway !== undefined) return fail("EINVAL", "Route with host scope can not have a gateway");
	if (!netns.devices.has(spec.oif)) return fail("ENODEV", "No such device");
	return ok(new FibNexthop({ oif: spec.oif, gateway: undefined, scope: RT_SCOPE.nowhere }));
}

/** `fib_check_nh`. */
function checkNexthop(netns: Netns, route: RouteSpec, spec: NexthopSpec): Result<FibNexthop, FibError> {
	if (spec.gateway === undefined) return checkDevice(netns, spec);
	return spec.onlink ? checkOnlink(netns, route, spec) : checkGateway(netns, route, spec);
}

function checkDevice(netns: Netns, spec: NexthopSpec): Result<FibNexthop, FibError> {
	if (spec.onlink) return fail("EINVAL", "Invalid flags for nexthop - PERVASIVE and ONLINK can not be set.");
	const dev = netns.devices.get(spec.oif);
	if (dev === undefined) return fail("ENODEV", "No such device");
	if (!dev.up) return fail("ENETDOWN", "Device for nexthop is not up.");
	return ok(nexthop(dev, spec, RT_SCOPE.host));
}

function checkOnlink(netns: Netns, route: RouteSpec, spec: NexthopSpec): Result<FibNexthop, FibError> {
	if (route.scope >= RT_SCOPE.link) return fail("EINVAL", "Nexthop has invalid scope.");
	const dev = netns.devices.get(spec.oif);
	if (dev === undefined) return fail("ENODEV", "Nexthop device required for onlink.");
	if (!dev.up) return fail("ENETDOWN", "Nexthop device is not up.");
	const type = spec.gateway === undefined ? undefined : localTableHit(netns, spec.gateway)?.type;
	if (type !== undefined) return fail("EINVAL", "Nexthop has invalid gateway.");
	return ok(nexthop(dev, spec, RT_SCOPE.link));
}

/** The gateway must be reached without another gateway. */
function checkGateway(netns: Netns, route: RouteSpec, spec: NexthopSpec): Result<FibNexthop, FibError> {
	const fib = fibOf(netns);
	const flow = {
		dst: spec.gateway ?? 0,
		src: 0,
		iif: LOOPBACK_IFINDEX,
		oif: spec.oif,
		mark: 0,
		scope: Math.max(route.scope + 1, RT_SCOPE.link),
	};
	const own = route.table === RT_TABLE_MAIN ? undefined : fibTablesLookup([fib.table(route.table)], flow);
	const hit = own ?? fib.lookup(flow);
	if (hit === undefined) return fail("ENETUNREACH", "Nexthop has invalid gateway.");
	if (hit.route.type !== "unicast" && hit.route.type !== "local") return fail("EINVAL", "Nexthop has invalid gateway.");
	const dev = netns.devices.get(hit.nexthop?.oif ?? 0);
	if (dev === undefined) return fail("EINVAL", "No egress device for nexthop.");
	if (!dev.up) return fail("ENETDOWN", "Network is down");
	return ok(nexthop(dev, spec, hit.route.scope));
}

function nexthop(dev: NetDevice, spec: NexthopSpec, scope: number): FibNexthop {
	const { gateway, weight, onlink } = spec;
	const made = new FibNexthop({ oif: dev.ifindex, gateway, scope, weight, onlink });
	made.linkdown = !dev.running;
	return made;
}

/** `fib_valid_prefsrc`. */
function isLocalAddr(netns: Netns, addr: number, spec: RouteSpec): boolean {
	if (spec.type === "local" && spec.dst === addr) return true;
	return localTableHit(netns, addr)?.type === "local";
}

function fail(errno: Errno, message: string): { readonly ok: false; readonly error: FibError } {
	return err({ errno, message });
}
