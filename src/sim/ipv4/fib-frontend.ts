/**
 * Routes that follow from addresses and from the state of devices (net/ipv4/fib_frontend.c): the local, broadcast and
 * connected routes of each address, and what becomes of routes when a device goes down, comes up or loses its carrier.
 */
import { RT_TABLE_LOCAL, RT_TABLE_MAIN } from "../../kernel/objects.ts";
import { maskedNum } from "../../wire/addr.ts";
import { type FibNexthop, type FibRoute, RT_SCOPE } from "../state/fib-table.ts";
import type { NetDevice, Netns } from "../types.ts";
import { type InDevice, type InIfaddr, inDev } from "./devinet.ts";
import { fibOf } from "./fib.ts";
import { fibCreateRoute, localTableHit, type RouteSpec } from "./fib-nexthop.ts";
import { isZeronet } from "./martian.ts";

/** The addresses of a device and whether it is up: what its own routes follow from. */
export interface AddrState {
	readonly addrs: readonly InIfaddr[];
	readonly up: boolean;
}

/** Brings the device's own routes from what `before` implies to what `after` implies (`fib_add_ifaddr`, `fib_del_ifaddr`). */
export function fibSyncIfaddrs(dev: NetDevice, before: AddrState, after: AddrState): void {
	const near = before.up === after.up ? changedAround(before.addrs, after.addrs) : () => true;
	const had = ifaRoutes(dev, { addrs: before.addrs.filter(near), up: before.up });
	const wants = ifaRoutes(dev, { addrs: after.addrs.filter(near), up: after.up });
	for (const spec of had) if (!wants.some((other) => isSame(spec, other))) deleteOwn(dev, spec);
	for (const spec of wants) if (!had.some((other) => isSame(spec, other))) addOwn(dev, spec);
	for (const ifa of before.addrs) {
		if (!near(ifa) || after.addrs.some((other) => other.local === ifa.local)) continue;
		if (localTableHit(dev.netns, ifa.local)?.type !== "local") flushPrefsrc(dev.netns, ifa.local);
	}
	if (before.addrs.length > 0 && after.addrs.length === 0) fibSyncDownDev(dev, { force: true });
}

/**
 * Routes by the device die and are removed; of a multipath route only the next hop dies, unless the device itself goes
 * (`unregister`) (`fib_sync_down_dev`, `fib_flush`). The host's own addresses stay routed unless `force`.
 */
export function fibSyncDownDev(
	dev: NetDevice,
	options: { readonly force: boolean; readonly unregister?: boolean },
): void {
	const dies = (hop: FibNexthop): boolean =>
		hop.oif === dev.ifindex && !hop.dead && (options.force || hop.scope !== RT_SCOPE.nowhere);
	forEachNexthop(dev.netns, dies, (hop) => {
		hop.dead = true;
	});
	const isDead = (route: FibRoute): boolean =>
		options.unregister === true
			? route.nexthops.some((hop) => hop.oif === dev.ifindex)
			: route.nexthops.every((hop) => hop.dead);
	flush(dev.netns, (route) => route.nexthops.length > 0 && isDead(route));
}

/** The device is up again: next hops of multipath routes live again (`fib_sync_up`). */
export function fibSyncUp(dev: NetDevice): void {
	forEachNexthop(
		dev.netns,
		(hop) => hop.oif === dev.ifindex && hop.dead,
		(hop) => {
			hop.dead = false;
			hop.linkdown = !dev.running;
		},
	);
}

/** The device's carrier came or went: its next hops are marked `linkdown`. */
export function fibSyncCarrier(dev: NetDevice): void {
	const linkdown = !dev.running;
	forEachNexthop(
		dev.netns,
		(hop) => hop.oif === dev.ifindex && hop.scope !== RT_SCOPE.nowhere && hop.linkdown !== linkdown,
		(hop) => {
			hop.linkdown = linkdown;
		},
	);
}

/** Says which addresses a change can touch: those whose network overlaps that of an address that came or went. */
function changedAround(before: readonly InIfaddr[], after: readonly InIfaddr[]): (ifa: InIfaddr) => boolean {
	const old = new Set(before);
	const now = new Set(after);
	const changed = [...before.filter((ifa) => !now.has(ifa)), ...after.filter((ifa) => !old.has(ifa))];
	return (ifa) =>
		changed.some((each) => {
			const prefix = Math.min(each.prefix, ifa.prefix);
			return prefix === 0 || (each.local ^ ifa.local) >>> (32 - prefix) === 0;
		});
}

