/**
 * Neighbours: which MAC address a next hop has, and how sure that is (net/core/neighbour.c). The state machine runs in
 * virtual time; REACHABLE lasts exactly `base_reachable_time_ms`, where Linux varies it by chance.
 */
import type { NeighState } from "../../kernel/objects.ts";
import type { IpNum } from "../../wire/addr.ts";
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6, setEthDst, setEthSrc } from "../../wire/ethernet.ts";
import { put16 } from "../../wire/read-write.ts";
import { pushSkb } from "../skb.ts";
import { dropSkb } from "../trace.ts";
import type { Fate, NetDevice, Skb } from "../types.ts";
import { devQueueXmit } from "./dev.ts";
import { neighParm } from "./neigh-parms.ts";
import { isConnected, isInTimer, isValid, Neighbour, neighTable, traceNeigh } from "./neigh-table.ts";
import {
	neighInvalidate,
	neighProbe,
	neighTimerHandler,
	now,
	reachableNs,
	retransNs,
	setState,
	startTimer,
	stopTimer,
} from "./neigh-timer.ts";

/**
 * Sends a packet (`data` at the network header) to a neighbour: with its MAC address at once, or after asking for it.
 */
export function neighOutput(skb: Skb, dev: NetDevice, nexthop: IpNum): Fate {
	skb.dev = dev;
	skb.network = skb.data;
	if (dev.isLoopback) return transmit(skb, dev, 0, nexthop);
	const neigh = neighTable(dev).get(nexthop) ?? neighCreate(dev, nexthop, skb);
	if (!isConnected(neigh.state) && !neighEventSend(neigh, skb)) return "queued";
	if (skb.machine.tracer !== undefined) traceNeigh(neigh, skb, "neigh_resolve_output", "use");
	neigh.hasHeader = true;
	return transmit(skb, dev, neigh.mac, nexthop);
}

export function neighLookup(dev: NetDevice, addr: IpNum): Neighbour | undefined {
	return neighTable(dev).get(addr);
}

/** The entries of a device, in order of creation. */
export function neighEntries(dev: NetDevice): readonly Neighbour[] {
	return [...neighTable(dev).values()];
}

/** A new entry (`neigh_create`); `skb` is the packet that needs it. */
export function neighCreate(dev: NetDevice, addr: IpNum, skb?: Skb): Neighbour {
	const table = neighTable(dev);
	if (table.size >= GC_THRESHOLD) collectGarbage(dev, table);
	const neigh = new Neighbour(dev, addr, neighTimerHandler);
	const fixed = neigh.ops.fixedMac(dev, addr);
	if (fixed !== undefined) {
		neigh.state = "NOARP";
		neigh.mac = fixed;
	}
	table.set(addr, neigh);
	if (skb !== undefined && skb.machine.tracer !== undefined) traceNeigh(neigh, skb, "__neigh_create", "create");
	return neigh;
}

/** True: the packet waits for the next hop's MAC address. */
export function neighHolds(dev: NetDevice, nexthop: IpNum, skb: Skb): boolean {
	return neighTable(dev).get(nexthop)?.queue.includes(skb) === true;
}

/** Upper layers have proof that the next hop answers (`neigh_confirm`), e.g. an ACK for new TCP data. */
export function neighConfirm(dev: NetDevice, nexthop: IpNum): void {
	const neigh = neighTable(dev).get(nexthop);
	if (neigh !== undefined) neigh.confirmedNs = now(neigh);
}

export interface NeighChange {
	/** Absent: the address stays as it is known. */
	readonly mac?: number;
	readonly state: NeighState;
	/** Replace a different known address (`NEIGH_UPDATE_F_OVERRIDE`). */
	readonly override?: boolean;
	/** The user says so (`NEIGH_UPDATE_F_ADMIN`). */
	readonly admin?: boolean;
}

/** Takes news about a neighbour (`neigh_update`); false: the entry is fixed, or no address is known. */
export function neighUpdate(neigh: Neighbour, change: NeighChange): boolean {
	const before = neigh.state;
	if (neigh.dead) return false;
	if (change.admin !== true && (before === "NOARP" || before === "PERMANENT")) return false;
	if (!isValid(change.state)) {
		stopTimer(neigh);
		neigh.state = change.state;
		if ((before === "INCOMPLETE" || before === "PROBE") && change.state === "FAILED") neighInvalidate(neigh);
		return true;
	}
	if (change.mac === undefined && !isValid(before)) return false;
	const mac = change.mac ?? neigh.mac;
	let { state } = change;
	if (isConnected(state)) neigh.confirmedNs = now(neigh);
	if (isValid(before)) {
		if (mac !== neigh.mac && change.override !== true) return true;
		if (mac === neigh.mac && state === "STALE" && change.admin !== true) state = before;
	}
	if (state !== before || mac !== neigh.mac) neigh.updatedNs = now(neigh);
	if (mac !== neigh.mac) {
		neigh.mac = mac;
		if (!isConnected(state)) neigh.confirmedNs = now(neigh) - 2 * reachableNs(neigh);
	}
	if (state === before) return true;
	stopTimer(neigh);
	if (state === "PROBE") neigh.probes = 0;
	neigh.state = state;
	if (state === "REACHABLE") startTimer(neigh, reachableNs(neigh));
	else if (isInTimer(state)) startTimer(neigh, 0);
	if (!isValid(before)) sendQueue(neigh);
	return true;
}

