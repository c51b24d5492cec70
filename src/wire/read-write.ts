/** Big-endian reads and writes at an offset; the caller has checked the length. */

export function get16(b: Uint8Array, at: number): number {
	return ((b[at] ?? 0) << 8) | (b[at + 1] ?? 0);
}

export function get32(b: Uint8Array, at: number): number {
	return (((b[at] ?? 0) << 24) | ((b[at + 1] ?? 0) << 16) | ((b[at + 2] ?? 0) << 8) | (b[at + 3] ?? 0)) >>> 0;
}

/** 48 bits: a MAC address as a number. */
export function get48(b: Uint8Array, at: number): number {
	return get16(b, at) * 0x1_0000_0000 + get32(b, at + 2);
}

/** 128 bits: an IPv6 address as a number. */
export function get128(b: Uint8Array, at: number): bigint {
	let n = 0n;
	for (let k = 0; k < 16; k += 4) n = (n << 32n) | BigInt(get32(b, at + k));
	return n;
}

export function put16(b: Uint8Array, at: number, value: number): void {
	b[at] = value >>> 8;
	b[at + 1] = value;
}

export function put32(b: Uint8Array, at: number, value: number): void {
	b[at] = value >>> 24;
	b[at + 1] = value >>> 16;
	b[at + 2] = value >>> 8;
	b[at + 3] = value;
}

export function put48(b: Uint8Array, at: number, value: number): void {
	put16(b, at, Math.floor(value / 0x1_0000_0000));
	put32(b, at + 2, value >>> 0);
}
