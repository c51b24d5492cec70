/** Builds a place from its networks: devices, addresses and neighbours follow from who is attached where. */
import type { Addr, BridgePort, Fdb, Neigh, Route } from "../../../kernel/objects.ts";
import { cidr, ip, macText } from "../../../wire/addr.ts";
import type { NetnsConfig, PlacedLink } from "../../scenario.ts";
import type { Feature } from "../features.ts";
import {
	bridge,
	cable,
	type End,
	type Host,
	loopbackUp,
	macOf,
	type Place,
	type Router,
	type TunnelFacts,
	text,
	v4,
} from "../place.ts";
import { type TunnelEnd, type TunnelSpec, tunnelFdb, tunnelLink } from "./tunnel.ts";

export interface PlaceSpec {
	readonly name: string;
	readonly features: readonly Feature[];
	readonly nets: readonly NetSpec[];
	/** Cables between two routers. */
	readonly joins?: readonly JoinSpec[];
	/** Further addresses, by namespace and device. */
	readonly more?: readonly { readonly netns: string; readonly dev: string; readonly addr: string }[];
	readonly routes?: Readonly<Record<string, readonly Route[]>>;
	/** The ends have addresses and a default route: sockets are used there, and no frames are made by hand. */
	readonly sockets?: boolean;
	readonly tunnel?: TunnelFacts;
}

/** One device of a router with its hosts: a cable to one, or a bridge with a port for each. */
export interface NetSpec {
	readonly router: string;
	readonly dev: string;
	/** The router's own addresses there, with prefix length. */
	readonly addrs: readonly string[];
	readonly bridge?: boolean;
	/** Bridges of several routers with the same name here are one network, by the tunnel that is a port of each. */
	readonly lan?: string;
	readonly ends: readonly {
		readonly netns: string;
		readonly addrs: readonly string[];
		readonly mtu?: number;
		readonly port?: BridgePort;
	}[];
}

export interface JoinSpec {
	readonly mtu: number;
	readonly a: { readonly netns: string; readonly dev: string; readonly addr: string };
	readonly b: { readonly netns: string; readonly dev: string; readonly addr: string };
	/** Between the same two routers. */
	readonly tunnels?: readonly TunnelSpec[];
}

export function buildPlace(spec: PlaceSpec): Place {
	const made = new Making(spec);
	for (const net of spec.nets) made.net(net);
	for (const join of spec.joins ?? []) made.join(join);
	return made.place();
}

class Making {
	readonly #spec: PlaceSpec;
	readonly #links: PlacedLink[] = [];
	readonly #ends: End[] = [];
	readonly #routers = new Map<string, Router["devs"][number][]>();
	readonly #addrs = new Map<string, Addr[]>();
	readonly #neighs = new Map<string, Neigh[]>();
	readonly #routes = new Map<string, Route[]>();
	readonly #fdb = new Map<string, Fdb[]>();
	#devices = 0;

	constructor(spec: PlaceSpec) {
		this.#spec = spec;
		for (const { router } of spec.nets) {
			if (!this.#routers.has(router)) this.#links.push(loopbackUp(router));
			this.#routers.set(router, []);
		}
	}

	net(net: NetSpec): void {
		const mac = this.#mac();
		if (net.bridge === true) this.#links.push(bridge(net.router, net.dev, mac));
		const ports: string[] = [];
		net.ends.forEach((end, at) => {
			const port = net.bridge === true ? `${net.dev}p${at + 1}` : undefined;
			const endMac = this.#mac();
			const mtu = end.mtu === undefined ? {} : { mtu: end.mtu };
			const bridged =
				port === undefined ? {} : { master: net.dev, ...(end.port === undefined ? {} : { port: end.port }) };
			this.#links.push(
				...cable(
					{
						netns: net.router,
						dev: port ?? net.dev,
						mac: port === undefined ? mac : this.#mac(),
						...mtu,
						...bridged,
					},
					{ netns: end.netns, dev: "e0", mac: endMac, ...mtu },
				),
			);
			if (port !== undefined) ports.push(port);
			this.#end(net, end, { mac: endMac, routerMac: mac, ...(port === undefined ? {} : { port }) });
		});
		this.#device(net.router, { name: net.dev, mac, addrs: net.addrs, ports });
	}

