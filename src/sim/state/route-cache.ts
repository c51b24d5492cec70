/** A direct-mapped cache of routing decisions: one array read and five comparisons for a hit. */

/** What a decision depends on. `dev` is the ifindex it came in by, or must leave by. */
export interface RouteCacheKey {
	readonly dst: number;
	readonly src: number;
	readonly dev: number;
	readonly mark: number;
	readonly tos: number;
}

const SMALLEST = 64;
const LARGEST = 8192;

export class RouteCache<T extends RouteCacheKey> {
	#slots: (T | undefined)[] = [];
	#used = 0;
	#generation = -1;

	/** The decision for the key, if it was made since `generation` began. */
	get(generation: number, key: RouteCacheKey): T | undefined {
		if (generation !== this.#generation) return undefined;
		const entry = this.#slots[hash(key) & (this.#slots.length - 1)];
		if (entry === undefined || entry.dst !== key.dst || entry.src !== key.src) return undefined;
		return entry.dev === key.dev && entry.mark === key.mark && entry.tos === key.tos ? entry : undefined;
	}

	/** Keeps a decision; another one in its place is forgotten. */
	put(generation: number, entry: T): void {
		if (generation !== this.#generation) {
			this.#generation = generation;
			this.#slots = new Array<T | undefined>(SMALLEST).fill(undefined);
			this.#used = 0;
		}
		if (this.#used * 2 > this.#slots.length && this.#slots.length < LARGEST) this.#grow();
		this.#insert(entry);
	}

	#grow(): void {
		const before = this.#slots;
		this.#slots = new Array<T | undefined>(before.length * 4).fill(undefined);
		this.#used = 0;
		for (const entry of before) if (entry !== undefined) this.#insert(entry);
	}

	#insert(entry: T): void {
		const at = hash(entry) & (this.#slots.length - 1);
		if (this.#slots[at] === undefined) this.#used += 1;
		this.#slots[at] = entry;
	}
}

function hash(key: RouteCacheKey): number {
	let h = Math.imul(key.dst, 0x9e3779b1) ^ Math.imul(key.src, 0x85ebca6b) ^ Math.imul(key.dev, 0xc2b2ae35) ^ key.mark;
	h ^= h >>> 15;
	h = Math.imul(h, 0x2c1b3c6d);
	return h ^ (h >>> 13);
}
