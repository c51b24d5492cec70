/** The names that controllers make up, made up here so that the same manifest always gives the same name. */
import { utf8Encode } from "../base/bytes.ts";

/** Kubernetes' alphabet for generated names: no vowels, no digits that look like letters. */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

/** FNV-1a, 32 bit, of a text's UTF-8. */
export function fnv32a(text: string): number {
	let hash = 0x811c9dc5;
	for (const byte of utf8Encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
	return hash;
}

/** The shape of a `pod-template-hash`: a 32-bit hash in decimal, every digit mapped into the alphabet. */
export function templateHash(text: string): string {
	let hash = "";
	for (const digit of String(fnv32a(text))) hash += ALPHABET[digit.charCodeAt(0) % ALPHABET.length];
	return hash;
}

/** Five characters of the alphabet, as after the last `-` of a generated pod name. */
export function nameSuffix(seed: string): string {
	let value = mix(fnv32a(seed));
	let suffix = "";
	for (let k = 0; k < 5; k += 1) {
		suffix += ALPHABET[value % ALPHABET.length];
		value = Math.floor(value / ALPHABET.length);
	}
	return suffix;
}

/** `NAME-SUFFIX`, the name cut so that the whole has at most 63 characters; a name that is taken is not given again. */
export function generatedName(base: string, seed: string, taken: (name: string) => boolean): string {
	for (let attempt = 0; ; attempt += 1) {
		const suffix = nameSuffix(attempt === 0 ? seed : `${seed}#${attempt}`);
		const name = `${base.slice(0, 57)}-${suffix}`;
		if (!taken(name)) return name;
	}
}

/** FNV-1a of texts that differ in the last character only differs little in its high bits: this spreads it. */
function mix(hash: number): number {
	let value = hash;
	value = Math.imul(value ^ (value >>> 16), 0x85ebca6b) >>> 0;
	value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35) >>> 0;
	return (value ^ (value >>> 16)) >>> 0;
}
