/** Routing decisions for packets (net/ipv4/route.c): the cached way, and what they look like in a trace. */
import type { Result } from "../../base/result.ts";
import { err } from "../../base/result.ts";
import type { DropReason } from "../../kernel/drop-reason.ts";
import type { RouteType } from "../../kernel/objects.ts";
import { type IpNum, ipText } from "../../wire/addr.ts";
import { ipv4Dst, ipv4Proto, ipv4Src, ipv4Tos } from "../../wire/ipv4.ts";
import type { FibHit, FibNexthop } from "../state/fib-table.ts";
import { RouteCache, type RouteCacheKey } from "../state/route-cache.ts";
import { traceStep } from "../trace.ts";
import { type Dst, type NetDevice, type Netns, pernet, type Skb } from "../types.ts";
import { inetConf } from "./devinet-sysctl.ts";
import { type DstErrno, Ipv4Dst, ipv4DstOf } from "./dst.ts";
import { fibOf } from "./fib.ts";
import { localTableHit } from "./fib-nexthop.ts";
import { isMulticast, isZeronet, LIMITED_BROADCAST, logMartian } from "./martian.ts";
import { updateRouteException } from "./route-exception.ts";
import { type InputDecision, type RouteResult, routeInputSlow } from "./route-input.ts";
import { type Flow, gatewayOf, resultPrefsrc, routeOutputSlow } from "./route-output.ts";

export type RouteErrno = DstErrno;

/** What a packet made here asks for (`struct flowi4`). */
export interface OutputFlow {
	readonly dst: IpNum;
	readonly src?: IpNum | undefined;
	/** ifindex of SO_BINDTODEVICE; 0 or absent: any. */
	readonly oif?: number | undefined;
	readonly mark: number;
	readonly tos: number;
	readonly proto: number;
	/** For fib_multipath_hash_policy 1. */
	readonly sport?: number | undefined;
	readonly dport?: number | undefined;
	/** The source need not be an address of this host (FLOWI_FLAG_ANYSRC). */
	readonly anySrc?: boolean | undefined;
}

/** The route for a packet made here; `prefsrc` of it is the source to use when none was asked for. */
export function ipRouteOutput(netns: Netns, flow: OutputFlow): Result<Dst, RouteErrno> {
	return routeOutput(netns, flow);
}

/**
 * Routes a packet that came in by `dev` (`skb.network` at its IP header) and sets `skb.dst`, which may be a route that
 * refuses. The result is the reason to drop it at once: an address it must not have, or reverse path filtering.
 */
export function ipRouteInput(skb: Skb, dev: NetDevice): DropReason | undefined {
	const { bytes, network } = skb;
	const state = routeStateOf(dev.netns);
	const key = state.key;
	key.dst = ipv4Dst(bytes, network);
	key.src = ipv4Src(bytes, network);
	key.dev = dev.ifindex;
	key.mark = skb.mark;
	key.tos = ipv4Tos(bytes, network);
	const decision = decideInput(skb, dev, state);
	if (decision.martian !== undefined) logMartian(skb, dev, { ...decision, which: decision.martian.which });
	if (skb.machine.tracer !== undefined) traceInput(skb, dev, decision);
	if (decision.martian !== undefined) return decision.martian.reason;
	skb.dst = decision.route;
	skb.doRedirect = decision.redirect;
	return undefined;
}

/** What would become of a packet with these addresses if it came in by `dev`; without a route it would be a martian. */
export function ipRouteInputAddrs(
	dev: NetDevice,
	addrs: { readonly src: number; readonly dst: number; readonly mark?: number },
): Pick<InputDecision, "route" | "redirect"> {
	const state = routeStateOf(dev.netns);
	const key = state.key;
	key.dst = addrs.dst;
	key.src = addrs.src;
	key.dev = dev.ifindex;
	key.mark = addrs.mark ?? 0;
	key.tos = 0;
	return decideInput(undefined, dev, state);
}

