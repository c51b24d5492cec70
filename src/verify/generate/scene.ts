/** A scenario in the making: what was drawn so far, and the steps and features it has. */
import type { IpAddr } from "../../wire/addr.ts";
import type { Listener, Step } from "../scenario.ts";
import type { Draw } from "./draw.ts";
import type { Feature } from "./features.ts";
import { ipFrame } from "./packets/bytes.ts";
import { devOf, type End, type Place, routerOf, text } from "./place.ts";

/** Ports that rules and packets share, so that they meet. */
export const SERVER_PORTS = [80, 443, 53, 8080, 5000] as const;

/** A destination that the rules translate: DNAT of `vip:port` to a host behind an end. */
export interface Service {
	readonly proto: 6 | 17;
	readonly vip: number;
	readonly port: number;
	readonly addr: number;
	readonly targetPort: number;
}

/** What rules and packets agree on before either is made. */
export interface Plan {
	/** False: no rule may need connection tracking, so that packets pass untracked. */
	readonly conntrack: boolean;
	readonly services: readonly Service[];
	/** Where sources are translated: the address of the device a packet leaves by, or this one. */
	readonly sourceNat: "masquerade" | number | undefined;
	/** Two clients use the same ports: translation must choose. */
	readonly clash: boolean;
	/** Flows end after a second, and the scenario waits for it: rare, for the real kernel takes real time. */
	readonly waits: boolean;
	/** Destinations that have a route of their own: blackhole and the like. */
	readonly oddRoutes: boolean;
}

/** Client ports; rules know the range. */
export const FIRST_PORT = 10_000;
export const LAST_PORT = 60_000;
/** Enough for one scenario. */
const PORTS = 24;

export class Scene {
	readonly draw: Draw;
	readonly place: Place;
	readonly index: number;
	readonly features: Set<Feature> = new Set();
	readonly steps: Step[] = [];
	readonly listen: Listener[] = [];
	readonly #id: number;
	#ports = 0;
	#packets = 0;

	constructor(draw: Draw, place: Place, index: number) {
		this.draw = draw;
		this.place = place;
		this.index = index;
		this.#id = (index * 64) & 0xffff;
		this.uses(...place.features);
	}

	uses(...features: readonly Feature[]): void {
		for (const feature of features) this.features.add(feature);
	}

	/** An identification of its own for every packet, so that no fragment of another scenario completes it. */
	nextId(): number {
		this.#packets += 1;
		return (this.#id + this.#packets) & 0xffff;
	}

	/** A client port (or ICMP identifier) that no other flow has, of this scenario or of those before: connections linger. */
	nextPort(): number {
		this.#ports += 1;
		return FIRST_PORT + ((this.index * PORTS + this.#ports) % (LAST_PORT - FIRST_PORT));
	}

	/** The address of the other router's device or host next to an end: where its frames go by default. */
	gatewayMac(end: End): number {
		return devOf(routerOf(this.place, end.router), end.via).mac;
	}

	/** The MAC address that a host at `end` would send a packet for `dst` to: a neighbour on the bridge, else the router. */
	nextHopMac(end: End, dst: number): number {
		const neighbour = this.place.ends.find(
			(other) => other !== end && isSameLan(other, end) && other.addrs.includes(dst),
		);
		return neighbour?.mac ?? this.gatewayMac(end);
	}

	/** A packet out of an end, to the router unless `dst` says otherwise; nothing when its device could not send it. */
	sends(end: End, packet: Uint8Array, dst?: number): void {
		if (packet.length > end.mtu) return;
		const to = dst ?? this.gatewayMac(end);
		this.frame(end, ipFrame({ dst: to, src: end.mac }, packet));
	}

	frame(end: End, bytes: Uint8Array): void {
		this.steps.push({ kind: "frame", netns: end.netns, dev: end.dev, bytes });
	}

	/** The end that plays the host with this address. */
	endOf(addr: number): End | undefined {
		return this.place.ends.find((end) => end.addrs.includes(addr));
	}

	addr(n: number): IpAddr {
		return text(n);
	}
}

function isSameLan(a: End, b: End): boolean {
	return a.lan === undefined ? a.router === b.router && a.via === b.via : a.lan === b.lan;
}
