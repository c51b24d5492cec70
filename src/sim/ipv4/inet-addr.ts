/** Adding and removing the addresses of a device (net/ipv4/devinet.c: inet_insert_ifa, inet_del_ifa). */
import { err, ok, type Result } from "../../base/result.ts";
import { RT_SCOPE } from "../state/fib-table.ts";
import type { NetDevice } from "../types.ts";
import { type InDevice, type InIfaddr, ifaContains, inDev, inetAddrs } from "./devinet.ts";
import { fibOf } from "./fib.ts";
import { addrStateOf, fibSyncIfaddrs } from "./fib-frontend.ts";
import type { FibError } from "./fib-nexthop.ts";

/** Adds an address with its routes; the value takes it away again. */
export function inetInsertIfa(dev: NetDevice, spec: Omit<InIfaddr, "secondary">): Result<() => void, FibError> {
	const target = inDev(dev);
	const same = target.addrs.filter((each) => each.prefix === spec.prefix && ifaContains(each, spec.local));
	if (same.some((each) => each.local === spec.local)) {
		return err({ errno: "EEXIST", message: "ipv4: Address already assigned." });
	}
	if (same.some((each) => each.scope !== spec.scope))
		return err({ errno: "EINVAL", message: "ipv4: Invalid scope value." });
	const ifa: InIfaddr = { ...spec, secondary: same.length > 0 };
	const undo = setAddrs(target, insert(target.addrs, ifa));
	notify(dev, "up", [ifa]);
	return ok(undo);
}

/** The address of a device, as the user names it. */
export function findIfa(dev: NetDevice, local: number, prefix: number): InIfaddr | undefined {
	return inDev(dev).addrs.find((each) => each.local === local && each.prefix === prefix);
}

/**
 * Removes an address with its routes. With the first address of a network go all others of it, unless
 * `promote_secondaries` makes the next one the first. The value brings everything back.
 */
export function inetDelIfa(dev: NetDevice, ifa: InIfaddr): () => void {
	const target = inDev(dev);
	const rest = target.addrs.filter((each) => each !== ifa);
	const orphans = ifa.secondary
		? []
		: rest.filter((each) => each.secondary && each.prefix === ifa.prefix && ifaContains(each, ifa.local));
	const [heir] = orphans;
	if (target.promoteSecondaries !== 0 && heir !== undefined) {
		const others = rest.filter((each) => each !== heir);
		const undo = setAddrs(target, insert(others, { ...heir, secondary: false }));
		notify(dev, "down", [ifa]);
		return undo;
	}
	const gone = [...orphans, ifa];
	const undo = setAddrs(
		target,
		target.addrs.filter((each) => !gone.includes(each)),
	);
	notify(dev, "down", gone);
	return undo;
}

/** lo comes up: it gets 127.0.0.1/8 unless it has an address. */
export function inetdevUp(dev: NetDevice): void {
	if (!dev.isLoopback || inDev(dev).addrs.length > 0) return;
	inetInsertIfa(dev, { local: 0x7f000001, prefix: 8, broadcast: undefined, scope: "host" });
}

/** Takes all addresses from a device that goes away (`inetdev_destroy`). */
export function inetdevDestroy(dev: NetDevice): void {
	const target = inDev(dev);
	const gone = target.addrs;
	if (gone.length === 0) return;
	setAddrs(target, []);
	notify(dev, "down", gone);
}

/** A first address stands behind the first ones of at least its own scope, any other at the end. */
function insert(addrs: readonly InIfaddr[], ifa: InIfaddr): readonly InIfaddr[] {
	if (ifa.secondary) return [...addrs, ifa];
	let at = 0;
	addrs.forEach((each, k) => {
		if (!each.secondary && RT_SCOPE[ifa.scope] <= RT_SCOPE[each.scope]) at = k + 1;
	});
	return [...addrs.slice(0, at), ifa, ...addrs.slice(at)];
}

/** Changes the list and what follows from it: the host's addresses and the routes. */
function setAddrs(target: InDevice, addrs: readonly InIfaddr[]): () => void {
	const { dev } = target;
	const before = target.addrs;
	const put = (next: readonly InIfaddr[], last: readonly InIfaddr[]): void => {
		target.addrs = next;
		const index = inetAddrs(dev.netns);
		for (const { local } of last) {
			const others = (index.get(local) ?? []).filter((each) => each !== dev);
			if (others.length === 0) index.delete(local);
			else index.set(local, others);
		}
		for (const { local } of next) {
			const devs = index.get(local) ?? [];
			if (!devs.includes(dev)) index.set(local, [...devs, dev]);
		}
	};
	return fibOf(dev.netns).record(() => {
		const last = addrStateOf(target);
		put(addrs, before);
		fibOf(dev.netns).changed(() => put(before, addrs));
		fibSyncIfaddrs(dev, last, addrStateOf(target));
	});
}

function notify(dev: NetDevice, type: "up" | "down", addrs: readonly InIfaddr[]): void {
	for (const { local } of addrs) {
		for (const listener of dev.netns.machine.inetAddrNotifiers) listener({ type, dev, addr: local });
	}
}
