/** Answers as bytes, found by their query's bytes: what makes a busy name server fast. */

const MAX_ENTRIES = 32_768;
/** The identifier, which is every query's own. */
const ID_BYTES = 2;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const FIRST_BYTES = 65_536;
const MAX_BYTES = 8_388_608;

interface Entry {
	/** Where in the store the query begins; the answer stands behind it. */
	readonly at: number;
	readonly queryLength: number;
	readonly answerLength: number;
	readonly isUdp: boolean;
}

export class AnswerCache {
	/** By a hash of the query; of two queries with one hash the later one stays. */
	readonly #entries = new Map<number, Entry>();
	/** All bytes in one place: an array for each would keep the garbage collector busy. */
	#store = new Uint8Array(0);
	#used = 0;

	/** With the query's identifier. */
	get(query: Uint8Array, isUdp: boolean): Uint8Array | undefined {
		const entry = this.#entries.get(hashOf(query, isUdp));
		if (entry === undefined || entry.isUdp !== isUdp || !this.#isOf(entry, query)) return undefined;
		const from = entry.at + entry.queryLength;
		const answer = this.#store.slice(from, from + entry.answerLength);
		answer[0] = query[0] ?? 0;
		answer[1] = query[1] ?? 0;
		return answer;
	}

	put(query: Uint8Array, isUdp: boolean, messages: readonly Uint8Array[]): void {
		const [answer] = messages;
		if (answer === undefined || messages.length > 1) return;
		const needed = query.length + answer.length;
		if (this.#entries.size >= MAX_ENTRIES || this.#used + needed > MAX_BYTES) this.clear();
		this.#reserve(needed);
		const at = this.#used;
		this.#store.set(query, at);
		this.#store.set(answer, at + query.length);
		this.#used += needed;
		const lengths = { queryLength: query.length, answerLength: answer.length };
		this.#entries.set(hashOf(query, isUdp), { at, ...lengths, isUdp });
	}

	clear(): void {
		this.#entries.clear();
		this.#used = 0;
	}

	#isOf({ at, queryLength }: Entry, query: Uint8Array): boolean {
		if (queryLength !== query.length) return false;
		for (let k = ID_BYTES; k < queryLength; k += 1) if (this.#store[at + k] !== query[k]) return false;
		return true;
	}

	#reserve(needed: number): void {
		if (this.#used + needed <= this.#store.length) return;
		const grown = new Uint8Array(Math.max(FIRST_BYTES, this.#store.length * 2, this.#used + needed));
		grown.set(this.#store);
		this.#store = grown;
	}
}

/** FNV-1a. */
function hashOf(query: Uint8Array, isUdp: boolean): number {
	let hash = isUdp ? FNV_OFFSET : FNV_PRIME;
	for (let at = ID_BYTES; at < query.length; at += 1) hash = Math.imul(hash ^ (query[at] ?? 0), FNV_PRIME);
	return hash;
}
