/**
 * Locality-based least connection, plain and with replication (ip_vs_lblc.c, ip_vs_lblcr.c), for caches: connections to one
 * address go to one destination, or to a set of them, for as long as it is not overloaded. Entries that nobody used for
 * `lblc_expiration` are gone when they are looked for; the kernel removes them within half an hour of that.
 */
import type { IpvsDest, IpvsSvc, Scheduler } from "../types.ts";
import { connOverhead, leastLoaded } from "./load.ts";

interface Entry {
	/** The last one added comes first; lblc has one only. */
	dests: readonly IpvsDest[];
	lastUseNs: number;
	lastChangeNs: number;
}

/** What the schedulers need of their namespace. */
export interface LblcClock {
	now(): number;
	readonly settings: { readonly lblcExpirationNs: number; readonly lblcrExpirationNs: number };
}

export function lblc(clock: LblcClock): Scheduler {
	return {
		name: "lblc",
		bind(svc) {
			const cache = new Cache();
			return {
				schedule({ daddr }) {
					const now = clock.now();
					const known = cache.get(daddr, now, clock.settings.lblcExpirationNs)?.dests[0];
					if (known?.available === true && known.weight > 0 && !isOverloaded(known, svc)) return known;
					const dest = leastLoaded(svc.dests, connOverhead);
					if (dest !== undefined) cache.set(daddr, { dests: [dest], lastUseNs: now, lastChangeNs: now });
					return dest;
				},
				save: () => cache.save(),
				done: () => cache.clear(),
			};
		},
	};
}

export function lblcr(clock: LblcClock): Scheduler {
	return {
		name: "lblcr",
		bind(svc) {
			const cache = new Cache();
			return {
				schedule({ daddr }) {
					const now = clock.now();
					const { lblcrExpirationNs } = clock.settings;
					const entry = cache.get(daddr, now, lblcrExpirationNs);
					if (entry === undefined) {
						const dest = leastLoaded(svc.dests, connOverhead);
						if (dest !== undefined) cache.set(daddr, { dests: [dest], lastUseNs: now, lastChangeNs: now });
						return dest;
					}
					const known = setMin(entry.dests);
					if (entry.dests.length > 1 && now > entry.lastChangeNs + lblcrExpirationNs) {
						const most = setMax(entry.dests);
						cache.set(daddr, { ...entry, dests: entry.dests.filter((dest) => dest !== most), lastChangeNs: now });
					}
					if (known !== undefined && !isOverloaded(known, svc)) return known;
					const dest = leastLoaded(svc.dests, connOverhead);
					const kept = cache.peek(daddr) ?? entry;
					if (dest !== undefined && !kept.dests.includes(dest)) {
						cache.set(daddr, { ...kept, dests: [dest, ...kept.dests], lastChangeNs: now });
					}
					return dest;
				},
				save: () => cache.save(),
				done: () => cache.clear(),
			};
		},
	};
}

/** It has more active connections than its weight, and another has fewer than half of its own (`is_overloaded`). */
function isOverloaded(dest: IpvsDest, svc: IpvsSvc): boolean {
	return dest.active > dest.weight && svc.dests.some((other) => other.active * 2 < other.weight);
}

/** `ip_vs_dest_set_min`. */
function setMin(dests: readonly IpvsDest[]): IpvsDest | undefined {
	const able = dests.filter((dest) => dest.available);
	return leastLoaded(able, connOverhead);
}

/** `ip_vs_dest_set_max`. */
function setMax(dests: readonly IpvsDest[]): IpvsDest | undefined {
	let most: IpvsDest | undefined;
	for (const dest of dests) {
		if (dest.weight <= 0) continue;
		if (most === undefined || connOverhead(most) * dest.weight < connOverhead(dest) * most.weight) most = dest;
	}
	return most;
}

/** Entries by destination address; the destinations in it know that they are. */
class Cache {
	readonly #entries = new Map<number, Entry>();

	get(addr: number, now: number, expirationNs: number): Entry | undefined {
		const entry = this.#entries.get(addr);
		if (entry === undefined) return undefined;
		if (now - entry.lastUseNs > expirationNs) {
			this.#drop(addr);
			return undefined;
		}
		entry.lastUseNs = now;
		return entry;
	}

	peek(addr: number): Entry | undefined {
		return this.#entries.get(addr);
	}

	set(addr: number, entry: Entry): void {
		this.#drop(addr);
		for (const dest of entry.dests) dest.cached += 1;
		this.#entries.set(addr, entry);
	}

	clear(): void {
		for (const addr of [...this.#entries.keys()]) this.#drop(addr);
	}

	save(): () => void {
		const saved = [...this.#entries];
		return () => {
			this.clear();
			for (const [addr, entry] of saved) this.set(addr, entry);
		};
	}

	#drop(addr: number): void {
		for (const dest of this.#entries.get(addr)?.dests ?? []) dest.cached -= 1;
		this.#entries.delete(addr);
	}
}
