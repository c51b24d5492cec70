/** The hash functions that schedulers use: the same number on every kernel and after every boot. */

const GOLDEN_RATIO_32 = 0x61c88647;

/** `hash_32`: the upper `bits` bits of the product. */
export function hash32(value: number, bits: number): number {
	return Math.imul(value, GOLDEN_RATIO_32) >>> (32 - bits);
}

const MASK = (1n << 64n) - 1n;

/** `hsiphash_1u32` of a 64-bit kernel: SipHash-1-3 of four bytes, cut to 32 bits; both halves of the key are `key`. */
export function hsiphash1u32(value: number, key: bigint): number {
	const state: SipState = {
		v0: 0x736f6d6570736575n ^ key,
		v1: 0x646f72616e646f6dn ^ key,
		v2: 0x6c7967656e657261n ^ key,
		v3: 0x7465646279746573n ^ key,
	};
	const block = (4n << 56n) | BigInt(value >>> 0);
	state.v3 ^= block;
	sipRound(state);
	state.v0 ^= block;
	state.v2 ^= 0xffn;
	for (let k = 0; k < 3; k += 1) sipRound(state);
	return Number((state.v0 ^ state.v1 ^ state.v2 ^ state.v3) & 0xffffffffn);
}

interface SipState {
	v0: bigint;
	v1: bigint;
	v2: bigint;
	v3: bigint;
}

function sipRound(s: SipState): void {
	s.v0 = (s.v0 + s.v1) & MASK;
	s.v1 = rotl(s.v1, 13n) ^ s.v0;
	s.v0 = rotl(s.v0, 32n);
	s.v2 = (s.v2 + s.v3) & MASK;
	s.v3 = rotl(s.v3, 16n) ^ s.v2;
	s.v0 = (s.v0 + s.v3) & MASK;
	s.v3 = rotl(s.v3, 21n) ^ s.v0;
	s.v2 = (s.v2 + s.v1) & MASK;
	s.v1 = rotl(s.v1, 17n) ^ s.v2;
	s.v2 = rotl(s.v2, 32n);
}

function rotl(value: bigint, by: bigint): bigint {
	return ((value << by) | (value >> (64n - by))) & MASK;
}
