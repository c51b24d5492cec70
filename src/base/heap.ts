/** A binary min-heap ordered by `before`; equal items leave in an unspecified order, so compare on a sequence number too. */
export class Heap<T> {
	readonly #items: T[] = [];
	readonly #before: (a: T, b: T) => boolean;

	constructor(before: (a: T, b: T) => boolean) {
		this.#before = before;
	}

	get size(): number {
		return this.#items.length;
	}

	peek(): T | undefined {
		return this.#items[0];
	}

	push(item: T): void {
		const items = this.#items;
		let at = items.length;
		items.push(item);
		while (at > 0) {
			const up = (at - 1) >> 1;
			const parent = items[up];
			if (parent === undefined || !this.#before(item, parent)) break;
			items[at] = parent;
			at = up;
		}
		items[at] = item;
	}

	pop(): T | undefined {
		const items = this.#items;
		const top = items[0];
		const last = items.pop();
		if (last === undefined || items.length === 0) return top;
		let at = 0;
		for (;;) {
			let down = 2 * at + 1;
			let child = items[down];
			if (child === undefined) break;
			const right = items[down + 1];
			if (right !== undefined && this.#before(right, child)) {
				down += 1;
				child = right;
			}
			if (!this.#before(child, last)) break;
			items[at] = child;
			at = down;
		}
		items[at] = last;
		return top;
	}
}