/** The routes that the kernel itself makes for a device's addresses. */
function ifaRoutes(dev: NetDevice, state: AddrState): readonly RouteSpec[] {
	const specs: RouteSpec[] = [];
	const add = (
		type: "local" | "broadcast" | "unicast",
		dst: number,
		length: { prefix: number; prefsrc: number },
	): void => {
		const spec: RouteSpec = {
			dst,
			prefix: length.prefix,
			table: type === "unicast" ? RT_TABLE_MAIN : RT_TABLE_LOCAL,
			type,
			metric: 0,
			scope: type === "local" ? RT_SCOPE.host : RT_SCOPE.link,
			protocol: "kernel",
			prefsrc: length.prefsrc,
			mtu: undefined,
			nexthops: [{ oif: dev.ifindex, gateway: undefined, weight: 1, onlink: false }],
		};
		if (!specs.some((other) => isSame(spec, other))) specs.push(spec);
	};
	for (const ifa of state.addrs) {
		const primary = ifa.secondary ? primaryIn(state.addrs, ifa) : ifa;
		if (primary === undefined) continue;
		const prefsrc = primary.local;
		const host = { prefix: 32, prefsrc };
		add("local", ifa.local, host);
		if (!state.up) continue;
		if (ifa.broadcast !== undefined && ifa.broadcast !== 0xffffffff) add("broadcast", ifa.broadcast, host);
		const net = masked(ifa);
		if (isZeronet(net) || ifa.secondary || ifa.prefix === 32) continue;
		add(dev.isLoopback ? "local" : "unicast", net, { prefix: ifa.prefix, prefsrc });
		if (ifa.prefix < 31) add("broadcast", (net | (0xffffffff >>> ifa.prefix)) >>> 0, host);
	}
	return specs;
}

function masked(ifa: InIfaddr): number {
	return Number(maskedNum(ifa.local, ifa.prefix));
}

function primaryIn(addrs: readonly InIfaddr[], ifa: InIfaddr): InIfaddr | undefined {
	return addrs.find((each) => !each.secondary && each.prefix === ifa.prefix && masked(each) === masked(ifa));
}

function isSame(a: RouteSpec, b: RouteSpec): boolean {
	return a.type === b.type && a.dst === b.dst && a.prefix === b.prefix && a.prefsrc === b.prefsrc;
}

/** Appends a kernel route behind others to the same network with metric 0. */
function addOwn(dev: NetDevice, spec: RouteSpec): void {
	const fib = fibOf(dev.netns);
	const made = fibCreateRoute(dev.netns, spec);
	if (!made.ok) throw new Error(`fib_magic: ${made.error.message}`);
	const group = fib.table(spec.table).of(spec.dst, spec.prefix);
	if (group.some((route) => isOwn(route, dev, spec))) return;
	const at = group.filter((route) => route.metric <= 0).length;
	fib.setRoutes(spec.table, spec, [...group.slice(0, at), made.value, ...group.slice(at)]);
}

function deleteOwn(dev: NetDevice, spec: RouteSpec): void {
	const fib = fibOf(dev.netns);
	const group = fib.table(spec.table).of(spec.dst, spec.prefix);
	const found = group.find((route) => isOwn(route, dev, spec));
	if (found !== undefined) {
		fib.setRoutes(
			spec.table,
			spec,
			group.filter((route) => route !== found),
		);
	}
}

function isOwn(route: FibRoute, dev: NetDevice, spec: RouteSpec): boolean {
	return (
		route.type === spec.type &&
		route.protocol === "kernel" &&
		route.prefsrc === spec.prefsrc &&
		route.nexthops.length === 1 &&
		route.nexthops[0]?.oif === dev.ifindex
	);
}

/** Routes that prefer an address that is gone go with it (`fib_sync_down_addr`). */
function flushPrefsrc(netns: Netns, addr: number): void {
	flush(netns, (route) => route.prefsrc === addr);
}

function flush(netns: Netns, dies: (route: FibRoute) => boolean): void {
	const fib = fibOf(netns);
	for (const table of fib.tables()) {
		for (const route of table.routes()) {
			if (!dies(route)) continue;
			const group = table.of(route.dst, route.prefix);
			fib.setRoutes(
				table.id,
				route,
				group.filter((each) => each !== route),
			);
		}
	}
}

function forEachNexthop(netns: Netns, which: (hop: FibNexthop) => boolean, change: (hop: FibNexthop) => void): void {
	const fib = fibOf(netns);
	for (const table of fib.tables()) {
		for (const route of table.routes()) {
			for (const hop of route.nexthops) {
				if (!which(hop)) continue;
				const { dead, linkdown } = hop;
				change(hop);
				fib.changed(() => {
					hop.dead = dead;
					hop.linkdown = linkdown;
				});
			}
		}
	}
}

/** What a device's own routes follow from, now. */
export function addrStateOf(target: InDevice): AddrState {
	return { addrs: target.addrs, up: target.dev.up };
}

/** `fib_netdev_event` for a device that came up: its connected routes come back, static ones do not. */
export function fibDevUp(dev: NetDevice): void {
	const { addrs } = inDev(dev);
	fibSyncIfaddrs(dev, { addrs, up: false }, { addrs, up: true });
	fibSyncUp(dev);
}
