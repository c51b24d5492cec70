/** Bytes for packets, cut from slabs: an `ArrayBuffer` of its own costs ten times as much. */

const SLAB_BYTES = 65_536;

export class ByteSlab {
	#slab = new ArrayBuffer(0);
	#used = 0;

	/** Zeroed. */
	alloc(lengthBytes: number): Uint8Array {
		if (lengthBytes > SLAB_BYTES / 16) return new Uint8Array(lengthBytes);
		if (this.#used + lengthBytes > this.#slab.byteLength) {
			this.#slab = new ArrayBuffer(SLAB_BYTES);
			this.#used = 0;
		}
		const bytes = new Uint8Array(this.#slab, this.#used, lengthBytes);
		this.#used += lengthBytes;
		return bytes;
	}
}
