/** The named lists of `-m recent` (net/netfilter/xt_recent.c): addresses with the times they were seen, oldest first. */
import type { IpNum } from "../../../wire/addr.ts";
import { type Netns, pernet } from "../../types.ts";

/** ip_list_tot: a list holds so many addresses; the oldest makes room. */
const MAX_ENTRIES = 100;

export interface RecentEntry {
	readonly addr: IpNum;
	ttl: number;
	/** Ring of jiffies; `stamps.length` grows up to the table's `stampsMax`. */
	readonly stamps: number[];
	/** Where the next stamp goes. */
	next: number;
}

export class RecentTable {
	/** The mask of the rule that made the list is used by all. */
	readonly mask: IpNum;
	/** How many stamps an entry keeps: a power of two that the greatest hit count fits. */
	stampsMax: number;
	/** Rules that name it. */
	users = 0;
	/** In order of last use (the LRU list). */
	readonly #entries = new Map<IpNum, RecentEntry>();

	constructor(mask: IpNum, stampsMax: number) {
		this.mask = mask;
		this.stampsMax = stampsMax;
	}

	get size(): number {
		return this.#entries.size;
	}

	/** `ttl` 0: any. */
	lookup(addr: IpNum, ttl: number): RecentEntry | undefined {
		const entry = this.#entries.get(addr);
		if (entry === undefined || ttl === 0 || entry.ttl === 0 || entry.ttl === ttl) return entry;
		return undefined;
	}

	insert(addr: IpNum, ttl: number, now: number): void {
		if (this.#entries.size >= MAX_ENTRIES) {
			const oldest = this.#entries.keys().next();
			if (oldest.done !== true) this.#entries.delete(oldest.value);
		}
		this.#entries.set(addr, { addr, ttl, stamps: [now], next: 1 });
	}

	/** Adds a stamp and makes the entry the youngest. */
	update(entry: RecentEntry, ttl: number, now: number): void {
		entry.next %= this.stampsMax;
		entry.stamps[entry.next] = now;
		entry.next += 1;
		entry.ttl = ttl;
		this.#entries.delete(entry.addr);
		this.#entries.set(entry.addr, entry);
	}

	remove(entry: RecentEntry): void {
		this.#entries.delete(entry.addr);
	}

	/** Removes the oldest entry if its last stamp is before `time`; `keep` stays whatever its age. */
	reap(time: number, keep: RecentEntry | undefined): void {
		const first = this.#entries.values().next();
		if (first.done === true || first.value === keep) return;
		const last = first.value.stamps[first.value.next - 1];
		if (last !== undefined && last < time) this.remove(first.value);
	}

	flush(): void {
		this.#entries.clear();
	}
}

/** The lists of a namespace by name. */
export const recentTables: (netns: Netns) => Map<string, RecentTable> = pernet(() => new Map());

/** Forgets the lists that no rule names any more. */
export function sweepRecentTables(netns: Netns): void {
	const tables = recentTables(netns);
	for (const [name, table] of tables) if (table.users === 0) tables.delete(name);
}
