/** The table of confirmed entries of a namespace, hashed by both tuples. Expiry is lazy: there is no timer per entry. */
import { hashSource, hashTuple, sameTuple } from "./tuple.ts";
import {
	type Conntrack,
	type CtTuple,
	type Direction,
	IPS_ASSURED,
	IPS_CONFIRMED,
	IPS_DYING,
	IPS_SRC_NAT,
} from "./types.ts";

const MIN_BITS = 8;
/** How many of the kernel's hash buckets `early_drop` looks into. */
const EVICTION_RANGE = 8;

export class ConntrackTable {
	#bits = MIN_BITS;
	#buckets: (CtTuple | undefined)[] = emptyBuckets(MIN_BITS);
	#count = 0;
	#oldest: Conntrack | undefined = undefined;
	#newest: Conntrack | undefined = undefined;
	/** Told of each entry that leaves the table. */
	onKill: ((ct: Conntrack) => void) | undefined = undefined;
	/** Entries with translated source, by `hashSource` of the original tuple. */
	readonly #bySource = new Map<number, Conntrack>();

	/** Number of entries, expired ones that nobody has noticed included. */
	get count(): number {
		return this.#count;
	}

	/** The tuple in the table that equals `tuple`, of an entry still alive at `nowNs`; only one of direction `dir`, if given. */
	find(tuple: CtTuple, nowNs: number, dir?: Direction): CtTuple | undefined {
		const hash = hashTuple(tuple);
		let node = this.#buckets[hash >>> (32 - this.#bits)];
		while (node !== undefined) {
			if (
				node.hash === hash &&
				sameTuple(node, tuple) &&
				node.ct !== undefined &&
				(dir === undefined || dir === node.dir)
			) {
				if (node.ct.timeoutNs > nowNs) return node;
				this.kill(node.ct);
				return undefined;
			}
			node = node.next;
		}
		return undefined;
	}

	/** Adds an entry under both its tuples and marks it confirmed. */
	insert(ct: Conntrack, nowNs: number): void {
		if (this.#count * 2 >= this.#buckets.length) this.#grow(nowNs);
		ct.status = (ct.status | IPS_CONFIRMED) & ~IPS_DYING;
		this.#link(ct.original);
		this.#link(ct.reply);
		ct.older = this.#newest;
		ct.newer = undefined;
		if (this.#newest === undefined) this.#oldest = ct;
		else this.#newest.newer = ct;
		this.#newest = ct;
		this.#count += 1;
		if ((ct.status & IPS_SRC_NAT) === 0) return;
		const source = hashSource(ct.original, sourceZone(ct));
		ct.nextBySource = this.#bySource.get(source);
		this.#bySource.set(source, ct);
	}

	/** Ends an entry; false: it was ending already (`nf_ct_kill`). */
	kill(ct: Conntrack): boolean {
		if ((ct.status & IPS_DYING) !== 0) return false;
		ct.status |= IPS_DYING;
		if ((ct.status & IPS_CONFIRMED) === 0) return true;
		this.#unlink(ct.original);
		this.#unlink(ct.reply);
		if (ct.older === undefined) this.#oldest = ct.newer;
		else ct.older.newer = ct.newer;
		if (ct.newer === undefined) this.#newest = ct.older;
		else ct.newer.older = ct.older;
		this.#count -= 1;
		if ((ct.status & IPS_SRC_NAT) !== 0) this.#unlinkSource(ct);
		this.onKill?.(ct);
		return true;
	}

	/** The living entries, oldest first. */
	entries(nowNs: number): Conntrack[] {
		const alive: Conntrack[] = [];
		this.#each((ct) => {
			if (ct.timeoutNs > nowNs) alive.push(ct);
			else this.kill(ct);
		});
		return alive;
	}

	/** Removes what has expired. */
	sweep(nowNs: number): void {
		this.#each((ct) => {
			if (ct.timeoutNs <= nowNs) this.kill(ct);
		});
	}

	/** The first entry whose original source (address, port, protocol) is `tuple`'s, in the zone of `of`, and that `accept` takes. */
	findBySource(tuple: CtTuple, of: Conntrack, accept: (ct: Conntrack) => boolean): Conntrack | undefined {
		let ct = this.#bySource.get(hashSource(tuple, sourceZone(of)));
		while (ct !== undefined) {
			const original = ct.original;
			const same = original.src === tuple.src && original.sport === tuple.sport && original.proto === tuple.proto;
			if (same && original.zone === of.original.zone && accept(ct)) return ct;
			ct = ct.nextBySource;
		}
		return undefined;
	}

	/**
	 * Makes room in a full table: ends one entry that is not assured in the eight buckets of the kernel's table that begin
	 * with `tuple`'s (`early_drop`); false: there is none.
	 */
	earlyDrop(tuple: CtTuple, buckets: number): boolean {
		const hash = hashTuple(tuple);
		const bits = 31 - Math.clz32(buckets);
		for (let k = 0; k < EVICTION_RANGE; k += 1) {
			const place = ((hash >>> (32 - bits)) + k) % 2 ** bits;
			let node = this.#buckets[this.#bits <= bits ? place >>> (bits - this.#bits) : place << (this.#bits - bits)];
			for (; node !== undefined; node = node.next) {
				const victim = node.ct;
				if (node.hash >>> (32 - bits) !== place || victim === undefined) continue;
				if ((victim.status & IPS_ASSURED) === 0) return this.kill(victim);
			}
		}
		return false;
	}

	#each(visit: (ct: Conntrack) => void): void {
		let ct = this.#oldest;
		while (ct !== undefined) {
			const newer: Conntrack | undefined = ct.newer;
			visit(ct);
			ct = newer;
		}
	}

	#link(node: CtTuple): void {
		node.hash = hashTuple(node);
		const at = node.hash >>> (32 - this.#bits);
		node.next = this.#buckets[at];
		this.#buckets[at] = node;
	}

	#unlink(node: CtTuple): void {
		const at = node.hash >>> (32 - this.#bits);
		let other = this.#buckets[at];
		if (other === node) this.#buckets[at] = node.next;
		while (other !== undefined && other.next !== node) other = other.next;
		if (other !== undefined) other.next = node.next;
	}

	#unlinkSource(ct: Conntrack): void {
		const source = hashSource(ct.original, sourceZone(ct));
		let other = this.#bySource.get(source);
		if (other === ct) {
			if (ct.nextBySource === undefined) this.#bySource.delete(source);
			else this.#bySource.set(source, ct.nextBySource);
			return;
		}
		while (other !== undefined && other.nextBySource !== ct) other = other.nextBySource;
		if (other !== undefined) other.nextBySource = ct.nextBySource;
	}

	/** Doubles the buckets, unless throwing out expired entries is enough. */
	#grow(nowNs: number): void {
		this.sweep(nowNs);
		if (this.#count * 4 < this.#buckets.length) return;
		this.#bits += 1;
		this.#buckets = emptyBuckets(this.#bits);
		this.#each((ct) => {
			this.#link(ct.original);
			this.#link(ct.reply);
		});
	}
}

/** A zone of one direction has no part in where a source is looked for (`hash_by_src`). */
function sourceZone(ct: Conntrack): number {
	return ct.zoneIsDirected ? 0 : ct.zone;
}

function emptyBuckets(bits: number): (CtTuple | undefined)[] {
	return new Array<CtTuple | undefined>(2 ** bits).fill(undefined);
}