/** Routes a packet of this host anew after its addresses or mark changed on the way out; the result says why it cannot be. */
export function ipRouteMeHarder(netns: Netns, skb: Skb): RouteErrno | undefined {
	const { bytes, network } = skb;
	const src = ipv4Src(bytes, network);
	const type = inetAddrType(netns, src);
	const found = routeOutput(netns, {
		dst: ipv4Dst(bytes, network),
		src: type === "local" || type === "unicast" ? src : undefined,
		mark: skb.mark,
		tos: ipv4Tos(bytes, network),
		proto: ipv4Proto(bytes, network),
		anySrc: true,
	});
	if (!found.ok) return found.error;
	// A socket's fragments have room for the headers of the device that they were made for.
	if (found.value.dev.ops.needsHeadroom === true && skb.dst?.dev !== found.value.dev) skb.fragSizes = undefined;
	skb.dst = found.value;
	if (skb.machine.tracer !== undefined) traceRouteOutput(skb, netns, "ip_route_me_harder");
	return undefined;
}

/** What the host's own tables say an address is: `local`, `broadcast`, `multicast`, else `unicast`. */
export function inetAddrType(netns: Netns, addr: IpNum): RouteType {
	if (typeof addr !== "number") return "unicast";
	const state = routeStateOf(netns);
	const { generation } = fibOf(netns);
	if (state.typesGeneration !== generation || state.types.size > 4096) {
		state.types.clear();
		state.typesGeneration = generation;
	}
	let type = state.types.get(addr);
	if (type === undefined) {
		type = fixedType(addr) ?? localTableHit(netns, addr)?.type ?? "unicast";
		state.types.set(addr, type);
	}
	return type;
}

/** The same, where an address of another device than `dev` counts as `unicast`. */
export function inetDevAddrType(netns: Netns, dev: NetDevice, addr: IpNum): RouteType {
	if (typeof addr !== "number") return "unicast";
	const fixed = fixedType(addr);
	if (fixed !== undefined) return fixed;
	const route = localTableHit(netns, addr);
	return route !== undefined && route.nexthops[0]?.oif === dev.ifindex ? route.type : "unicast";
}

/** Notes the path MTU to a destination that an ICMP error told of (`ip_rt_update_pmtu`). */
export function ipv4UpdatePmtu(netns: Netns, flow: OutputFlow, mtu: number): void {
	const found = routeOutput(netns, { ...flow, anySrc: true });
	const conf = inetConf(netns);
	if (!found.ok || typeof flow.dst !== "number") return;
	const { nexthop } = found.value;
	if (nexthop === undefined || found.value.mtu < mtu) return;
	const expiresNs = netns.machine.loop.now() + conf.mtuExpiresSeconds * 1e9;
	const least = Math.min(found.value.mtu, conf.minPmtu);
	updateRouteException(netns, nexthop, flow.dst, { pathMtu: { mtu: Math.max(mtu, least), expiresNs } });
	fibOf(netns).changed();
}

/** Follows an ICMP redirect: packets to `dst` go by `gateway` from now on (`__ip_do_redirect`). */
export function ipv4Redirect(netns: Netns, flow: OutputFlow, gateway: number): void {
	const found = routeOutput(netns, { ...flow, anySrc: true });
	if (!found.ok || typeof flow.dst !== "number" || found.value.nexthop === undefined) return;
	updateRouteException(netns, found.value.nexthop, flow.dst, { gateway });
	fibOf(netns).changed();
}

/** The decision that a packet made here carries, as a step of its trace. */
export function traceRouteOutput(skb: Skb, netns: Netns, fn: string): void {
	const dst = ipv4DstOf(skb);
	if (dst === undefined) return;
	const { type } = dst;
	const result: RouteResult = type === "local" || type === "broadcast" || type === "multicast" ? type : "output";
	traceRoute(skb, netns, { fn, direction: "output", result, dst });
}

interface RouteState {
	/** Filled in for each look-up, so that none is allocated. */
	readonly key: { -readonly [K in keyof RouteCacheKey]: RouteCacheKey[K] };
	readonly input: RouteCache<InputDecision>;
	readonly output: RouteCache<RouteCacheKey & { readonly result: Result<Ipv4Dst, RouteErrno> }>;
	/** One `Dst` for all packets by a next hop. */
	readonly dsts: Map<FibNexthop, Ipv4Dst>;
	dstsGeneration: number;
	readonly types: Map<number, RouteType>;
	typesGeneration: number;
}

const routeStateOf: (netns: Netns) => RouteState = pernet(() => ({
	key: { dst: 0, src: 0, dev: 0, mark: 0, tos: 0 },
	input: new RouteCache<InputDecision>(),
	output: new RouteCache<RouteCacheKey & { readonly result: Result<Ipv4Dst, RouteErrno> }>(),
	dsts: new Map(),
	dstsGeneration: 0,
	types: new Map(),
	typesGeneration: 0,
}));

