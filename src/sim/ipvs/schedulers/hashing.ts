/** Source and destination hashing (ip_vs_sh.c, ip_vs_dh.c): a table of 256 places shared out among the destinations. */
import type { IpvsDest, IpvsIph, Scheduler } from "../types.ts";
import { hash32 } from "./hash.ts";
import { canTake } from "./load.ts";

const TAB_BITS = 8;
const TAB_SIZE = 1 << TAB_BITS;

/** Bits of `schedFlags`. */
export const SCHED_FALLBACK = 1;
export const SCHED_PORT = 2;

/** By the client's address, and with `sh-port` its port; a destination has as many places in a row as its weight. */
export const sh: Scheduler = {
	name: "sh",
	bind(svc) {
		let places = shareOut(svc.dests, (dest) => dest.weight);
		return {
			schedule(iph) {
				const port = (svc.schedFlags & SCHED_PORT) === 0 ? 0 : clientPort(iph);
				const value = (clientAddr(iph) + port) >>> 0;
				const first = hash32(value, TAB_BITS);
				const dest = places[first];
				if (dest === undefined || canTake(dest)) return dest;
				return (svc.schedFlags & SCHED_FALLBACK) === 0 ? undefined : fallback(places, first);
			},
			destsChanged() {
				places = shareOut(svc.dests, (dest) => dest.weight);
			},
			save() {
				const saved = places;
				return () => {
					places = saved;
				};
			},
		};
	},
};

/** By the address that the client asked for, one place each in turn. */
export const dh: Scheduler = {
	name: "dh",
	bind(svc) {
		let places = shareOut(svc.dests, () => 1);
		return {
			schedule(iph) {
				const dest = places[hash32(iph.daddr, TAB_BITS)];
				return dest !== undefined && canTake(dest) ? dest : undefined;
			},
			destsChanged({ what }) {
				if (what !== "update") places = shareOut(svc.dests, () => 1);
			},
			save() {
				const saved = places;
				return () => {
					places = saved;
				};
			},
		};
	},
};

/** The client's end, also where a quoted answer of it is looked at. */
export function clientAddr(iph: IpvsIph): number {
	return iph.inverse ? iph.daddr : iph.saddr;
}

export function clientPort(iph: IpvsIph): number {
	return iph.inverse ? iph.dport : iph.sport;
}

/** Down the list again and again, `count` places in a row for each (at least one). */
function shareOut(dests: readonly IpvsDest[], count: (dest: IpvsDest) => number): readonly (IpvsDest | undefined)[] {
	let at = 0;
	let taken = 0;
	return Array.from({ length: TAB_SIZE }, () => {
		const dest = dests[at];
		if (dest === undefined) return undefined;
		taken += 1;
		if (taken >= count(dest)) {
			at = (at + 1) % dests.length;
			taken = 0;
		}
		return dest;
	});
}

/** From the place that belongs to the client on; the offset counts twice, as in the kernel. */
function fallback(places: readonly (IpvsDest | undefined)[], first: number): IpvsDest | undefined {
	for (let offset = 0; offset < TAB_SIZE; offset += 1) {
		const dest = places[(((offset + first) % TAB_SIZE) + first) % TAB_SIZE];
		if (dest === undefined || canTake(dest)) return dest;
	}
	return undefined;
}
