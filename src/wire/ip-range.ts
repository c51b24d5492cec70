/** Ranges of IPv4 addresses as networks. */

export interface NumNet {
	readonly addr: number;
	readonly prefix: number;
}

/** The fewest networks that together are the addresses `from` to `to` (inclusive), in order. */
export function* netsOfRange(from: number, to: number): Generator<NumNet> {
	for (let addr = from; addr <= to; ) {
		let size = 1;
		let prefix = 32;
		while (prefix > 0 && addr % (size * 2) === 0 && addr + size * 2 - 1 <= to) {
			size *= 2;
			prefix -= 1;
		}
		yield { addr, prefix };
		addr += size;
	}
}

/** The last address of a network. */
export function lastOfNet(addr: number, prefix: number): number {
	return addr + 2 ** (32 - prefix) - 1;
}
