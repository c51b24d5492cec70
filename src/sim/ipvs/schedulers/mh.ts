/**
 * Maglev hashing (ip_vs_mh.c): a table of 4093 places that destinations fill in turn, each in an order of its own, so that a
 * change of one moves few clients. The hash keys are fixed, so the table is the same on every kernel.
 */
import type { IpvsDest, Scheduler } from "../types.ts";
import { hsiphash1u32 } from "./hash.ts";
import { clientAddr, clientPort, SCHED_FALLBACK, SCHED_PORT } from "./hashing.ts";
import { canTake } from "./load.ts";
import { gcdOfWeights } from "./wrr.ts";

/** The prime for CONFIG_IP_VS_MH_TAB_INDEX 12, and the bits that a weight may have. */
const TAB_SIZE = 4093;
const TAB_BITS = 6;
const KEY1 = 2654435761n;
const KEY2 = 2654446892n;

type Table = readonly (IpvsDest | undefined)[];

export const mh: Scheduler = {
	name: "mh",
	bind(svc) {
		let table = populate(svc.dests);
		return {
			schedule(iph) {
				const port = (svc.schedFlags & SCHED_PORT) === 0 ? 0 : clientPort(iph);
				const value = clientAddr(iph) + port;
				const first = place(value);
				const dest = table[first];
				if (dest === undefined || canTake(dest)) return dest;
				return (svc.schedFlags & SCHED_FALLBACK) === 0 ? undefined : fallback(table, value, first);
			},
			destsChanged() {
				table = populate(svc.dests);
			},
			save() {
				const saved = table;
				return () => {
					table = saved;
				};
			},
		};
	},
};

function place(value: number): number {
	return hsiphash1u32(value >>> 0, KEY1) % TAB_SIZE;
}

function fallback(table: Table, value: number, first: number): IpvsDest | undefined {
	for (let offset = 0; offset < TAB_SIZE; offset += 1) {
		const dest = table[place(value + ((offset + first) % TAB_SIZE))];
		if (dest === undefined || canTake(dest)) return dest;
	}
	return undefined;
}

/** Each destination in turn takes as many places as its weight says, the next free ones in its own order. */
function populate(dests: readonly IpvsDest[]): Table {
	const table = new Array<IpvsDest | undefined>(TAB_SIZE).fill(undefined);
	const gcd = gcdOfWeights(dests.map((dest) => dest.lastWeight));
	if (gcd < 1) return table;
	const max = Math.max(...dests.map((dest) => dest.lastWeight));
	const shift = Math.max(0, 32 - Math.clz32(Math.trunc(max / gcd)) - TAB_BITS);
	const turns = dests.map((dest) => Math.trunc(dest.lastWeight / gcd) >> shift || (dest.lastWeight === 0 ? 0 : 1));
	const order = dests.map((dest) => ({
		at: hsiphash1u32((dest.port + dest.addr) >>> 0, KEY1) % TAB_SIZE,
		skip: (hsiphash1u32((dest.port + dest.addr) >>> 0, KEY2) % (TAB_SIZE - 1)) + 1,
	}));
	for (let filled = 0; ; ) {
		for (const [k, dest] of dests.entries()) {
			const walk = order[k];
			for (let turn = 0; walk !== undefined && turn < (turns[k] ?? 0); turn += 1) {
				while (table[walk.at] !== undefined) walk.at = (walk.at + walk.skip) % TAB_SIZE;
				table[walk.at] = dest;
				filled += 1;
				if (filled === TAB_SIZE) return table;
			}
		}
	}
}
