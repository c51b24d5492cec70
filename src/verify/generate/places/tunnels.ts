/** Places whose routers are joined by a tunnel: VXLAN as flannel and as a bridge use it, IPIP as Calico does, and named. */
import { cidr, ip } from "../../../wire/addr.ts";
import type { Place } from "../place.ts";
import { buildPlace, type JoinSpec, type NetSpec } from "./build.ts";
import type { TunnelSpec } from "./tunnel.ts";

/** Where outer packets come from: a range of one port, for which one of a greater range a flow gets is the kernel's secret. */
const SOURCE_PORT = { low: 40_000, high: 40_001 };

const POD_NETS: readonly NetSpec[] = [
	{ router: "na", dev: "c0", addrs: ["10.244.1.1/24"], ends: [{ netns: "c", addrs: ["10.244.1.2", "10.244.1.3"] }] },
	{ router: "nb", dev: "s0", addrs: ["10.244.2.1/24"], ends: [{ netns: "s", addrs: ["10.244.2.2", "10.244.2.3"] }] },
];

function nodes(mtu: number, ...tunnels: readonly TunnelSpec[]): readonly JoinSpec[] {
	return [
		{
			mtu,
			a: { netns: "na", dev: "eth0", addr: "192.168.0.1/24" },
			b: { netns: "nb", dev: "eth0", addr: "192.168.0.2/24" },
			tunnels,
		},
	];
}

const vxlan: Place = buildPlace({
	name: "vxlan",
	features: ["topology pods of two nodes through VXLAN", "device veth", "device vxlan"],
	nets: POD_NETS,
	joins: nodes(1500, {
		dev: "vx0",
		kind: { type: "vxlan", id: 1, dev: "eth0", port: 8472, learning: false, sourcePorts: SOURCE_PORT },
		addrs: ["10.244.1.0/32", "10.244.2.0/32"],
	}),
	routes: {
		na: [{ kind: "route", dst: cidr("10.244.2.0/24"), via: ip("10.244.2.0"), dev: "vx0", onlink: true }],
		nb: [{ kind: "route", dst: cidr("10.244.1.0/24"), via: ip("10.244.1.0"), dev: "vx0", onlink: true }],
	},
	tunnel: { type: "vxlan", port: 8472, vni: 1 },
});

/** The nodes' network takes less than the tunnel believes. */
const vxlanNarrow: Place = buildPlace({
	name: "vxlan-narrow",
	features: ["topology pods of two nodes through VXLAN", "device veth", "device vxlan"],
	nets: POD_NETS,
	joins: nodes(1300, {
		dev: "vx0",
		kind: { type: "vxlan", id: 2, port: 4789, ttl: 7, sourcePorts: SOURCE_PORT, udpChecksum: false },
		addrs: ["10.245.0.1/30", "10.245.0.2/30"],
		mtu: 1400,
	}),
	routes: {
		na: [{ kind: "route", dst: cidr("10.244.2.0/24"), via: ip("10.245.0.2"), dev: "vx0" }],
		nb: [{ kind: "route", dst: cidr("10.244.1.0/24"), via: ip("10.245.0.1"), dev: "vx0" }],
	},
	tunnel: { type: "vxlan", port: 4789, vni: 2 },
});

const vxlanBridged: Place = buildPlace({
	name: "vxlan-bridged",
	features: ["topology bridges joined by VXLAN", "device veth", "device bridge", "device vxlan"],
	nets: [
		{
			router: "na",
			dev: "br0",
			addrs: ["10.5.0.1/24"],
			bridge: true,
			lan: "pods",
			ends: [
				{ netns: "a1", addrs: ["10.5.0.11"] },
				{ netns: "a2", addrs: ["10.5.0.12"] },
			],
		},
		{
			router: "nb",
			dev: "br0",
			addrs: ["10.5.0.2/24"],
			bridge: true,
			lan: "pods",
			ends: [{ netns: "b1", addrs: ["10.5.0.21", "10.5.0.22"] }],
		},
	],
	joins: nodes(1500, {
		dev: "vx0",
		kind: { type: "vxlan", id: 77, port: 4789, sourcePorts: SOURCE_PORT },
		master: "br0",
	}),
	tunnel: { type: "vxlan", port: 4789, vni: 77 },
});

const tunl0: Place = buildPlace({
	name: "tunl0",
	features: ["topology pods of two nodes through IPIP", "device veth", "device ipip"],
	nets: POD_NETS,
	joins: nodes(1500, {
		dev: "tunl0",
		kind: { type: "ipip" },
		open: true,
		addrs: ["10.244.1.0/32", "10.244.2.0/32"],
	}),
	routes: {
		na: [{ kind: "route", dst: cidr("10.244.2.0/24"), via: ip("192.168.0.2"), dev: "tunl0", onlink: true }],
		nb: [{ kind: "route", dst: cidr("10.244.1.0/24"), via: ip("192.168.0.1"), dev: "tunl0", onlink: true }],
	},
	tunnel: { type: "ipip" },
});

const ipip: Place = buildPlace({
	name: "ipip",
	features: ["topology pods of two nodes through IPIP", "device veth", "device ipip"],
	nets: POD_NETS,
	joins: nodes(1400, { dev: "t1", kind: { type: "ipip", ttl: 33, tos: 0x10 }, addrs: ["10.9.1.1/30", "10.9.1.2/30"] }),
	routes: {
		na: [{ kind: "route", dst: cidr("10.244.2.0/24"), dev: "t1", scope: "link" }],
		nb: [{ kind: "route", dst: cidr("10.244.1.0/24"), via: ip("10.9.1.1"), dev: "t1" }],
	},
	tunnel: { type: "ipip" },
});

/** Each with its weight. */
export const VXLAN_PLACES: readonly (readonly [weight: number, place: Place])[] = [
	[5, vxlan],
	[4, vxlanNarrow],
	[6, vxlanBridged],
];

/** Only where the kernel has ipip. */
export const IPIP_PLACES: readonly (readonly [weight: number, place: Place])[] = [
	[6, tunl0],
	[5, ipip],
];
