/**
 * Telling listeners what becomes of entries (nf_conntrack_ecache.c, ctnetlink): a new one when it enters the table, a change
 * at the end of the packet that made it, the end when it leaves the table. While somebody listens, entries also end on
 * time instead of when somebody looks for them.
 */
import type { ConntrackEvent } from "../../../kernel/conntrack.ts";
import type { Netns } from "../../types.ts";
import { conntrackEntryOf } from "./entry.ts";
import { type ConntrackNet, type ConntrackObserver, conntrackNet } from "./net.ts";
import { type Conntrack, IPS_ASSURED, IPS_DYING, IPS_SEEN_REPLY } from "./types.ts";

export type ConntrackListener = (event: ConntrackEvent) => void;

/** Calls `listener` with what happens to the entries of the namespace, until the result is called. */
export function watchConntrack(netns: Netns, listener: ConntrackListener): () => void {
	const net = conntrackNet(netns);
	net.watch ??= new ConntrackWatch(net);
	const { watch } = net;
	watch.listeners.add(listener);
	return () => {
		watch.listeners.delete(listener);
		if (watch.listeners.size > 0 || net.watch !== watch) return;
		watch.stop();
		net.watch = undefined;
	};
}

/** Ends an entry for a user (`conntrack -D`). */
export function killConntrackByUser(net: ConntrackNet, ct: Conntrack): void {
	if (net.watch !== undefined) net.watch.byUser = true;
	net.table.kill(ct);
	if (net.watch !== undefined) net.watch.byUser = false;
}

class ConntrackWatch implements ConntrackObserver {
	readonly listeners: Set<ConntrackListener> = new Set();
	byUser = false;
	readonly #net: ConntrackNet;
	#timer: { readonly dueNs: number; cancel(): void } | undefined;

	constructor(net: ConntrackNet) {
		this.#net = net;
		for (const ct of net.table.entries(net.now())) this.#note(ct);
		net.table.onKill = (ct) => this.#ended(ct);
		this.#expectEnd();
	}

	stop(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
		this.#net.table.onKill = undefined;
	}

	/** An entry entered the table (`IPCT_NEW`). */
	created(ct: Conntrack): void {
		this.#note(ct);
		this.#emit("new", ct);
		this.#expectEndOf(ct);
	}

	/** A packet of a confirmed entry got to the end (`nf_ct_deliver_cached_events`). */
	passed(ct: Conntrack): void {
		if (ct.reported === reportable(ct) && ct.reportedMark === ct.mark) return;
		if ((ct.status & IPS_DYING) !== 0) return;
		this.#note(ct);
		this.#emit("update", ct);
		this.#expectEndOf(ct);
	}

	#note(ct: Conntrack): void {
		ct.reported = reportable(ct);
		ct.reportedMark = ct.mark;
	}

	#ended(ct: Conntrack): void {
		this.#emit("destroy", ct);
	}

	#emit(type: ConntrackEvent["type"], ct: Conntrack): void {
		const atNs = this.#net.now();
		const entry = conntrackEntryOf(ct, atNs);
		const event: ConntrackEvent = this.byUser ? { type, atNs, entry, byUser: true } : { type, atNs, entry };
		for (const listener of [...this.listeners]) listener(event);
	}

	#expectEndOf(ct: Conntrack): void {
		if (this.#timer === undefined || ct.timeoutNs < this.#timer.dueNs) this.#wakeAt(ct.timeoutNs);
	}

	/** Sets the clock to the next entry that ends. */
	#expectEnd(): void {
		let next = Infinity;
		for (const ct of this.#net.table.entries(this.#net.now())) next = Math.min(next, ct.timeoutNs);
		if (next !== Infinity) this.#wakeAt(next);
	}

	#wakeAt(dueNs: number): void {
		this.#timer?.cancel();
		const { machine } = this.#net.netns;
		const timer = machine.loop.after(dueNs - machine.loop.now(), () => {
			this.#timer = undefined;
			if (this.#net.netns.dead) return;
			this.#net.table.sweep(this.#net.now());
			this.#expectEnd();
		});
		this.#timer = timer;
	}
}

/** What an update is told about besides the mark, as a number (`IPCT_REPLY`, `IPCT_ASSURED`, `IPCT_PROTOINFO`). */
function reportable(ct: Conntrack): number {
	return (ct.status & (IPS_SEEN_REPLY | IPS_ASSURED)) | ((ct.tcp?.state ?? 0) << 16);
}
