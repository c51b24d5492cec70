/** Text out of bytes that come in pieces: a character that is cut in two waits for its other half. */
import { concatBytes, utf8Decode } from "../base/bytes.ts";

export class Utf8Stream {
	#rest: Uint8Array = new Uint8Array(0);

	push(bytes: Uint8Array): string {
		const all = this.#rest.length === 0 ? bytes : concatBytes(this.#rest, bytes);
		const cut = all.length - unfinished(all);
		this.#rest = all.slice(cut);
		return utf8Decode(all.subarray(0, cut));
	}

	/** What is left at the end. */
	end(): string {
		const text = utf8Decode(this.#rest);
		this.#rest = new Uint8Array(0);
		return text;
	}
}

/** How many bytes at the end belong to a character that is not complete. */
function unfinished(bytes: Uint8Array): number {
	for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
		const byte = bytes[bytes.length - back] ?? 0;
		if (byte < 0x80) return 0;
		if (byte < 0xc0) continue;
		const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
		return needs > back ? back : 0;
	}
	return 0;
}
