/** A bridge's forwarding database (net/bridge/br_fdb.c): which MAC address is behind which port. */
import { macText } from "../../wire/addr.ts";
import { traceStep } from "../trace.ts";
import type { NetDevice, Skb } from "../types.ts";

export interface FdbEntry {
	readonly mac: number;
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
	#purgeAt = 1024;

	constructor(bridge: NetDevice, ageingNs: number) {
		this.#bridge = bridge;
		this.ageingNs = ageingNs;
	}

	/** The entry of an address, unless it aged (`br_fdb_find_rcu`). */
	find(mac: number): FdbEntry | undefined {
		const entry = this.#entries.get(mac);
		if (entry === undefined || entry.isStatic || !this.#hasExpired(entry)) return entry;
		this.#entries.delete(mac);
		return undefined;
	}

	/** Learns the source address of a frame that came in by `port` (`br_fdb_update`). */
	update(port: NetDevice, mac: number, skb: Skb): void {
		if (this.ageingNs === 0) return;
		const nowNs = this.#now();
		const entry = this.find(mac);
		if (entry === undefined) {
			if (this.#entries.size >= this.#purgeAt) this.#purge();
			this.#entries.set(mac, { mac, port, isLocal: false, isStatic: false, updatedNs: nowNs });
			if (skb.machine.tracer !== undefined) this.#trace(skb, "learn", port, mac);
		} else if (entry.isLocal) {
			this.#warnOwnAddress(port, mac);
		} else {
			if (entry.port !== port && !entry.isStatic) {
				entry.port = port;
				if (skb.machine.tracer !== undefined) this.#trace(skb, "move", port, mac);
			}
			entry.updatedNs = nowNs;
		}
	}

	/** Makes an address of the bridge (`port` undefined) or of a port local; the first owner keeps it (`br_fdb_add_local`). */
	addLocal(port: NetDevice | undefined, mac: number): void {
		if (mac === 0 || this.#entries.get(mac)?.isLocal === true) return;
		this.#entries.set(mac, { mac, port, isLocal: true, isStatic: true, updatedNs: this.#now() });
	}

	/** An address is no longer `port`'s: another port with the same one, or the bridge, inherits it (`fdb_delete_local`). */
	deleteLocal(port: NetDevice | undefined, mac: number, ports: readonly NetDevice[]): void {
		const entry = this.#entries.get(mac);
		if (entry === undefined || !entry.isLocal || entry.port !== port) return;
		const heir = ports.find((other) => other !== port && other.mac === mac);
		if (heir !== undefined) entry.port = heir;
		else if (port !== undefined && this.#bridge.mac === mac) entry.port = undefined;
		else this.#entries.delete(mac);
	}

	/** Forgets what is behind a port: all of it when the port leaves, else only what was learnt (`br_fdb_delete_by_port`). */
	deleteByPort(port: NetDevice, which: "all" | "learnt"): void {
		for (const entry of this.#entries.values()) {
			if (entry.port === port && (which === "all" || !entry.isStatic)) this.#entries.delete(entry.mac);
		}
	}

	/** Puts an entry as given (`bridge fdb replace`, and undoing). */
	set(entry: FdbEntry): void {
		this.#entries.set(entry.mac, entry);
	}

	delete(mac: number): void {
		this.#entries.delete(mac);
	}

	/** All entries that have not aged, in order of creation. */
	entries(): readonly FdbEntry[] {
		this.#purge();
		return [...this.#entries.values()];
	}

	#hasExpired(entry: FdbEntry): boolean {
		return entry.updatedNs + this.ageingNs <= this.#now();
	}

	#purge(): void {
		for (const mac of this.#entries.keys()) this.find(mac);
		this.#purgeAt = Math.max(1024, 2 * this.#entries.size);
	}

	#now(): number {
		return this.#bridge.netns.machine.loop.now();
	}

	#warnOwnAddress(port: NetDevice, mac: number): void {
		const text = `${this.#bridge.name}: received packet on ${port.name} with own address as source address (addr:${macText(mac)}, vlan:0)`;
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
