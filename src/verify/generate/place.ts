/** A place: a topology with what the generator must know of it to make rules and packets that meet. */

import type { BridgePort } from "../../kernel/objects.ts";
import { type IpAddr, ip, ipNum, macText } from "../../wire/addr.ts";
import type { NetnsConfig, PlacedLink, Topology } from "../scenario.ts";
import type { Feature } from "./features.ts";

export interface Place {
	readonly name: string;
	readonly topology: Topology;
	readonly features: readonly Feature[];
	/** Whose devices frames are sent out of. */
	readonly ends: readonly End[];
	/** Namespaces that get rules and sysctls. */
	readonly routers: readonly Router[];
	/** Hosts with addresses, whose sockets may be used; routers among them. */
	readonly hosts: readonly Host[];
	/** Addresses, routes, neighbours that every scenario here has. */
	readonly config: Readonly<Record<string, NetnsConfig>>;
	/** Without frames made by hand: real sockets at both ends. */
	readonly sockets: boolean;
	/** What outer packets between its routers look like. */
	readonly tunnel?: TunnelFacts;
}

/** Of VXLAN: UDP port and network. */
export type TunnelFacts =
	| { readonly type: "vxlan"; readonly port: number; readonly vni: number }
	| { readonly type: "ipip" };

/** A namespace without addresses, so that no stack there answers; the generator plays the hosts behind it. */
export interface End {
	readonly netns: string;
	readonly dev: string;
	readonly mac: number;
	/** The hosts it plays, as numbers; the first is the usual one. */
	readonly addrs: readonly number[];
	readonly router: string;
	/** The router's device that it is attached to (a bridge, when it is attached to a port). */
	readonly via: string;
	readonly port?: string;
	readonly mtu: number;
	/** The layer-2 network that bridges of several routers share. */
	readonly lan?: string;
}

export interface Router {
	readonly netns: string;
	readonly devs: readonly RouterDev[];
}

export interface RouterDev {
	readonly name: string;
	readonly mac: number;
	readonly addrs: readonly number[];
	/** Prefix length of its network. */
	readonly prefix: number;
	/** A bridge's ports. */
	readonly ports: readonly string[];
}

export interface Host {
	readonly netns: string;
	readonly addrs: readonly number[];
}

/** One side of a cable. */
export interface Plug {
	readonly netns: string;
	readonly dev: string;
	readonly mac: number;
	readonly mtu?: number;
	readonly master?: string;
	readonly port?: BridgePort;
}

/** An IPv4 address literal as a number. */
export function v4(text: string): number {
	const n = ipNum(ip(text));
	if (typeof n !== "number") throw new Error(`not IPv4: ${text}`);
	return n;
}

/** The `k`-th device's MAC address. */
export function macOf(k: number): number {
	return 0x020000000000 + k;
}

/** A veth pair with both ends up. */
export function cable(a: Plug, b: Plug): readonly PlacedLink[] {
	const veth = { type: "veth", peer: b.dev, peerNetns: b.netns, peerMac: macText(b.mac) } as const;
	return [
		{ netns: a.netns, link: { kind: "link", name: a.dev, link: veth, mac: macText(a.mac), ...settings(a) } },
		{ netns: b.netns, link: { kind: "link", name: b.dev, ...settings(b) } },
	];
}

export function bridge(netns: string, name: string, mac: number): PlacedLink {
	return { netns, link: { kind: "link", name, link: { type: "bridge" }, mac: macText(mac), up: true } };
}

export function loopbackUp(netns: string): PlacedLink {
	return { netns, link: { kind: "link", name: "lo", up: true } };
}

/** The router of this name; places name only routers they have. */
export function routerOf(place: Place, netns: string): Router {
	const found = place.routers.find((router) => router.netns === netns);
	if (found === undefined) throw new Error(`no router ${netns} in ${place.name}`);
	return found;
}

export function devOf(router: Router, name: string): RouterDev {
	const found = router.devs.find((dev) => dev.name === name);
	if (found === undefined) throw new Error(`no device ${name} in ${router.netns}`);
	return found;
}

/** Every address of a router, the loopback's not. */
export function addrsOf(router: Router): readonly number[] {
	return router.devs.flatMap((dev) => dev.addrs);
}

export function text(addr: number): IpAddr {
	return ip(`${addr >>> 24}.${(addr >>> 16) & 255}.${(addr >>> 8) & 255}.${addr & 255}`);
}

function settings(plug: Plug): Pick<PlacedLink["link"], "mtu" | "master" | "port" | "up"> {
	return {
		...(plug.mtu === undefined ? {} : { mtu: plug.mtu }),
		...(plug.master === undefined ? {} : { master: plug.master }),
		...(plug.port === undefined ? {} : { port: plug.port }),
		up: true,
	};
}
