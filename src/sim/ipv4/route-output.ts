/** The decision about a packet made here (net/ipv4/route.c: ip_route_output_key_hash_rcu). */
import { err, ok, type Result } from "../../base/result.ts";
import type { RouteType, Scope } from "../../kernel/objects.ts";
import { type FibHit, type FibNexthop, RT_SCOPE } from "../state/fib-table.ts";
import type { NetDevice, Netns } from "../types.ts";
import { inDev, inetAddrs, inetSelectAddr } from "./devinet.ts";
import { inetConf } from "./devinet-sysctl.ts";
import { type DstErrno, Ipv4Dst } from "./dst.ts";
import { fibOf, LOOPBACK_IFINDEX, loopbackDev } from "./fib.ts";
import { localTableHit } from "./fib-nexthop.ts";
import { isLoopback, isMulticast, isZeronet, LIMITED_BROADCAST } from "./martian.ts";
import { fibSelectMultipath, multipathHash } from "./multipath.ts";
import { routeException } from "./route-exception.ts";
import { type DstOf, skipsLinkdown } from "./route-input.ts";

/** `struct flowi4`, addresses as numbers; 0 is "any". */
export interface Flow {
	readonly dst: number;
	readonly src: number;
	readonly oif: number;
	readonly mark: number;
	readonly proto: number;
	readonly sport: number;
	readonly dport: number;
	/** The source need not be this host's. */
	readonly anySrc: boolean;
}

export interface OutputDecision {
	readonly result: Result<Ipv4Dst, DstErrno>;
	readonly cacheable: boolean;
}

export function routeOutputSlow(netns: Netns, flow: Flow, dstOf: DstOf): OutputDecision {
	const { dst, src } = flow;
	const isGroup = isMulticast(dst) || dst === LIMITED_BROADCAST;
	let oif = flow.oif;
	if (src !== 0) {
		if (isMulticast(src) || src === LIMITED_BROADCAST || isZeronet(src)) return refuse("EINVAL");
		const owner = ipDevFind(netns, src);
		if (owner === undefined && (!flow.anySrc || (oif === 0 && isGroup))) return refuse("ENETUNREACH");
		if (oif === 0 && isGroup && owner !== undefined) return group(netns, owner, flow);
	}
	if (oif !== 0) {
		const out = netns.devices.get(oif);
		if (out?.up !== true) return refuse("ENETUNREACH");
		if (dst === LIMITED_BROADCAST || dst >>> 8 === 0xe00000) return group(netns, out, flow);
	}
	if (dst === 0) return toSelf(netns, flow);
	const hit = lookup(netns, flow, oif);
	if (hit === undefined && oif !== 0) return onLink(netns, oif, flow);
	if (hit?.nexthop === undefined) return refuse(errnoOf(hit?.route.type));
	if (hit.route.type === "local") return toLocal(netns, flow, hit);
	const isMultipath = hit.route.nexthops.length > 1 && oif === 0;
	const nexthop = isMultipath ? multipath(netns, flow, hit) : hit.nexthop;
	oif = nexthop?.oif ?? 0;
	const out = netns.devices.get(oif);
	if (nexthop === undefined || out === undefined) return refuse("ENETUNREACH");
	return { result: make(netns, flow, { hit, nexthop, out, dstOf }), cacheable: !isMultipath };
}

/** `__mkroute_output` for a route from the tables. */
function make(
	netns: Netns,
	flow: Flow,
	found: { readonly hit: FibHit; readonly nexthop: FibNexthop; readonly out: NetDevice; readonly dstOf: DstOf },
): Result<Ipv4Dst, DstErrno> {
	const { hit, nexthop, out, dstOf } = found;
	if (isLoopback(flow.src) && !out.isLoopback && inDev(out).routeLocalnet === 0) return err("EINVAL");
	if (isZeronet(flow.dst)) return err("EINVAL");
	const type = groupType(flow.dst) ?? hit.route.type;
	if (type === "broadcast" || type === "multicast") {
		const prefsrc = resultPrefsrc(out, hit, nexthop);
		return ok(new Ipv4Dst({ dev: out, type, prefsrc, fibRoute: hit.route, nexthop }));
	}
	const exception = routeException(netns, nexthop, flow.dst);
	if (exception === undefined) return ok(dstOf(hit, nexthop, out));
	return ok(
		new Ipv4Dst({
			dev: out,
			type,
			gateway: exception.gateway ?? gatewayOf(nexthop),
			prefsrc: resultPrefsrc(out, hit, nexthop),
			fibRoute: hit.route,
			nexthop,
			pathMtu: exception.pathMtu,
		}),
	);
}

/** The gateway as packets use it: one's own address as a gateway means that the destination is on the link. */
export function gatewayOf(nexthop: FibNexthop): number | undefined {
	return nexthop.scope === RT_SCOPE.link ? nexthop.gateway : undefined;
}

