/** The table of connections (ip_vs_conn.c), by protocol, client address and client port: requests and answers both have those. */
import { endKey } from "./end-key.ts";
import { CONN_F_ONE_PACKET, CONN_F_TEMPLATE, type IpvsConn } from "./types.ts";

/** A packet's ends as a look-up needs them; for an answer `caddr` is the real server and `vaddr` the client. */
export interface ConnParam {
	readonly proto: number;
	readonly caddr: number;
	readonly cport: number;
	readonly vaddr: number;
	readonly vport: number;
}

export class ConnTable {
	readonly #chains = new Map<number, IpvsConn>();
	/** In order of creation. */
	readonly #all = new Set<IpvsConn>();

	get size(): number {
		return this.#all.size;
	}

	/** All of them, oldest first; Linux lists by a hash that differs with every boot. */
	entries(): readonly IpvsConn[] {
		return [...this.#all];
	}

	/** Puts it at the head of its chain; one-packet connections are never found again (`ip_vs_conn_hash`). */
	hash(cp: IpvsConn): void {
		if (cp.has(CONN_F_ONE_PACKET) || cp.hashed) return;
		const key = endKey(cp.proto, cp.caddr, cp.cport);
		cp.next = this.#chains.get(key);
		this.#chains.set(key, cp);
		cp.hashed = true;
		this.#all.add(cp);
	}

	/** Takes it out; false: it was not in (`ip_vs_conn_unhash`). */
	unhash(cp: IpvsConn): boolean {
		if (!cp.hashed) return false;
		const key = endKey(cp.proto, cp.caddr, cp.cport);
		const first = this.#chains.get(key);
		if (first === cp) {
			if (cp.next === undefined) this.#chains.delete(key);
			else this.#chains.set(key, cp.next);
		} else {
			let other = first;
			while (other !== undefined && other.next !== cp) other = other.next;
			if (other !== undefined) other.next = cp.next;
		}
		cp.next = undefined;
		cp.hashed = false;
		this.#all.delete(cp);
		return true;
	}

	/** The connection of a packet from a client (`ip_vs_conn_in_get`). */
	inGet(p: ConnParam): IpvsConn | undefined {
		if (p.cport === 0) return undefined;
		let cp = this.#chains.get(endKey(p.proto, p.caddr, p.cport));
		while (cp !== undefined) {
			if (cp.cport === p.cport && cp.vport === p.vport && cp.caddr === p.caddr && cp.vaddr === p.vaddr) return cp;
			cp = cp.next;
		}
		return undefined;
	}

	/** The connection of a packet to a client: from the real server's address, or with `droute` and `tunnel` from the virtual one (`ip_vs_conn_out_get`). */
	outGet(p: ConnParam): IpvsConn | undefined {
		let cp = this.#chains.get(endKey(p.proto, p.vaddr, p.vport));
		while (cp !== undefined) {
			const masq = cp.method === "masq";
			const sport = masq ? cp.dport : cp.vport;
			const saddr = masq ? cp.daddr : cp.vaddr;
			if (cp.cport === p.vport && cp.caddr === p.vaddr && p.cport === sport && p.caddr === saddr) return cp;
			cp = cp.next;
		}
		return undefined;
	}

	/** A persistence template (`ip_vs_ct_in_get`). */
	templateGet(p: ConnParam): IpvsConn | undefined {
		let cp = this.#chains.get(endKey(p.proto, p.caddr, p.cport));
		while (cp !== undefined) {
			const same = cp.caddr === p.caddr && cp.vaddr === p.vaddr && cp.vport === p.vport && cp.cport === p.cport;
			if (same && cp.has(CONN_F_TEMPLATE)) return cp;
			cp = cp.next;
		}
		return undefined;
	}
}
