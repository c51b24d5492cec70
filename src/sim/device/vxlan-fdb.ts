/** The forwarding database of a VXLAN device (drivers/net/vxlan/vxlan_core.c): behind which hosts a MAC address is. */
import { macIsGroup } from "../../wire/addr.ts";
import type { EventLoop } from "../event-loop.ts";

/** Where outer packets go (`struct vxlan_rdst`). */
export interface VxlanRemote {
	readonly addr: number;
	/** 0: the device's own. */
	readonly port: number;
	readonly vni: number;
	/** The device that outer packets must leave by; 0: any. */
	readonly ifindex: number;
}

export interface VxlanFdbEntry {
	readonly mac: number;
	/** Undefined: learnt, or said to be like that: it ages. */
	readonly state: "permanent" | "static" | undefined;
	remotes: readonly VxlanRemote[];
	updatedNs: number;
}

/** The entry for what has none of its own. */
export const VXLAN_DEFAULT_MAC = 0;

/** Only the default and group addresses may have several destinations. */
export function mayHaveSeveral(mac: number): boolean {
	return mac === VXLAN_DEFAULT_MAC || macIsGroup(mac);
}

export function sameRemote(a: VxlanRemote, b: VxlanRemote): boolean {
	return a.addr === b.addr && a.port === b.port && a.vni === b.vni && a.ifindex === b.ifindex;
}

export class VxlanFdb {
	/** 0: never. */
	ageingNs: number;
	readonly #loop: EventLoop;
	readonly #entries = new Map<number, VxlanFdbEntry>();

	constructor(loop: EventLoop, ageingNs: number) {
		this.#loop = loop;
		this.ageingNs = ageingNs;
	}

	/** The entry of an address, unless it aged. */
	find(mac: number): VxlanFdbEntry | undefined {
		const entry = this.#entries.get(mac);
		if (entry === undefined || entry.state !== undefined || !this.#hasExpired(entry)) return entry;
		this.#entries.delete(mac);
		return undefined;
	}

	set(entry: VxlanFdbEntry): void {
		this.#entries.set(entry.mac, entry);
	}

	delete(mac: number): void {
		this.#entries.delete(mac);
	}

	/** Forgets what was learnt (`vxlan_flush` of a device that goes down). */
	flush(): void {
		for (const { mac, state } of this.#entries.values()) if (state === undefined) this.#entries.delete(mac);
	}

	/** What a frame from `mac` in a packet of the host `addr` teaches (`vxlan_snoop`); "conflict": a static entry says otherwise. */
	learn(mac: number, addr: number): "known" | "new" | "moved" | "conflict" {
		const nowNs = this.#loop.now();
		const entry = this.find(mac);
		const remote = { addr, port: 0, vni: 0, ifindex: 0 };
		if (entry === undefined) {
			this.set({ mac, state: undefined, remotes: [remote], updatedNs: nowNs });
			return "new";
		}
		const isSame = entry.remotes[0]?.addr === addr && entry.remotes[0].ifindex === 0;
		if (!isSame && entry.state !== undefined) return "conflict";
		entry.updatedNs = nowNs;
		if (isSame) return "known";
		entry.remotes = [remote];
		return "moved";
	}

	/** All entries that have not aged, in order of creation. */
	entries(): readonly VxlanFdbEntry[] {
		for (const mac of [...this.#entries.keys()]) this.find(mac);
		return [...this.#entries.values()];
	}

	#hasExpired(entry: VxlanFdbEntry): boolean {
		return this.ageingNs > 0 && entry.updatedNs + this.ageingNs <= this.#loop.now();
	}
}
