/** Bob Jenkins' hash over 32-bit words (lookup3), as the kernel places elements of sets with it (include/linux/jhash.h: jhash2). */

const JHASH_INITVAL = 0xdeadbeef;

/** The hash of the words, an unsigned 32-bit number. */
export function jhash2(words: readonly number[], initval: number): number {
	let length = words.length;
	let a = (JHASH_INITVAL + (length << 2) + initval) | 0;
	let b = a;
	let c = a;
	let at = 0;
	while (length > 3) {
		a = (a + word(words, at)) | 0;
		b = (b + word(words, at + 1)) | 0;
		c = (c + word(words, at + 2)) | 0;
		a = (a - c) ^ rotate(c, 4);
		c = (c + b) | 0;
		b = (b - a) ^ rotate(a, 6);
		a = (a + c) | 0;
		c = (c - b) ^ rotate(b, 8);
		b = (b + a) | 0;
		a = (a - c) ^ rotate(c, 16);
		c = (c + b) | 0;
		b = (b - a) ^ rotate(a, 19);
		a = (a + c) | 0;
		c = (c - b) ^ rotate(b, 4);
		b = (b + a) | 0;
		length -= 3;
		at += 3;
	}
	if (length === 0) return c >>> 0;
	if (length > 2) c = (c + word(words, at + 2)) | 0;
	if (length > 1) b = (b + word(words, at + 1)) | 0;
	a = (a + word(words, at)) | 0;
	c = ((c ^ b) - rotate(b, 14)) | 0;
	a = ((a ^ c) - rotate(c, 11)) | 0;
	b = ((b ^ a) - rotate(a, 25)) | 0;
	c = ((c ^ b) - rotate(b, 16)) | 0;
	a = ((a ^ c) - rotate(c, 4)) | 0;
	b = ((b ^ a) - rotate(a, 14)) | 0;
	c = ((c ^ b) - rotate(b, 24)) | 0;
	return c >>> 0;
}

function word(words: readonly number[], at: number): number {
	return words[at] ?? 0;
}

function rotate(value: number, bits: number): number {
	return (value << bits) | (value >>> (32 - bits));
}
