/** The Internet checksum, in full and by increment. */

/** Ones' complement sum of 16-bit words over `b[from, to)`, not folded; an odd last byte is padded with zero (RFC 1071). */
export function sumBytes(b: Uint8Array, from: number, to: number): number {
	let sum = 0;
	let at = from;
	for (; at + 1 < to; at += 2) sum += ((b[at] ?? 0) << 8) | (b[at + 1] ?? 0);
	if (at < to) sum += (b[at] ?? 0) << 8;
	return sum;
}

/** Folds a sum to 16 bits and complements it. */
export function foldChecksum(sum: number): number {
	while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
	return ~sum & 0xffff;
}

/** The sum of the TCP/UDP pseudo-header for IPv4 addresses as numbers (RFC 793 §3.1). */
export function pseudoHeaderSum(src: number, dst: number, proto: number, lengthBytes: number): number {
	return (src >>> 16) + (src & 0xffff) + (dst >>> 16) + (dst & 0xffff) + proto + lengthBytes;
}

/** The checksum after a 16-bit word changed from `before` to `after` (RFC 1624 §3, eqn. 3). */
export function checksumReplace16(check: number, before: number, after: number): number {
	let sum = (~check & 0xffff) + (~before & 0xffff) + after;
	sum = (sum & 0xffff) + (sum >>> 16);
	sum = (sum & 0xffff) + (sum >>> 16);
	return ~sum & 0xffff;
}

/** The checksum after a 32-bit word changed from `before` to `after`. */
export function checksumReplace32(check: number, before: number, after: number): number {
	return checksumReplace16(checksumReplace16(check, before >>> 16, after >>> 16), before & 0xffff, after & 0xffff);
}
