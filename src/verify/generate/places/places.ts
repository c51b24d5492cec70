/**
 * The places: few, for a real kernel keeps their devices standing while rules, addresses and packets change. Of a veth
 * pair the router's end is named for what is behind it; the other end is `e0` in a namespace of its own.
 */
import { cidr, ip } from "../../../wire/addr.ts";
import type { Place } from "../place.ts";
import { buildPlace } from "./build.ts";
import { IPIP_PLACES, VXLAN_PLACES } from "./tunnels.ts";

const router: Place = buildPlace({
	name: "router",
	features: ["topology router", "device veth"],
	nets: [
		{
			router: "r",
			dev: "c0",
			addrs: ["10.1.0.1/24"],
			ends: [{ netns: "c", addrs: ["10.1.0.2", "10.1.0.3", "10.1.0.4"] }],
		},
		{
			router: "r",
			dev: "s0",
			addrs: ["10.2.0.1/24"],
			ends: [{ netns: "s", addrs: ["10.2.0.2", "10.2.0.3"], mtu: 1400 }],
		},
	],
});

const node: Place = buildPlace({
	name: "node",
	features: ["topology node with pods on a bridge", "device veth", "device bridge"],
	nets: [
		{
			router: "n",
			dev: "br0",
			addrs: ["10.244.1.1/24"],
			bridge: true,
			ends: [
				{ netns: "p1", addrs: ["10.244.1.2"] },
				{ netns: "p2", addrs: ["10.244.1.3"] },
			],
		},
		{
			router: "n",
			dev: "w0",
			addrs: ["192.168.5.1/24"],
			ends: [{ netns: "c", addrs: ["192.168.5.10", "192.168.5.11"] }],
		},
	],
});

const hairpin: Place = buildPlace({
	name: "hairpin",
	features: [
		"topology node with pods on a bridge",
		"device veth",
		"device bridge",
		"bridge port hairpin",
		"bridge port isolated",
	],
	nets: [
		{
			router: "n",
			dev: "br0",
			addrs: ["10.244.1.1/24"],
			bridge: true,
			ends: [
				{ netns: "p1", addrs: ["10.244.1.2", "10.244.1.12"], port: { hairpin: true } },
				{ netns: "p2", addrs: ["10.244.1.3"], port: { hairpin: true, isolated: true } },
				{ netns: "p3", addrs: ["10.244.1.4"], port: { isolated: true, learning: false } },
			],
		},
	],
});

const uplinks: Place = buildPlace({
	name: "uplinks",
	features: ["topology two uplinks", "device veth"],
	nets: [
		{ router: "r", dev: "l0", addrs: ["10.10.0.1/24"], ends: [{ netns: "l", addrs: ["10.10.0.2", "10.10.0.3"] }] },
		{
			router: "r",
			dev: "u1",
			addrs: ["10.11.0.1/24"],
			ends: [{ netns: "x", addrs: ["10.11.0.2", "10.20.0.9"], mtu: 1400 }],
		},
		{ router: "r", dev: "u2", addrs: ["10.12.0.1/24"], ends: [{ netns: "y", addrs: ["10.12.0.2", "10.20.0.9"] }] },
	],
	routes: {
		r: [
			{ kind: "route", dst: cidr("0.0.0.0/0"), via: ip("10.11.0.2"), dev: "u1" },
			{ kind: "route", dst: cidr("10.20.0.0/24"), via: ip("10.12.0.2"), dev: "u2" },
		],
	},
});

const chain: Place = buildPlace({
	name: "chain",
	features: ["topology two routers in a chain", "device veth"],
	nets: [
		{ router: "ra", dev: "c0", addrs: ["10.1.0.1/24"], ends: [{ netns: "c", addrs: ["10.1.0.2", "10.1.0.3"] }] },
		{
			router: "rb",
			dev: "s0",
			addrs: ["10.2.0.1/24"],
			ends: [{ netns: "s", addrs: ["10.2.0.2", "10.2.0.3"], mtu: 1000 }],
		},
	],
	joins: [
		{
			mtu: 1300,
			a: { netns: "ra", dev: "m0", addr: "10.3.0.1/30" },
			b: { netns: "rb", dev: "m1", addr: "10.3.0.2/30" },
		},
	],
	routes: {
		ra: [{ kind: "route", dst: cidr("0.0.0.0/0"), via: ip("10.3.0.2"), dev: "m0" }],
		rb: [{ kind: "route", dst: cidr("10.1.0.0/24"), via: ip("10.3.0.1"), dev: "m1" }],
	},
});

