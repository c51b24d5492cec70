/** Bytes without Node or DOM: UTF-8, hexadecimal, concatenation. */

const HEX = "0123456789abcdef";

export function utf8Encode(text: string): Uint8Array {
	const out: number[] = [];
	for (const char of text) {
		const code = char.codePointAt(0) ?? 0;
		if (code < 0x80) out.push(code);
		else if (code < 0x800) out.push(0xc0 | (code >> 6), 0x80 | (code & 63));
		else if (code < 0x10000) out.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
		else out.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
	}
	return Uint8Array.from(out);
}

/** Decodes UTF-8; a byte that does not belong to a sequence becomes U+FFFD. */
export function utf8Decode(bytes: Uint8Array): string {
	let text = "";
	let at = 0;
	while (at < bytes.length) {
		const first = bytes[at] ?? 0;
		const extra = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : -1;
		if (extra < 0 || at + extra >= bytes.length) {
			text += "\ufffd";
			at += 1;
			continue;
		}
		let code = extra === 0 ? first : first & (0x3f >> extra);
		for (let k = 1; k <= extra; k += 1) code = (code << 6) | ((bytes[at + k] ?? 0) & 63);
		text += code > 0x10ffff ? "\ufffd" : String.fromCodePoint(code);
		at += extra + 1;
	}
	return text;
}

export function hex(bytes: Uint8Array): string {
	let text = "";
	for (const byte of bytes) text += `${HEX[byte >> 4]}${HEX[byte & 15]}`;
	return text;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
	const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		out.set(part, at);
		at += part.length;
	}
	return out;
}