/** The source for packets by this route (`fib_result_prefsrc`). */
export function resultPrefsrc(out: NetDevice, hit: FibHit, nexthop: FibNexthop): number | undefined {
	return hit.route.prefsrc ?? select(out, nexthop.gateway ?? 0, hit.route.scope >= RT_SCOPE.link ? "link" : "global");
}

/** One of the host's own addresses. Where the route names no source, it is the destination itself. */
function toLocal(netns: Netns, flow: Flow, hit: FibHit): OutputDecision {
	const owner = netns.devices.get(hit.nexthop?.oif ?? 0);
	const lo = owner === undefined ? undefined : loopbackDev(netns, owner);
	if (lo === undefined) return refuse("ENETUNREACH");
	const prefsrc = hit.route.prefsrc ?? flow.dst;
	return decided(new Ipv4Dst({ dev: lo, type: "local", prefsrc, fibRoute: hit.route, nexthop: hit.nexthop }));
}

/** Destination 0.0.0.0: this host. */
function toSelf(netns: Netns, flow: Flow): OutputDecision {
	const lo = netns.devices.get(LOOPBACK_IFINDEX);
	if (lo === undefined) return refuse("ENETUNREACH");
	return decided(new Ipv4Dst({ dev: lo, type: "local", prefsrc: flow.src === 0 ? 0x7f000001 : flow.src }));
}

/** Broadcast and multicast to a device that is known: no route is needed. */
function group(netns: Netns, out: NetDevice, flow: Flow): OutputDecision {
	if (!out.up) return refuse("ENETUNREACH");
	const type = groupType(flow.dst) ?? "unicast";
	return decided(new Ipv4Dst({ dev: netns.devices.get(out.ifindex) ?? out, type, prefsrc: select(out, 0, "link") }));
}

/** A socket is bound to a device and no route fits: the destination is taken to be on the link. */
function onLink(netns: Netns, oif: number, flow: Flow): OutputDecision {
	const out = netns.devices.get(oif);
	if (out === undefined) return refuse("ENETUNREACH");
	const type = groupType(flow.dst) ?? (out.isLoopback ? "local" : "unicast");
	return decided(new Ipv4Dst({ dev: out, type, prefsrc: select(out, 0, "link") }));
}

function multipath(netns: Netns, flow: Flow, hit: FibHit): FibNexthop | undefined {
	const isUsable = (hop: FibNexthop): boolean => !hop.dead && !(hop.linkdown && skipsLinkdown(netns, hop.oif));
	if (flow.src !== 0) {
		// The source was chosen for one of them: stay with it.
		const own = hit.route.nexthops.filter((hop) => {
			const out = netns.devices.get(hop.oif);
			return isUsable(hop) && out !== undefined && select(out, hop.gateway ?? 0, "global") === flow.src;
		});
		if (own.length === 1) return own[0];
	}
	return fibSelectMultipath(hit.route, multipathHash(flow, inetConf(netns).fibMultipathHashPolicy), isUsable);
}

function lookup(netns: Netns, flow: Flow, oif: number): FibHit | undefined {
	return fibOf(netns).lookup({
		dst: flow.dst,
		src: flow.src,
		iif: LOOPBACK_IFINDEX,
		oif,
		mark: flow.mark,
		scope: RT_SCOPE.global,
		skipLinkdown: (ifindex) => skipsLinkdown(netns, ifindex),
	});
}

/** The device that has the address, be it through a local route (`__ip_dev_find`). */
function ipDevFind(netns: Netns, addr: number): NetDevice | undefined {
	const owner = inetAddrs(netns).get(addr)?.[0];
	if (owner !== undefined) return owner;
	const route = localTableHit(netns, addr);
	return route?.type === "local" ? netns.devices.get(route.nexthops[0]?.oif ?? 0) : undefined;
}

function groupType(dst: number): RouteType | undefined {
	if (dst === LIMITED_BROADCAST) return "broadcast";
	return isMulticast(dst) ? "multicast" : undefined;
}

function select(out: NetDevice, dst: number, scope: Scope): number | undefined {
	const addr = inetSelectAddr(out, dst, scope);
	return typeof addr === "number" ? addr : undefined;
}

function errnoOf(type: RouteType | undefined): DstErrno {
	if (type === "blackhole") return "EINVAL";
	if (type === "unreachable") return "EHOSTUNREACH";
	return type === "prohibit" ? "EACCES" : "ENETUNREACH";
}

function decided(dst: Ipv4Dst): OutputDecision {
	return { result: ok(dst), cacheable: true };
}

function refuse(errno: DstErrno): OutputDecision {
	return { result: err(errno), cacheable: true };
}
