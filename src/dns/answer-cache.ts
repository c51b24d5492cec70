/** Answers as bytes, found by their query's bytes: what makes a busy name server fast. */

const MAX_ENTRIES = 32_768;
/** The identifier, which is every query's own. */
const ID_BYTES = 2;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

interface Entry {
	readonly query: Uint8Array;
	readonly isUdp: boolean;
	readonly answer: Uint8Array;
}

export class AnswerCache {
	/** By a hash of the query; of two queries with one hash the later one stays. */
	readonly #entries = new Map<number, Entry>();

	/** With the query's identifier. */
	get(query: Uint8Array, isUdp: boolean): Uint8Array | undefined {
		const entry = this.#entries.get(hashOf(query, isUdp));
		if (entry === undefined || entry.isUdp !== isUdp || !sameQuery(entry.query, query)) return undefined;
		const answer = entry.answer.slice();
		answer[0] = query[0] ?? 0;
		answer[1] = query[1] ?? 0;
		return answer;
	}

	put(query: Uint8Array, isUdp: boolean, messages: readonly Uint8Array[]): void {
		const [answer] = messages;
		if (answer === undefined || messages.length > 1) return;
		if (this.#entries.size >= MAX_ENTRIES) this.#entries.clear();
		this.#entries.set(hashOf(query, isUdp), { query: query.slice(), isUdp, answer: answer.slice() });
	}

	clear(): void {
		this.#entries.clear();
	}
}

/** FNV-1a. */
function hashOf(query: Uint8Array, isUdp: boolean): number {
	let hash = isUdp ? FNV_OFFSET : FNV_PRIME;
	for (let at = ID_BYTES; at < query.length; at += 1) hash = Math.imul(hash ^ (query[at] ?? 0), FNV_PRIME);
	return hash;
}

function sameQuery(a: Uint8Array, b: Uint8Array): boolean {
	if (a.length !== b.length) return false;
	for (let at = ID_BYTES; at < a.length; at += 1) if (a[at] !== b[at]) return false;
	return true;
}
