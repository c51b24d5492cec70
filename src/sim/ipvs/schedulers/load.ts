/** What the schedulers by load have in common: which destinations may be chosen, and how loaded one is. */
import type { IpvsDest } from "../types.ts";

/** It may get new connections. */
export function canTake(dest: IpvsDest): boolean {
	return !dest.overloaded && dest.weight > 0;
}

/** `ip_vs_dest_conn_overhead`: an active connection counts as much as 256 inactive ones. */
export function connOverhead(dest: IpvsDest): number {
	return dest.active * 256 + dest.inactive;
}

/** The first one with the least load for its weight; weights 0 never win. */
export function leastLoaded(dests: readonly IpvsDest[], overhead: (dest: IpvsDest) => number): IpvsDest | undefined {
	let least: IpvsDest | undefined;
	let load = 0;
	for (const dest of dests) {
		if (least === undefined) {
			if (!canTake(dest)) continue;
			least = dest;
			load = overhead(dest);
			continue;
		}
		if (dest.overloaded) continue;
		const other = overhead(dest);
		// load / least.weight > other / dest.weight
		if (load * dest.weight <= other * least.weight) continue;
		least = dest;
		load = other;
	}
	return least;
}

/** The state of a scheduler that has none. */
export function nothingToSave(): () => void {
	return () => undefined;
}
