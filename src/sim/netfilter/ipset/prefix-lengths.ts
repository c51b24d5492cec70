/** Which prefix lengths the networks of a set have, longest first: what a look-up has to try (`struct net_prefixes`). */
import type { Elem, NetField } from "./elem.ts";

export class PrefixLengths {
	readonly #nets: readonly NetField[];
	/** Elements by prefix length, for each network of the type. */
	readonly #counts: readonly Map<number, number>[];
	readonly #inUse: (readonly number[])[];

	constructor(nets: readonly NetField[]) {
		this.#nets = nets;
		this.#counts = nets.map(() => new Map());
		this.#inUse = nets.map(() => []);
	}

	inUse(net: number): readonly number[] {
		return this.#inUse[net] ?? [];
	}

	longest(net: number): number | undefined {
		return this.inUse(net)[0];
	}

	add(elem: Elem): void {
		this.#change(elem, 1);
	}

	remove(elem: Elem): void {
		this.#change(elem, -1);
	}

	#change(elem: Elem, by: 1 | -1): void {
		for (let net = 0; net < this.#nets.length; net += 1) {
			const which = this.#nets[net];
			const counts = this.#counts[net];
			if (which === undefined || counts === undefined) continue;
			const cidr = elem.cidrOf(which);
			const count = (counts.get(cidr) ?? 0) + by;
			if (count === 0) counts.delete(cidr);
			else counts.set(cidr, count);
			if (count === 0 || (count === 1 && by === 1)) this.#inUse[net] = [...counts.keys()].sort((a, b) => b - a);
		}
	}
}
