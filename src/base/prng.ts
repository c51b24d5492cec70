/** A seeded generator of random numbers (sfc32): same seed, same sequence, in every place a kernel would ask for chance. */
export class Prng {
	#a = 0;
	#b = 0;
	#c = 0;
	#counter = 1;

	constructor(seed: number) {
		this.#a = seed | 0;
		this.#b = (seed * 0x9e3779b1) | 0;
		this.#c = 0x6a09e667;
		for (let k = 0; k < 12; k += 1) this.uint32();
	}

	/** 0 … 2^32-1. */
	uint32(): number {
		const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
		this.#counter = (this.#counter + 1) | 0;
		this.#a = this.#b ^ (this.#b >>> 9);
		this.#b = (this.#c + (this.#c << 3)) | 0;
		this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
		this.#c |= 0;
		return sum >>> 0;
	}

	/** 0 … bound-1, for a bound of at most 2^32. */
	below(bound: number): number {
		return Math.floor((this.uint32() / 0x1_0000_0000) * bound);
	}
}
