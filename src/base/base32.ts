const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Base 32 in upper case without padding (RFC 4648 §6). */
export function base32(bytes: Uint8Array): string {
	let text = "";
	let bits = 0;
	let value = 0;
	for (const byte of bytes) {
		value = ((value << 8) | byte) & 0xfff;
		bits += 8;
		while (bits >= 5) {
			bits -= 5;
			text += ALPHABET[(value >> bits) & 31];
		}
	}
	return bits === 0 ? text : text + ALPHABET[(value << (5 - bits)) & 31];
}
