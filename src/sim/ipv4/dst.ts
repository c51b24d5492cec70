/**
 * A routing decision that packets carry (`struct rtable`), shared by all packets of the same next hop. What it leads to is
 * reached through `inetDstOps`, which `init-inet.ts` fills in: the functions lie above routing and use it.
 */
import type { Route, RouteType } from "../../kernel/objects.ts";
import type { IpNum } from "../../wire/addr.ts";
import type { FibNexthop, FibRoute } from "../state/fib-table.ts";
import { type Dst, type Fate, type NetDevice, type Netns, pernet, type Skb } from "../types.ts";
import { fibDumpRoute } from "./fib.ts";

/** Where a routed packet goes (`struct dst_ops`, and the functions that `rt_dst_alloc` chooses from). */
export interface InetDstOps {
	readonly localDeliver: (skb: Skb) => Fate;
	readonly forward: (skb: Skb) => Fate;
	/** No route, or one that refuses. */
	readonly error: (skb: Skb) => Fate;
	readonly output: (skb: Skb) => Fate;
	/** Broadcast and multicast: this host may want a copy. */
	readonly mcOutput: (skb: Skb) => Fate;
	/** No neighbour there. */
	readonly linkFailure: (skb: Skb) => void;
	/** Longer than `mtu` and not to be cut: tells the sender. */
	readonly fragNeeded: (skb: Skb, mtu: number) => void;
}

export const inetDstOps: (netns: Netns) => { ops: InetDstOps | undefined } = pernet(() => ({ ops: undefined }));

/** Why a route refuses (`dst->error`). */
export type DstErrno = "ENETUNREACH" | "EHOSTUNREACH" | "EACCES" | "EINVAL";

/** A path MTU that an ICMP error told of; it is forgotten at `expiresNs`. */
export interface PathMtu {
	readonly mtu: number;
	readonly expiresNs: number;
}

interface DstInit {
	readonly dev: NetDevice;
	readonly type: RouteType;
	readonly gateway?: number | undefined;
	readonly prefsrc?: IpNum | undefined;
	readonly fibRoute?: FibRoute | undefined;
	readonly nexthop?: FibNexthop | undefined;
	readonly errno?: DstErrno | undefined;
	readonly pathMtu?: PathMtu | undefined;
	/** A bridged packet's (`bridge_parent_rtable`): nobody looked it up. */
	readonly isStandIn?: true;
}

export class Ipv4Dst implements Dst {
	readonly dev: NetDevice;
	readonly type: RouteType;
	readonly gateway: number | undefined;
	readonly prefsrc: IpNum | undefined;
	readonly fibRoute: FibRoute | undefined;
	readonly nexthop: FibNexthop | undefined;
	readonly errno: DstErrno | undefined;
	readonly isStandIn: boolean;
	readonly input: (skb: Skb) => Fate;
	readonly output: (skb: Skb) => Fate;
	readonly linkFailure: (skb: Skb) => void;
	readonly fragNeeded: (skb: Skb, mtu: number) => void;
	readonly #pathMtu: PathMtu | undefined;

	constructor(init: DstInit) {
		const { ops } = inetDstOps(init.dev.netns);
		if (ops === undefined) throw new Error("IPv4 is not registered with this machine");
		this.dev = init.dev;
		this.type = init.type;
		this.gateway = init.gateway;
		this.prefsrc = init.prefsrc;
		this.fibRoute = init.fibRoute;
		this.nexthop = init.nexthop;
		this.errno = init.errno;
		this.isStandIn = init.isStandIn === true;
		this.#pathMtu = init.pathMtu;
		this.input = inputOf(init, ops);
		this.output = outputOf(init, ops);
		this.linkFailure = ops.linkFailure;
		this.fragNeeded = ops.fragNeeded;
	}

	/** For packets made here: the learnt path MTU, else the route's, else the device's. */
	get mtu(): number {
		const learnt = this.#pathMtu;
		if (learnt !== undefined && this.dev.netns.machine.loop.now() < learnt.expiresNs) return learnt.mtu;
		return this.forwardMtu;
	}

	/** For packets passed on: learnt path MTUs do not count. */
	get forwardMtu(): number {
		return this.fibRoute?.mtu ?? this.dev.mtu;
	}

	get route(): Route | undefined {
		return this.fibRoute === undefined ? undefined : fibDumpRoute(this.dev.netns, this.fibRoute);
	}
}

/** The route of a packet, when it is one of this file. */
export function ipv4DstOf(skb: Skb): Ipv4Dst | undefined {
	return skb.dst instanceof Ipv4Dst ? skb.dst : undefined;
}

function inputOf(init: DstInit, ops: InetDstOps): (skb: Skb) => Fate {
	if (init.errno !== undefined) return ops.error;
	return init.type === "unicast" ? ops.forward : ops.localDeliver;
}

function outputOf(init: DstInit, ops: InetDstOps): (skb: Skb) => Fate {
	if (init.errno !== undefined) return ops.error;
	return init.type === "broadcast" || init.type === "multicast" ? ops.mcOutput : ops.output;
}