/** Takes an entry out of its table; packets that wait for it are dropped (`neigh_remove_one`). */
export function neighRemove(neigh: Neighbour): void {
	neighTable(neigh.dev).delete(neigh.addr);
	stopTimer(neigh);
	neigh.dead = true;
	const { queue } = neigh;
	neigh.queue = [];
	for (const skb of queue) dropSkb(skb, neigh.dev.netns, "neigh_flush_dev", "NEIGH_DEAD");
}

/** Puts an entry as it was before (undoing a removal or change). */
export function neighRestore(dev: NetDevice, saved: Pick<Neighbour, "addr" | "mac" | "state">): void {
	const neigh = neighLookup(dev, saved.addr) ?? neighCreate(dev, saved.addr);
	stopTimer(neigh);
	neigh.mac = saved.mac;
	neigh.state = saved.state;
	if (isInTimer(saved.state)) startTimer(neigh, saved.state === "REACHABLE" ? reachableNs(neigh) : 0);
}

/** Forgets the neighbours of a device: all, or all but the permanent ones (`neigh_flush_dev`). */
export function neighFlush(dev: NetDevice, which: "all" | "not-permanent"): void {
	for (const neigh of neighEntries(dev)) {
		if (which === "all" || neigh.state !== "PERMANENT") neighRemove(neigh);
	}
}

/** gc_thresh1, but counted per device: below it nothing is collected. */
const GC_THRESHOLD = 128;

/**
 * `__neigh_event_send`: true: the address is good enough to send now; false: the packet, if there is one, was queued until
 * it is known.
 */
export function neighEventSend(neigh: Neighbour, skb: Skb | undefined): boolean {
	neigh.usedNs = now(neigh);
	if (neigh.state === "DELAY" || neigh.state === "PROBE") return true;
	if (neigh.state === "STALE") {
		setState(neigh, "DELAY", neighParm(neigh.dev, "delay_first_probe_time") * 1e9);
		return true;
	}
	const first = neigh.state !== "INCOMPLETE";
	if (first) {
		neigh.probes = neighParm(neigh.dev, "ucast_solicit");
		setState(neigh, "INCOMPLETE", retransNs(neigh));
	}
	if (skb !== undefined) {
		neigh.queue.push(skb);
		if (skb.machine.tracer !== undefined) traceNeigh(neigh, skb, "__neigh_event_send", "queue");
	}
	if (neigh.queue.length > neighParm(neigh.dev, "unres_qlen")) {
		const oldest = neigh.queue.shift();
		if (oldest !== undefined) dropSkb(oldest, neigh.dev.netns, "__neigh_event_send", "NEIGH_QUEUEFULL");
	}
	if (first) neighProbe(neigh);
	return false;
}

function sendQueue(neigh: Neighbour): void {
	const { queue } = neigh;
	neigh.queue = [];
	for (const skb of queue) {
		if (skb.machine.tracer !== undefined) traceNeigh(neigh, skb, "neigh_update", "resolved");
		neighOutput(skb, neigh.dev, neigh.addr);
	}
}

function transmit(skb: Skb, dev: NetDevice, mac: number, nexthop: IpNum): Fate {
	skb.protocol = typeof nexthop === "number" ? ETH_P_IP : ETH_P_IPV6;
	if (dev.hardHeaderLength === 0) return devQueueXmit(skb);
	pushSkb(skb, ETH_HLEN);
	setEthDst(skb.bytes, skb.data, mac);
	// br_netfilter puts the sender's address back as soon as the frame gets to the bridge; nobody sees it without.
	setEthSrc(skb.bytes, skb.data, skb.nfBridge?.bridgedDnatSrc ?? dev.mac);
	put16(skb.bytes, skb.data + 12, skb.protocol);
	return devQueueXmit(skb);
}

/** Removes what failed, or went stale and was not used for `gc_stale_time`. */
function collectGarbage(dev: NetDevice, table: Map<IpNum, Neighbour>): void {
	const limitNs = dev.netns.machine.loop.now() - neighParm(dev, "gc_stale_time") * 1e9;
	for (const neigh of table.values()) {
		if (neigh.state === "FAILED" || (neigh.state === "STALE" && neigh.usedNs < limitNs)) neighRemove(neigh);
	}
}
