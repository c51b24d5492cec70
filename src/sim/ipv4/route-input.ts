/** The decision about a packet that came in (net/ipv4/route.c: ip_route_input_slow). */
import type { TraceStep } from "../../kernel/trace-event.ts";
import { type FibHit, type FibNexthop, RT_SCOPE } from "../state/fib-table.ts";
import type { RouteCacheKey } from "../state/route-cache.ts";
import type { NetDevice, Netns, Skb } from "../types.ts";
import { type InDevice, inDev, inetAddrOnlink } from "./devinet.ts";
import { inetConf } from "./devinet-sysctl.ts";
import { type DstErrno, Ipv4Dst } from "./dst.ts";
import { fibOf, loopbackDev } from "./fib.ts";
import {
	fibValidateSource,
	isLoopback,
	isMulticast,
	isZeronet,
	LIMITED_BROADCAST,
	type Martian,
	martianAddress,
	sourceWrong,
} from "./martian.ts";
import { mcGroups } from "./multicast-groups.ts";
import { fibSelectMultipath, flowKeysOf, multipathHash } from "./multipath.ts";

/** A word of the trace for what a decision means. */
export type RouteResult = Extract<TraceStep, { step: "route" }>["result"];

/** Either `dst` (perhaps one that refuses) or `martian` is there. */
export interface InputDecision extends RouteCacheKey {
	readonly route: Ipv4Dst | undefined;
	readonly martian: Martian | undefined;
	readonly result: RouteResult;
	/** The packet leaves where it came in, and its sender is a neighbour there: it is told of the nearer way. */
	readonly redirect: boolean;
	/** False when the choice depends on more than the key. */
	readonly cacheable: boolean;
}

/** Makes a shared `Dst` for a next hop, or finds it. */
export type DstOf = (hit: FibHit, nexthop: FibNexthop, dev: NetDevice) => Ipv4Dst;

/** All-hosts, the one group that every host is in. */
const ALL_HOSTS = 0xe0000001;

/** Decides about a packet with these addresses that came in by `dev`; `skb` is read for multipath only. */
export function routeInputSlow(dev: NetDevice, key: RouteCacheKey, skb: Skb | undefined, dstOf: DstOf): InputDecision {
	const { src, dst } = key;
	if (isMulticast(dst)) return multicast(dev, key);
	const bad = martianAddress(dev, src, dst);
	if (bad !== undefined) return martian(key, bad);
	if (dst === LIMITED_BROADCAST || (src === 0 && dst === 0)) return broadcast(dev, key);
	const conf = inDev(dev);
	const hit = lookup(dev, key);
	const type = hit?.route.type;
	if (hit?.nexthop === undefined) return refused(dev, key, conf, hit);
	if (type === "broadcast") return broadcast(dev, key);
	if (type === "local") {
		const wrong = sourceWrong(dev, { src, dst, oif: 0, mark: key.mark });
		if (wrong !== undefined) return martian(key, { which: "source", reason: wrong });
		return decided(key, dstOf(hit, hit.nexthop, loopbackDev(dev.netns, dev)), "local");
	}
	if (conf.forwarding === 0) return refused(dev, key, conf, undefined);
	if (type !== "unicast") return martian(key, { which: "destination", reason: "IP_INVALID_DEST" });
	return forward(dev, key, hit, { skb, dstOf });
}

/** `ip_mkroute_input`. */
function forward(
	dev: NetDevice,
	key: RouteCacheKey,
	hit: FibHit,
	more: { readonly skb: Skb | undefined; readonly dstOf: DstOf },
): InputDecision {
	const { netns } = dev;
	const isMultipath = hit.route.nexthops.length > 1;
	const nexthop = isMultipath ? multipath(netns, key, hit, more.skb) : hit.nexthop;
	const out = nexthop === undefined ? undefined : netns.devices.get(nexthop.oif);
	if (nexthop === undefined || out === undefined)
		return martian(key, { which: "destination", reason: "IP_INVALID_DEST" });
	const source = fibValidateSource(dev, { src: key.src, dst: key.dst, oif: out.ifindex, mark: key.mark });
	if (source !== "neighbour" && source !== "elsewhere") return martian(key, { which: "source", reason: source });
	const redirect = out === dev && source === "neighbour" && tellsOfRedirects(dev, key, nexthop);
	return { ...decided(key, more.dstOf(hit, nexthop, out), "forward"), redirect, cacheable: !isMultipath };
}

