/** Delta debugging of a list: ever smaller pieces are left out as long as the failure stays. */

/** Ways to leave out a part of the list: halves first, then quarters, at last single members. Lazy: each is made when asked for. */
export function* shorter<T>(list: readonly T[]): Generator<readonly T[]> {
	for (let size = list.length; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
		for (let at = 0; at < list.length; at += size) {
			yield [...list.slice(0, at), ...list.slice(at + size)];
		}
	}
}
