/** Sequence numbers: 32 bits that wrap (RFC 9293 §3.4). */

/** `a < b`. */
export function before(a: number, b: number): boolean {
	return ((a - b) | 0) < 0;
}

/** `a > b`. */
export function after(a: number, b: number): boolean {
	return ((b - a) | 0) < 0;
}

export function seqAdd(seq: number, n: number): number {
	return (seq + n) >>> 0;
}

/** `a - b`, signed. */
export function seqDiff(a: number, b: number): number {
	return (a - b) | 0;
}
