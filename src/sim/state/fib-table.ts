/**
 * One routing table: longest-prefix match over IPv4 destinations as numbers. Devices are ifindexes here, so that the table
 * is plain state; net/ipv4/fib_trie.c keeps the same facts in a trie.
 */
import type { RouteType, Scope } from "../../kernel/objects.ts";

/** The numbers of `enum rt_scope_t`: the larger, the nearer. */
export const RT_SCOPE: Readonly<Record<Scope, number>> = { global: 0, site: 200, link: 253, host: 254, nowhere: 255 };

export class FibNexthop {
	/** 0: none (a blackhole and the like). */
	readonly oif: number;
	readonly gateway: number | undefined;
	readonly weight: number;
	readonly onlink: boolean;
	/** How far the next hop is: `link` through a gateway on the link, `host` when the destination itself is on the link. */
	readonly scope: number;
	/** The device is down or gone. */
	dead = false;
	/** The device has no carrier. */
	linkdown = false;

	constructor(init: {
		readonly oif: number;
		readonly gateway: number | undefined;
		readonly scope: number;
		readonly weight?: number;
		readonly onlink?: boolean;
	}) {
		this.oif = init.oif;
		this.gateway = init.gateway;
		this.scope = init.scope;
		this.weight = init.weight ?? 1;
		this.onlink = init.onlink ?? false;
	}
}

/** A route in a table (`struct fib_alias` with its `struct fib_info`). `dst` has no host bits. */
export interface FibRoute {
	readonly dst: number;
	readonly prefix: number;
	readonly table: number;
	readonly type: RouteType;
	readonly metric: number;
	readonly scope: number;
	readonly protocol: string;
	readonly prefsrc: number | undefined;
	readonly mtu: number | undefined;
	readonly nexthops: readonly FibNexthop[];
}

export interface FibKey {
	readonly dst: number;
	/** Routes with a wider scope than this are passed over; `RT_SCOPE.global` takes all. */
	readonly scope: number;
	/** Only next hops by this device; 0: any. */
	readonly oif: number;
	/** Says of a device without carrier that its routes do not count (`ignore_routes_with_linkdown`). */
	readonly skipLinkdown?: ((oif: number) => boolean) | undefined;
}

export interface FibHit {
	readonly route: FibRoute;
	/** The first usable next hop; undefined for types that have none. */
	readonly nexthop: FibNexthop | undefined;
}

export class FibTable {
	readonly id: number;
	/** It had a route. */
	wasUsed = false;
	/** By prefix length, then by network. Routes of one network are in order of metric. */
	readonly #byPrefix: (Map<number, readonly FibRoute[]> | undefined)[] = [];

	constructor(id: number) {
		this.id = id;
	}

	get isEmpty(): boolean {
		return this.#byPrefix.every((map) => map === undefined || map.size === 0);
	}

	/** The routes to one network, in order of metric. */
	of(dst: number, prefix: number): readonly FibRoute[] {
		return this.#byPrefix[prefix]?.get(dst) ?? [];
	}

	/** Replaces the routes to one network. */
	set(dst: number, prefix: number, routes: readonly FibRoute[]): void {
		this.wasUsed ||= routes.length > 0;
		let map = this.#byPrefix[prefix];
		if (map === undefined) {
			map = new Map();
			this.#byPrefix[prefix] = map;
		}
		if (routes.length === 0) map.delete(dst);
		else map.set(dst, routes);
	}

	/** The best route among those with exactly this prefix length. */
	match(prefix: number, key: FibKey): FibHit | undefined {
		const map = this.#byPrefix[prefix];
		if (map === undefined || map.size === 0) return undefined;
		const routes = map.get(prefix === 0 ? 0 : (key.dst & (-1 << (32 - prefix))) >>> 0);
		if (routes === undefined) return undefined;
		for (const route of routes) {
			if (route.scope < key.scope) continue;
			if (route.nexthops.length === 0) return { route, nexthop: undefined };
			const nexthop = route.nexthops.find((hop) => isUsable(hop, key));
			if (nexthop !== undefined) return { route, nexthop };
		}
		return undefined;
	}

	/** Every route in the order in which the kernel lists them: by network, then the longer prefix, then the metric. */
	routes(): readonly FibRoute[] {
		const groups: (readonly FibRoute[])[] = [];
		for (const map of this.#byPrefix) if (map !== undefined) groups.push(...map.values());
		const head = (group: readonly FibRoute[]): { readonly dst: number; readonly prefix: number } =>
			group[0] ?? { dst: 0, prefix: 0 };
		groups.sort((a, b) => head(a).dst - head(b).dst || head(b).prefix - head(a).prefix);
		return groups.flat();
	}
}

/**
 * Longest-prefix match over several tables as if they were one; of equal prefixes the earlier table's wins. Linux keeps
 * `local` and `main` in one trie as long as there are no policy rules of one's own.
 */
export function fibTablesLookup(tables: readonly FibTable[], key: FibKey): FibHit | undefined {
	for (let prefix = 32; prefix >= 0; prefix -= 1) {
		for (const table of tables) {
			const hit = table.match(prefix, key);
			if (hit !== undefined) return hit;
		}
	}
	return undefined;
}

function isUsable(hop: FibNexthop, key: FibKey): boolean {
	if (hop.dead || (key.oif !== 0 && key.oif !== hop.oif)) return false;
	return !(hop.linkdown && key.skipLinkdown?.(hop.oif) === true);
}