	join(join: JoinSpec): void {
		const [a, b] = [this.#mac(), this.#mac()];
		this.#links.push(...cable({ ...join.a, mac: a, mtu: join.mtu }, { ...join.b, mac: b, mtu: join.mtu }));
		this.#device(join.a.netns, { name: join.a.dev, mac: a, addrs: [join.a.addr], ports: [] });
		this.#device(join.b.netns, { name: join.b.dev, mac: b, addrs: [join.b.addr], ports: [] });
		this.#neigh(join.a.netns, join.a.dev, join.b.addr, b);
		this.#neigh(join.b.netns, join.b.dev, join.a.addr, a);
		for (const tunnel of join.tunnels ?? []) this.#tunnel(join, tunnel);
	}

	place(): Place {
		const { name, features, more = [], routes = {}, sockets = false, tunnel } = this.#spec;
		for (const { netns, dev, addr } of more) this.#addr(netns, dev, addr);
		for (const [netns, list] of Object.entries(routes)) listOf(this.#routes, netns).push(...list);
		this.#lanNeighs();
		const routers = [...this.#routers].map(([netns, devs]) => ({ netns, devs }));
		const ends = this.#ends;
		const names = [...routers, ...ends].map(({ netns }) => netns);
		const hosts: Host[] = routers.map(({ netns, devs }) => ({ netns, addrs: devs.flatMap((dev) => dev.addrs) }));
		if (sockets) hosts.push(...ends.map(({ netns, addrs }) => ({ netns, addrs: addrs.slice(0, 1) })));
		const config: Record<string, NetnsConfig> = {};
		for (const netns of names) {
			config[netns] = {
				addrs: this.#addrs.get(netns) ?? [],
				routes: this.#routes.get(netns) ?? [],
				neighs: this.#neighs.get(netns) ?? [],
				...(tunnel === undefined ? {} : { fdb: this.#fdb.get(netns) ?? [] }),
			};
		}
		const topology = { netns: names, links: this.#links };
		const place = { name, features, topology, ends, routers, hosts, config, sockets };
		return tunnel === undefined ? place : { ...place, tunnel };
	}

	#end(
		net: NetSpec,
		end: NetSpec["ends"][number],
		at: { readonly mac: number; readonly routerMac: number; readonly port?: string },
	): void {
		const { netns } = end;
		this.#ends.push({
			netns,
			dev: "e0",
			mac: at.mac,
			addrs: end.addrs.map(v4),
			router: net.router,
			via: net.dev,
			...(at.port === undefined ? {} : { port: at.port }),
			mtu: end.mtu ?? 1500,
			...(net.lan === undefined ? {} : { lan: net.lan }),
		});
		for (const addr of end.addrs) this.#neigh(net.router, net.dev, addr, at.mac);
		const [own] = end.addrs;
		const [gateway] = net.addrs;
		if (this.#spec.sockets !== true || own === undefined || gateway === undefined) return;
		const router = cidr(gateway);
		this.#links.push(loopbackUp(netns));
		this.#addr(netns, "e0", `${own}/${router.prefix}`);
		this.#neigh(netns, "e0", gateway, at.routerMac);
		listOf(this.#routes, netns).push({ kind: "route", dst: cidr("0.0.0.0/0"), via: router.addr, dev: "e0" });
	}

	/** One device on either side, which knows the other's. */
	#tunnel({ a, b }: JoinSpec, tunnel: TunnelSpec): void {
		const macs = [this.#mac(), this.#mac()];
		const sides = [a, b].map((side, at): TunnelEnd => {
			return { netns: side.netns, underlay: cidr(side.addr).addr, mac: macs[at] ?? 0, addr: tunnel.addrs?.[at] };
		});
		sides.forEach((side, at) => {
			const other = sides[1 - at] ?? side;
			const link = tunnelLink(tunnel, side, other);
			// The module makes tunl0 with the namespace: it stands before all devices that are added, and so do its addresses.
			if (tunnel.open === true) this.#links.unshift(link);
			else this.#links.push(link);
			if (tunnel.master !== undefined) {
				const router = listOf(this.#routers, side.netns);
				const own = router.findIndex(({ name }) => name === tunnel.master);
				router.splice(
					own,
					1,
					...router.slice(own, own + 1).map((dev) => ({ ...dev, ports: [...dev.ports, tunnel.dev] })),
				);
			} else {
				const mac = tunnel.kind.type === "ipip" ? 0 : side.mac;
				const addrs = side.addr === undefined ? [] : [side.addr];
				this.#device(side.netns, { name: tunnel.dev, mac, addrs, ports: [] });
				if (tunnel.kind.type === "vxlan" && other.addr !== undefined) {
					this.#neigh(side.netns, tunnel.dev, other.addr, other.mac);
				}
			}
			listOf(this.#fdb, side.netns).push(...tunnelFdb(tunnel, other));
		});
	}

	/** Bridges of one network know the hosts and the bridges that are not theirs. */
	#lanNeighs(): void {
		const nets = this.#spec.nets.filter(({ lan }) => lan !== undefined);
		for (const net of nets) {
			const others = nets.filter((other) => other !== net && other.lan === net.lan);
			for (const { router, dev, addrs } of others) {
				const mac = this.#routers.get(router)?.find(({ name }) => name === dev)?.mac ?? 0;
				for (const addr of addrs) this.#neigh(net.router, net.dev, addr, mac);
			}
			for (const end of this.#ends) {
				if (end.lan !== net.lan || end.router === net.router) continue;
				for (const addr of end.addrs) this.#neigh(net.router, net.dev, text(addr), end.mac);
			}
		}
	}

	#device(
		netns: string,
		dev: {
			readonly name: string;
			readonly mac: number;
			readonly addrs: readonly string[];
			readonly ports: readonly string[];
		},
	): void {
		const prefix = dev.addrs.map((addr) => cidr(addr).prefix)[0] ?? 32;
		const addrs = dev.addrs.map((addr) => v4(cidr(addr).addr));
		listOf(this.#routers, netns).push({ ...dev, addrs, prefix });
		for (const addr of dev.addrs) this.#addr(netns, dev.name, addr);
	}

	#addr(netns: string, dev: string, addr: string): void {
		listOf(this.#addrs, netns).push({ kind: "addr", dev, addr: cidr(addr) });
	}

	#neigh(netns: string, dev: string, addr: string, mac: number): void {
		const bare = addr.split("/")[0] ?? addr;
		listOf(this.#neighs, netns).push({ kind: "neigh", dev, addr: ip(bare), mac: macText(mac), state: "PERMANENT" });
	}

	#mac(): number {
		this.#devices += 1;
		return macOf(this.#devices);
	}
}

function listOf<T>(lists: Map<string, T[]>, key: string): T[] {
	const found = lists.get(key);
	if (found !== undefined) return found;
	const made: T[] = [];
	lists.set(key, made);
	return made;
}
