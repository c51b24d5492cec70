/** Seeded choices of the generator: the same seed and index give the same draws. */
import { Prng } from "../../base/prng.ts";

export class Draw {
	readonly #prng: Prng;

	/** Neighbouring indexes of one seed share nothing: no two of them give the same generator. */
	constructor(seed: number, index: number) {
		let mixed = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b);
		mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
		mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
		this.#prng = new Prng(mixed ^ (mixed >>> 15));
	}

	/** 0 … bound-1. */
	below(bound: number): number {
		return this.#prng.below(bound);
	}

	/** `from` … `to`, both included. */
	between(from: number, to: number): number {
		return from + this.#prng.below(to - from + 1);
	}

	/** True in `percent` of a hundred cases. */
	chance(percent: number): boolean {
		return this.#prng.below(10_000) < percent * 100;
	}

	/** One of a list that is not empty. */
	pick<T>(list: readonly T[]): T {
		const at = this.#prng.below(list.length);
		for (const value of list.slice(at, at + 1)) return value;
		throw new Error("nothing to pick from");
	}

	/** One of the values, each as often as its weight says. */
	weighted<T>(table: readonly (readonly [weight: number, value: T])[]): T {
		let sum = 0;
		for (const entry of table) sum += entry[0];
		let left = this.#prng.below(sum);
		for (const entry of table) {
			if (left < entry[0]) return entry[1];
			left -= entry[0];
		}
		throw new Error("nothing to pick from");
	}

	/** `count` different members (or all, when there are fewer), in the list's order. */
	sample<T>(list: readonly T[], count: number): readonly T[] {
		const chosen: T[] = [];
		let needed = Math.min(count, list.length);
		list.forEach((value, at) => {
			if (this.#prng.below(list.length - at) >= needed) return;
			chosen.push(value);
			needed -= 1;
		});
		return chosen;
	}
}
