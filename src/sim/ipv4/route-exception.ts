/** What ICMP taught about single destinations: a smaller path MTU, a nearer gateway (`struct fib_nh_exception`). */
import type { FibNexthop } from "../state/fib-table.ts";
import { type Netns, pernet } from "../types.ts";
import type { PathMtu } from "./dst.ts";

export interface RouteException {
	readonly pathMtu?: PathMtu | undefined;
	readonly gateway?: number | undefined;
}

type ByDestination = Map<number, RouteException>;

/** By next hop, so that they are forgotten with their route. */
const exceptions: (netns: Netns) => WeakMap<FibNexthop, ByDestination> = pernet(() => new WeakMap());

export function routeException(netns: Netns, nexthop: FibNexthop, dst: number): RouteException | undefined {
	return exceptions(netns).get(nexthop)?.get(dst);
}

/** Notes or completes an exception (`update_or_create_fnhe`). */
export function updateRouteException(netns: Netns, nexthop: FibNexthop, dst: number, change: RouteException): void {
	const all = exceptions(netns);
	const known: ByDestination = all.get(nexthop) ?? new Map();
	known.set(dst, { ...known.get(dst), ...change });
	all.set(nexthop, known);
}