/** The device may send redirects, and on a medium not shared by several networks the sender and the gateway must be on one. */
function tellsOfRedirects(dev: NetDevice, { src }: RouteCacheKey, { gateway }: FibNexthop): boolean {
	const { sendRedirects, sharedMedia } = inDev(dev);
	return sendRedirects !== 0 && (sharedMedia !== 0 || inetAddrOnlink(dev, src, gateway));
}

function multipath(netns: Netns, key: RouteCacheKey, hit: FibHit, skb: Skb | undefined): FibNexthop | undefined {
	const policy = inetConf(netns).fibMultipathHashPolicy;
	const keys = skb === undefined ? { ...key, proto: 0, sport: 0, dport: 0 } : flowKeysOf(skb, policy);
	const hash = multipathHash(keys, policy);
	return fibSelectMultipath(hit.route, hash, (hop) => !hop.dead && !(hop.linkdown && skipsLinkdown(netns, hop.oif)));
}

function multicast(dev: NetDevice, key: RouteCacheKey): InputDecision {
	const { src, dst, mark } = key;
	if (dst !== ALL_HOSTS && !mcGroups(dev).has(dst))
		return martian(key, { which: "destination", reason: "MULTICAST_IGNORED" }, "multicast");
	if (isMulticast(src) || src === LIMITED_BROADCAST)
		return martian(key, { which: "source", reason: "IP_INVALID_SOURCE" });
	if (isLoopback(src) && inDev(dev).routeLocalnet === 0)
		return martian(key, { which: "source", reason: "IP_LOCALNET" });
	const wrong = isZeronet(src) ? undefined : sourceWrong(dev, { src, dst: 0, oif: 0, mark });
	if (wrong !== undefined) return martian(key, { which: "source", reason: wrong });
	return decided(key, new Ipv4Dst({ dev: loopbackDev(dev.netns, dev), type: "multicast" }), "multicast");
}

function broadcast(dev: NetDevice, key: RouteCacheKey): InputDecision {
	const { src, mark } = key;
	const wrong = isZeronet(src) ? undefined : sourceWrong(dev, { src, dst: 0, oif: 0, mark });
	if (wrong !== undefined) return martian(key, { which: "source", reason: wrong });
	return decided(key, new Ipv4Dst({ dev: loopbackDev(dev.netns, dev), type: "broadcast" }), "broadcast");
}

/** No route, one that refuses, or no forwarding: the packet goes to `ip_error`. */
function refused(dev: NetDevice, key: RouteCacheKey, conf: InDevice, hit: FibHit | undefined): InputDecision {
	const type = hit?.route.type;
	const [errno, result]: readonly [DstErrno, RouteResult] =
		conf.forwarding === 0
			? ["EHOSTUNREACH", "not-forwarding"]
			: type === "unreachable"
				? ["EHOSTUNREACH", type]
				: type === "prohibit"
					? ["EACCES", type]
					: type === "blackhole"
						? ["EINVAL", type]
						: ["ENETUNREACH", "no-route"];
	const route = new Ipv4Dst({
		dev: loopbackDev(dev.netns, dev),
		type: type ?? "unreachable",
		fibRoute: hit?.route,
		errno,
	});
	return decided(key, route, result);
}

function lookup(dev: NetDevice, key: RouteCacheKey): FibHit | undefined {
	return fibOf(dev.netns).lookup({
		dst: key.dst,
		src: key.src,
		iif: dev.ifindex,
		oif: 0,
		mark: key.mark,
		scope: RT_SCOPE.global,
		skipLinkdown: (oif) => skipsLinkdown(dev.netns, oif),
	});
}

/** Whether routes by a device without carrier are passed over. */
export function skipsLinkdown(netns: Netns, oif: number): boolean {
	const dev = netns.devices.get(oif);
	return dev !== undefined && inDev(dev).ignoreRoutesWithLinkdown !== 0;
}

function decided(key: RouteCacheKey, route: Ipv4Dst, result: RouteResult): InputDecision {
	const { dst, src, dev, mark, tos } = key;
	return { dst, src, dev, mark, tos, route, martian: undefined, result, redirect: false, cacheable: true };
}

function martian(key: RouteCacheKey, bad: Martian, result: RouteResult = "martian"): InputDecision {
	const { dst, src, dev, mark, tos } = key;
	return { dst, src, dev, mark, tos, route: undefined, martian: bad, result, redirect: false, cacheable: true };
}
