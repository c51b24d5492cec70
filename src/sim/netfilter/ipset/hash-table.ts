/**
 * The table of a hash set: buckets that grow by two slots up to a limit, and a table that doubles when one is full. Buckets
 * and their accounting follow net/netfilter/ipset/ip_set_hash_gen.h, for the order of a listing and `Size in memory` show them.
 */
import type { Elem } from "./elem.ts";
import type { Extensions } from "./extensions.ts";
import { jhash2 } from "./jhash.ts";

/** AHASH_INIT_SIZE: slots of a new bucket, and by how many it grows. */
export const BUCKET_STEP = 2;
/** struct hbucket. */
const BUCKET_BYTES = 32;
const REGION_BITS = 10;

export class Slot {
	readonly elem: Elem;
	/** Its key. */
	readonly words: readonly number[];
	readonly ext: Extensions;
	nomatch = false;

	constructor(elem: Elem, words: readonly number[], ext: Extensions) {
		this.elem = elem;
		this.words = words;
		this.ext = ext;
	}
}

export class Bucket {
	size: number = BUCKET_STEP;
	/** Slots up to here have been used; those that are undefined have been deleted. */
	slots: (Slot | undefined)[] = [];
}

export class Region {
	elements = 0;
	memoryBytes = 0;
}

export class HashTable {
	readonly bits: number;
	readonly buckets: (Bucket | undefined)[];
	readonly regions: readonly Region[];
	readonly #initval: number;
	/** Bytes of one slot. */
	readonly #slotBytes: number;
	readonly #mask: number;

	constructor(bits: number, initval: number, slotBytes: number) {
		this.bits = bits;
		this.#initval = initval;
		this.#slotBytes = slotBytes;
		this.#mask = 2 ** bits - 1;
		this.buckets = new Array<Bucket | undefined>(2 ** bits);
		this.regions = Array.from({ length: bits <= REGION_BITS ? 1 : 2 ** (bits - REGION_BITS) }, () => new Region());
	}

	get size(): number {
		return 2 ** this.bits;
	}

	key(words: readonly number[]): number {
		return (jhash2(words, this.#initval) & this.#mask) >>> 0;
	}

	regionOf(key: number): Region {
		const region = this.regions[key >>> REGION_BITS];
		if (region === undefined) throw new Error(`no region for bucket ${key}`);
		return region;
	}

	newBucket(key: number): Bucket {
		const bucket = new Bucket();
		this.buckets[key] = bucket;
		this.account(key, BUCKET_STEP);
		return bucket;
	}

	grow(key: number, bucket: Bucket): void {
		bucket.size += BUCKET_STEP;
		this.account(key, BUCKET_STEP);
	}

	/** Counts memory for so many slots more (or fewer), with a bucket's head each time as the kernel does. */
	account(key: number, slots: number): void {
		this.regionOf(key).memoryBytes += Math.sign(slots) * (BUCKET_BYTES + Math.abs(slots) * this.#slotBytes);
	}

	/** After slots were emptied: drops the bucket, or packs it when there is room for it in a smaller one. */
	pack(key: number, bucket: Bucket, free: number): void {
		if (free >= bucket.slots.length) {
			this.account(key, -bucket.size);
			this.buckets[key] = undefined;
		} else if (free >= BUCKET_STEP) {
			this.account(key, -BUCKET_STEP);
			bucket.size -= BUCKET_STEP;
			bucket.slots = bucket.slots.filter((slot) => slot !== undefined);
		}
	}

	/** Takes a slot out as if it had never come: for undoing what was just done. False: it is not there. */
	withdraw(slot: Slot): boolean {
		const key = this.key(slot.words);
		const bucket = this.buckets[key];
		const at = bucket?.slots.lastIndexOf(slot) ?? -1;
		if (bucket === undefined || at < 0) return false;
		if (at + 1 < bucket.slots.length) bucket.slots[at] = undefined;
		else bucket.slots.pop();
		this.regionOf(key).elements -= 1;
		for (; bucket.size > BUCKET_STEP && bucket.slots.length <= bucket.size - BUCKET_STEP; bucket.size -= BUCKET_STEP) {
			this.account(key, -BUCKET_STEP);
		}
		if (bucket.slots.length > 0) return true;
		this.account(key, -BUCKET_STEP);
		this.buckets[key] = undefined;
		return true;
	}

	/** By bucket, as a listing goes. */
	*entries(): Generator<Slot> {
		for (let key = 0; key < this.buckets.length; key += 1) {
			const bucket = this.buckets[key];
			if (bucket === undefined) continue;
			for (const slot of bucket.slots) if (slot !== undefined) yield slot;
		}
	}
}

/** How many slots a bucket may have: even, 2 to 12. */
export function bucketSize(wanted: number | undefined): number {
	if (wanted === undefined) return 12;
	const even = wanted % 2 === 1 ? wanted + 1 : wanted;
	return Math.min(12, Math.max(BUCKET_STEP, even));
}

export function sameWords(a: readonly number[], b: readonly number[]): boolean {
	for (let k = 0; k < a.length; k += 1) if (((a[k] ?? 0) | 0) !== ((b[k] ?? 0) | 0)) return false;
	return true;
}
