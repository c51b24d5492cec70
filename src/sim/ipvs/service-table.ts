/** The virtual services of a namespace, found in one step whatever their number (ip_vs_ctl.c: ip_vs_service_find). */
import { IPPROTO_TCP } from "../../wire/ipv4.ts";
import { endKey } from "./end-key.ts";
import { FTPDATA, FTPPORT, type IpvsSvc } from "./types.ts";

/** Ports below it are for root, PROT_SOCK. */
const PROT_SOCK = 1024;

export class ServiceTable {
	readonly #byAddr = new Map<number, IpvsSvc>();
	readonly #byMark = new Map<number, IpvsSvc>();
	/** How many are for FTP, and how many for every port. */
	#ftp = 0;
	#anyPort = 0;

	get size(): number {
		return this.#byAddr.size + this.#byMark.size;
	}

	entries(): readonly IpvsSvc[] {
		return [...this.#byAddr.values(), ...this.#byMark.values()];
	}

	/** The service with exactly this key. */
	get(key: Pick<IpvsSvc, "proto" | "addr" | "port" | "fwmark">): IpvsSvc | undefined {
		return key.fwmark !== 0 ? this.#byMark.get(key.fwmark) : this.#byAddr.get(endKey(key.proto, key.addr, key.port));
	}

	add(svc: IpvsSvc): void {
		if (svc.fwmark !== 0) this.#byMark.set(svc.fwmark, svc);
		else this.#byAddr.set(endKey(svc.proto, svc.addr, svc.port), svc);
		this.#count(svc, 1);
	}

	delete(svc: IpvsSvc): void {
		if (svc.fwmark !== 0) this.#byMark.delete(svc.fwmark);
		else this.#byAddr.delete(endKey(svc.proto, svc.addr, svc.port));
		this.#count(svc, -1);
	}

	/** The service for a packet: by its mark, by address and port, for FTP's other connections, or for every port. */
	find(mark: number, proto: number, addr: number, port: number): IpvsSvc | undefined {
		const marked = mark === 0 ? undefined : this.#byMark.get(mark);
		if (marked !== undefined) return marked;
		const exact = this.#byAddr.get(endKey(proto, addr, port));
		if (exact !== undefined) return exact;
		if (this.#ftp > 0 && proto === IPPROTO_TCP && (port === FTPDATA || port >= PROT_SOCK)) {
			const ftp = this.#byAddr.get(endKey(proto, addr, FTPPORT));
			if (ftp !== undefined) return ftp;
		}
		return this.#anyPort > 0 ? this.#byAddr.get(endKey(proto, addr, 0)) : undefined;
	}

	#count(svc: IpvsSvc, by: number): void {
		if (svc.port === FTPPORT) this.#ftp += by;
		else if (svc.port === 0 && svc.fwmark === 0) this.#anyPort += by;
	}
}
