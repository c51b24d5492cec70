/** A bridge's forwarding database (net/bridge/br_fdb.c): which MAC address is behind which port. */
import { macText } from "../../wire/addr.ts";
import { traceStep } from "../trace.ts";
import type { NetDevice, Skb } from "../types.ts";

export interface FdbEntry {
	readonly mac: number;
	/** The VLAN; 0: the bridge does not tell VLANs apart. */
	readonly vid: number;
	/** The port; undefined: the bridge itself. */
	port: NetDevice | undefined;
	/** An address of the bridge or of a port: its frames go up. */
	isLocal: boolean;
	/** Never ages and never moves. */
	isStatic: boolean;
	/** When a frame from there was last seen, in virtual time. */
	updatedNs: number;
}

export class BridgeFdb {
	/** After this long without a frame from there an entry is gone; 0: nothing is learnt. */
	ageingNs: number;
	readonly #bridge: NetDevice;
	readonly #entries = new Map<number, FdbEntry>();
	/** The same for each VLAN of a bridge that tells them apart. */
	readonly #vlans = new Map<number, Map<number, FdbEntry>>();
	/** The order in which entries of all VLANs were made. */
	readonly #ages = new WeakMap<FdbEntry, number>();
	#nextAge = 0;
	#purgeAt = 1024;

	constructor(bridge: NetDevice, ageingNs: number) {
		this.#bridge = bridge;
		this.ageingNs = ageingNs;
	}

	/** The entry of an address, unless it aged (`br_fdb_find_rcu`). */
	find(mac: number, vid = 0): FdbEntry | undefined {
		const table = this.#table(vid);
		const entry = table.get(mac);
		if (entry === undefined || entry.isStatic || !this.#hasExpired(entry)) return entry;
		table.delete(mac);
		return undefined;
	}

	/** Learns the source address of a frame that came in by `port` (`br_fdb_update`). */
	update(port: NetDevice, mac: number, skb: Skb, vid = 0): void {
		if (this.ageingNs === 0) return;
		const nowNs = this.#now();
		const entry = this.find(mac, vid);
		if (entry === undefined) {
			const table = this.#table(vid);
			if (table.size >= this.#purgeAt) this.#purge(table);
			this.#put({ mac, vid, port, isLocal: false, isStatic: false, updatedNs: nowNs });
			if (skb.machine.tracer !== undefined) this.#trace(skb, "learn", port, mac);
		} else if (entry.isLocal) {
			this.#warnOwnAddress(port, mac, vid);
		} else {
			if (entry.port !== port && !entry.isStatic) {
				entry.port = port;
				if (skb.machine.tracer !== undefined) this.#trace(skb, "move", port, mac);
			}
			entry.updatedNs = nowNs;
		}
	}

	/** Makes an address of the bridge (`port` undefined) or of a port local; the first owner keeps it (`br_fdb_add_local`). */
	addLocal(port: NetDevice | undefined, mac: number, vid = 0): void {
		const table = this.#table(vid);
		if (mac === 0 || table.get(mac)?.isLocal === true) return;
		this.#put({ mac, vid, port, isLocal: true, isStatic: true, updatedNs: this.#now() });
	}

	/**
	 * An address is no longer `port`'s: another of `ports` (those in the VLAN) with the same one, or the bridge, inherits it
	 * (`fdb_delete_local`).
	 */
	deleteLocal(port: NetDevice | undefined, mac: number, ports: readonly NetDevice[], vid = 0): void {
		const table = this.#table(vid);
		const entry = table.get(mac);
		if (entry === undefined || !entry.isLocal || entry.port !== port) return;
		const heir = ports.find((other) => other !== port && other.mac === mac);
		if (heir !== undefined) entry.port = heir;
		else if (port !== undefined && this.#bridge.mac === mac) entry.port = undefined;
		else table.delete(mac);
	}

	/** Forgets what is behind a port: all of it when the port leaves, else only what was learnt (`br_fdb_delete_by_port`). */
	deleteByPort(port: NetDevice, which: "all" | "learnt"): void {
		for (const table of this.#tables()) {
			for (const entry of table.values()) {
				if (entry.port === port && (which === "all" || !entry.isStatic)) table.delete(entry.mac);
			}
		}
	}

	/** Puts an entry as given (`bridge fdb replace`, and undoing). */
	set(entry: FdbEntry): void {
		this.#put(entry);
	}

	delete(mac: number, vid = 0): void {
		this.#table(vid).delete(mac);
	}

	/** All entries that have not aged, in order of creation. */
	entries(): readonly FdbEntry[] {
		const found = this.#tables().flatMap((table) => {
			this.#purge(table);
			return [...table.values()];
		});
		if (this.#vlans.size === 0) return found;
		return found.sort((a, b) => (this.#ages.get(a) ?? 0) - (this.#ages.get(b) ?? 0));
	}

	#put(entry: FdbEntry): void {
		this.#ages.set(entry, this.#nextAge++);
		this.#table(entry.vid).set(entry.mac, entry);
	}

	#table(vid: number): Map<number, FdbEntry> {
		if (vid === 0) return this.#entries;
		let table = this.#vlans.get(vid);
		if (table === undefined) {
			table = new Map();
			this.#vlans.set(vid, table);
		}
		return table;
	}

	#tables(): readonly Map<number, FdbEntry>[] {
		return [this.#entries, ...this.#vlans.values()];
	}

	#hasExpired(entry: FdbEntry): boolean {
		return entry.updatedNs + this.ageingNs <= this.#now();
	}

	#purge(table: Map<number, FdbEntry>): void {
		for (const { mac, vid } of table.values()) this.find(mac, vid);
		this.#purgeAt = Math.max(1024, 2 * table.size);
	}

	#now(): number {
		return this.#bridge.netns.machine.loop.now();
	}

	#warnOwnAddress(port: NetDevice, mac: number, vid: number): void {
		const text = `${this.#bridge.name}: received packet on ${port.name} with own address as source address (addr:${macText(mac)}, vlan:${vid})`;
		const { log, loop } = port.netns.machine;
		const last = log.at(-1);
		if (last?.text === text && last.at + 5e9 > loop.now()) return;
		log.push({ at: loop.now(), netns: port.netns.name, level: 4, text });
	}

	#trace(skb: Skb, action: "learn" | "move", port: NetDevice, mac: number): void {
		const bridge = this.#bridge.name;
		traceStep(skb, port.netns, "br_fdb_update", {
			step: "bridge",
			action,
			bridge,
			mac: macText(mac),
			ports: [port.name],
		});
	}
}