const routedPods: Place = buildPlace({
	name: "routed-pods",
	features: ["topology routed pods (proxy ARP)", "device veth"],
	nets: [
		{ router: "n", dev: "cali1", addrs: [], ends: [{ netns: "p1", addrs: ["10.65.0.2"] }] },
		{ router: "n", dev: "cali2", addrs: [], ends: [{ netns: "p2", addrs: ["10.65.0.3"] }] },
		{ router: "n", dev: "w0", addrs: ["192.168.5.1/24"], ends: [{ netns: "c", addrs: ["192.168.5.10"] }] },
	],
	routes: {
		n: [
			{ kind: "route", dst: cidr("10.65.0.2/32"), dev: "cali1", scope: "link" },
			{ kind: "route", dst: cidr("10.65.0.3/32"), dev: "cali2", scope: "link" },
			{ kind: "route", dst: cidr("0.0.0.0/0"), via: ip("192.168.5.10"), dev: "w0" },
		],
	},
});

const bridges: Place = buildPlace({
	name: "bridges",
	features: ["topology two bridges", "device veth", "device bridge", "secondary address"],
	nets: [
		{
			router: "h",
			dev: "br0",
			addrs: ["10.20.0.1/24", "10.20.0.100/24", "10.30.0.1/24"],
			bridge: true,
			ends: [
				{ netns: "a1", addrs: ["10.20.0.2", "10.30.0.2"] },
				{ netns: "a2", addrs: ["10.20.0.3", "10.30.0.3"] },
			],
		},
		{
			router: "h",
			dev: "br1",
			addrs: ["10.21.0.1/24"],
			bridge: true,
			ends: [
				{ netns: "b1", addrs: ["10.21.0.2"] },
				{ netns: "b2", addrs: ["10.21.0.3"], mtu: 1400 },
			],
		},
	],
});

const hosts: Place = buildPlace({
	name: "hosts",
	features: ["topology hosts with sockets", "device veth"],
	sockets: true,
	nets: [
		{ router: "r", dev: "c0", addrs: ["10.1.0.1/24"], ends: [{ netns: "c", addrs: ["10.1.0.2"] }] },
		{ router: "r", dev: "s0", addrs: ["10.2.0.1/24"], ends: [{ netns: "s", addrs: ["10.2.0.2"], mtu: 1400 }] },
	],
});

const pods: Place = buildPlace({
	name: "pods",
	features: ["topology pods with sockets on a bridge", "device veth", "device bridge", "bridge port hairpin"],
	sockets: true,
	nets: [
		{
			router: "n",
			dev: "br0",
			addrs: ["10.244.1.1/24"],
			bridge: true,
			ends: [
				{ netns: "p1", addrs: ["10.244.1.2"], port: { hairpin: true } },
				{ netns: "p2", addrs: ["10.244.1.3"] },
			],
		},
		{ router: "n", dev: "w0", addrs: ["192.168.5.1/24"], ends: [{ netns: "c", addrs: ["192.168.5.10"] }] },
	],
});

export type WeightedPlaces = readonly (readonly [weight: number, place: Place])[];

/** Those that every kernel can have, each with its weight. */
export const PLACES: WeightedPlaces = [
	[18, router],
	[20, node],
	[8, hairpin],
	[14, uplinks],
	[12, chain],
	[8, routedPods],
	[10, bridges],
	[12, hosts],
	[10, pods],
	...VXLAN_PLACES,
];

const ALL: WeightedPlaces = [...PLACES, ...IPIP_PLACES];

/** Every place's name, those for kernels with ipip among them. */
export const PLACE_NAMES: readonly string[] = ALL.map(([, { name }]) => name);

/** Names of the places that only a kernel with ipip can have. */
export const IPIP_PLACE_NAMES: readonly string[] = IPIP_PLACES.map(([, { name }]) => name);

/** The places with these names. */
export function placesNamed(names: readonly string[]): WeightedPlaces {
	return ALL.filter(([, { name }]) => names.includes(name));
}