function decideInput(skb: Skb | undefined, dev: NetDevice, state: RouteState): InputDecision {
	const { generation } = fibOf(dev.netns);
	const known = state.input.get(generation, state.key);
	if (known !== undefined) return known;
	const made = routeInputSlow(dev, { ...state.key }, skb, (hit, nexthop, out) =>
		sharedDst(dev.netns, hit, nexthop, out),
	);
	if (made.cacheable) state.input.put(generation, made);
	return made;
}

function routeOutput(netns: Netns, flow: OutputFlow): Result<Ipv4Dst, RouteErrno> {
	const { dst, src } = flow;
	if (typeof dst !== "number" || typeof src === "bigint") return err("ENETUNREACH");
	const state = routeStateOf(netns);
	const { generation } = fibOf(netns);
	const key = state.key;
	key.dst = dst;
	key.src = src ?? 0;
	key.dev = flow.oif ?? 0;
	key.mark = flow.mark;
	// The low bits of the key's last word that no TOS uses.
	key.tos = flow.tos * 2 + (flow.anySrc === true ? 1 : 0);
	const known = state.output.get(generation, key);
	if (known !== undefined) return known.result;
	const asked: Flow = {
		dst,
		src: key.src,
		oif: key.dev,
		mark: flow.mark,
		proto: flow.proto,
		sport: flow.sport ?? 0,
		dport: flow.dport ?? 0,
		anySrc: flow.anySrc === true,
	};
	const kept = { ...key };
	const made = routeOutputSlow(netns, asked, (hit, nexthop, out) => sharedDst(netns, hit, nexthop, out));
	if (made.cacheable) state.output.put(generation, { ...kept, result: made.result });
	return made.result;
}

/** The `Dst` of a next hop, the same one until something changes. */
function sharedDst(netns: Netns, hit: FibHit, nexthop: FibNexthop, dev: NetDevice): Ipv4Dst {
	const state = routeStateOf(netns);
	const { generation } = fibOf(netns);
	if (state.dstsGeneration !== generation) {
		state.dsts.clear();
		state.dstsGeneration = generation;
	}
	let dst = state.dsts.get(nexthop);
	if (dst === undefined) {
		const isLocal = hit.route.type === "local";
		dst = new Ipv4Dst({
			dev,
			type: hit.route.type,
			gateway: isLocal ? undefined : gatewayOf(nexthop),
			prefsrc: isLocal ? hit.route.prefsrc : resultPrefsrc(dev, hit, nexthop),
			fibRoute: hit.route,
			nexthop,
		});
		state.dsts.set(nexthop, dst);
	}
	return dst;
}

function fixedType(addr: number): RouteType | undefined {
	if (isZeronet(addr) || addr === LIMITED_BROADCAST) return "broadcast";
	return isMulticast(addr) ? "multicast" : undefined;
}

function traceInput(skb: Skb, dev: NetDevice, decision: InputDecision): void {
	const { result, route } = decision;
	traceRoute(skb, dev.netns, {
		fn: "ip_route_input_slow",
		direction: "input",
		result,
		iif: dev.name,
		...(route === undefined ? {} : { dst: route }),
	});
}

function traceRoute(
	skb: Skb,
	netns: Netns,
	step: { fn: string; direction: "input" | "output"; result: RouteResult; iif?: string; dst?: Ipv4Dst },
): void {
	const { dst } = step;
	const goesOut = step.result === "forward" || step.direction === "output";
	const { gateway, prefsrc, route } = dst ?? {};
	traceStep(skb, netns, step.fn, {
		step: "route",
		direction: step.direction,
		dst: ipText(ipv4Dst(skb.bytes, skb.network)),
		src: ipText(ipv4Src(skb.bytes, skb.network)),
		result: step.result,
		...(step.iif === undefined ? {} : { iif: step.iif }),
		...(skb.mark === 0 ? {} : { mark: skb.mark }),
		...(route === undefined ? {} : { route, table: route.table ?? 254 }),
		...(dst !== undefined && goesOut ? { dev: dst.dev.name } : {}),
		...(gateway !== undefined && goesOut ? { gateway: ipText(gateway) } : {}),
		...(prefsrc !== undefined && step.direction === "output" ? { prefsrc: ipText(prefsrc) } : {}),
	});
}
