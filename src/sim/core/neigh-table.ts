/** Neighbour entries and where they are kept: one table per device (net/core/neighbour.c: struct neighbour). */
import type { Neigh, NeighState } from "../../kernel/objects.ts";
import type { TraceStep } from "../../kernel/trace-event.ts";
import { type IpNum, ipText, macText } from "../../wire/addr.ts";
import type { Timer } from "../event-loop.ts";
import { traceStep } from "../trace.ts";
import { type NetDevice, type Netns, perdevice, pernet, type Skb } from "../types.ts";
import { neighParm } from "./neigh-parms.ts";

/** What a protocol brings: ARP for IPv4. */
export interface NeighOps {
	/** The MAC of an address that needs no asking (multicast, broadcast, a device without ARP); undefined: ask. */
	fixedMac(dev: NetDevice, addr: IpNum): number | undefined;
	/** Asks for the neighbour; `skb` is a packet that waits for it. */
	solicit(neigh: Neighbour, skb: Skb | undefined): void;
}

/** The protocols of a namespace, filled in when it is made. */
export const neighOps: (netns: Netns) => { ipv4: NeighOps | undefined; ipv6: NeighOps | undefined } = pernet(() => ({
	ipv4: undefined,
	ipv6: undefined,
}));

export class Neighbour {
	readonly dev: NetDevice;
	readonly addr: IpNum;
	mac = 0;
	state: NeighState = "NONE";
	/** Last proof that the neighbour is there, last use while unsure, last change; virtual time. */
	confirmedNs: number;
	usedNs: number;
	updatedNs: number;
	probes = 0;
	/** Packets that wait for the MAC address. */
	queue: Skb[] = [];
	timer: Timer | undefined = undefined;
	/** Taken out of its table. */
	dead = false;
	/** A packet was sent to it, and the Ethernet header kept (`hh_cache`). */
	hasHeader = false;
	readonly onTimer: () => void;

	constructor(dev: NetDevice, addr: IpNum, onTimer: (neigh: Neighbour) => void) {
		const nowNs = dev.netns.machine.loop.now();
		this.dev = dev;
		this.addr = addr;
		this.onTimer = () => onTimer(this);
		this.updatedNs = nowNs;
		this.usedNs = nowNs;
		// Nothing has confirmed it yet: as long ago as it takes to be unsure.
		this.confirmedNs = nowNs - 2 * neighParm(dev, "base_reachable_time_ms") * 1e6;
	}

	get ops(): NeighOps {
		const ops = neighOps(this.dev.netns)[typeof this.addr === "number" ? "ipv4" : "ipv6"];
		if (ops === undefined) throw new Error(`no neighbour protocol for ${ipText(this.addr)}`);
		return ops;
	}
}

/** The entries of a device, by address, in order of creation. */
export const neighTable: (dev: NetDevice) => Map<IpNum, Neighbour> = perdevice(() => new Map());

/** The entry as a value of the port. */
export function neighObject(neigh: Neighbour): Neigh {
	const known = isValid(neigh.state) ? { mac: macText(neigh.mac) } : {};
	return { kind: "neigh", dev: neigh.dev.name, addr: ipText(neigh.addr), ...known, state: neigh.state };
}

/** REACHABLE, PERMANENT, NOARP: use it without a thought. */
export function isConnected(state: NeighState): boolean {
	return state === "REACHABLE" || state === "PERMANENT" || state === "NOARP";
}

/** The MAC address is known. */
export function isValid(state: NeighState): boolean {
	return isConnected(state) || state === "STALE" || state === "DELAY" || state === "PROBE";
}

/** A state that a timer ends. */
export function isInTimer(state: NeighState): boolean {
	return state === "INCOMPLETE" || state === "REACHABLE" || state === "DELAY" || state === "PROBE";
}

type NeighAction = Extract<TraceStep, { readonly step: "neigh" }>["action"];

/** Notes what a neighbour entry does to a packet; the caller checked that somebody traces. */
export function traceNeigh(neigh: Neighbour, skb: Skb, fn: string, action: NeighAction): void {
	const { dev } = neigh;
	traceStep(skb, dev.netns, fn, {
		step: "neigh",
		action,
		dev: dev.name,
		addr: ipText(neigh.addr),
		neigh: neighObject(neigh),
	});
}
