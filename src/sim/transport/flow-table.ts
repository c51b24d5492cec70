/** The established hash (`inet_ehash`): connections by their four-tuple. */
import type { IpNum } from "../../wire/addr.ts";

/** Local and remote end. */
export interface Flow {
	readonly laddr: IpNum;
	readonly lport: number;
	readonly raddr: IpNum;
	readonly rport: number;
}

interface Node<T> {
	readonly flow: T;
	next: Node<T> | undefined;
}

export class FlowTable<T extends Flow> {
	readonly #buckets = new Map<number, Node<T>>();
	#size = 0;

	get size(): number {
		return this.#size;
	}

	find(laddr: IpNum, lport: number, raddr: IpNum, rport: number): T | undefined {
		let node = this.#buckets.get(flowHash(laddr, lport, raddr, rport));
		while (node !== undefined) {
			const { flow } = node;
			if (flow.lport === lport && flow.rport === rport && flow.raddr === raddr && flow.laddr === laddr) return flow;
			node = node.next;
		}
		return undefined;
	}

	insert(flow: T): void {
		const hash = flowHash(flow.laddr, flow.lport, flow.raddr, flow.rport);
		this.#buckets.set(hash, { flow, next: this.#buckets.get(hash) });
		this.#size += 1;
	}

	/** Takes `flow` out; does nothing when it is not in. */
	remove(flow: T): void {
		const hash = flowHash(flow.laddr, flow.lport, flow.raddr, flow.rport);
		let before: Node<T> | undefined;
		let at = this.#buckets.get(hash);
		while (at !== undefined && at.flow !== flow) {
			before = at;
			at = at.next;
		}
		if (at === undefined) return;
		if (before !== undefined) before.next = at.next;
		else if (at.next !== undefined) this.#buckets.set(hash, at.next);
		else this.#buckets.delete(hash);
		this.#size -= 1;
	}

	/** All flows, as they are now; the table may change meanwhile. */
	list(): readonly T[] {
		const flows: T[] = [];
		for (const head of this.#buckets.values()) {
			for (let node: Node<T> | undefined = head; node !== undefined; node = node.next) flows.push(node.flow);
		}
		return flows;
	}
}

/** An address as 32 bits, for hashing. */
export function foldIp(addr: IpNum): number {
	if (typeof addr === "number") return addr | 0;
	return Number(BigInt.asIntN(32, addr ^ (addr >> 32n) ^ (addr >> 64n) ^ (addr >> 96n)));
}

/** Mixes two ends and a secret into 32 bits. */
export function flowHash(laddr: IpNum, lport: number, raddr: IpNum, rport: number): number {
	let hash = Math.imul(foldIp(laddr) ^ Math.imul(foldIp(raddr), 0x9e3779b1), 0x85ebca6b);
	hash ^= (lport << 16) | rport;
	hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
	return hash ^ (hash >>> 13);
}
