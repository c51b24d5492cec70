/**
 * The networks between the nodes: a switch for each, and one router between them and to the outside. The router has no
 * routes to the pod networks: what pods send beyond the cluster is masqueraded to their node's address, and between node
 * networks it goes inside other packets, so none are needed.
 */

import type { Plan } from "../cni/types.ts";
import type { Op } from "../kernel/kernel.ts";
import { type Cidr, cidr, type IpAddr, lastAddrOf } from "../wire/addr.ts";
import type { Fabric, NodePlace, NodeSubnet } from "./cluster.ts";
import { OUTSIDE_PREFIX } from "./topology.ts";

/** The router's device towards the outside. */
const WAN = "wan0";
/** Every node's device, as in most documentation. */
export const NODE_DEV = "eth0";

/** Its MTU in bytes. */
export const NODE_MTU = 1500;

const DEFAULT_ROUTE: Cidr = cidr("0.0.0.0/0");

/** Switches, router and the host outside; the namespaces are there. */
export function fabricPlan(fabric: Fabric): Plan {
	const { outside } = fabric;
	return [
		{
			netns: fabric.netns,
			ops: [
				up("lo"),
				...fabric.subnets.map(({ bridge }): Op => {
					const link = { type: "bridge", nfCallIptables: false } as const;
					return { verb: "add", object: { kind: "link", name: bridge, link, up: true } };
				}),
				// A switch does not filter.
				sysctl("net.bridge.bridge-nf-call-iptables", "0"),
				...fabric.subnets.map(({ bridge, gateway, net }) => address(bridge, gateway, net.prefix)),
				sysctl("net.ipv4.ip_forward", "1"),
				veth(WAN, { peer: NODE_DEV, peerNetns: outside.netns }),
				up(WAN),
				address(WAN, outside.gateway, OUTSIDE_PREFIX),
			],
		},
		{
			netns: outside.netns,
			ops: [
				up("lo"),
				up(NODE_DEV),
				address(NODE_DEV, outside.ip, OUTSIDE_PREFIX),
				{ verb: "add", object: { kind: "route", dst: DEFAULT_ROUTE, via: outside.gateway, dev: NODE_DEV } },
			],
		},
	];
}

/** A node's cable to the switch, its address, its default route and the sysctls of a Kubernetes node. */
export function nodePlan(fabric: Fabric, node: NodePlace, index: number): Plan {
	const { bridge, gateway } = subnetOf(fabric, node);
	const port = `port${index + 1}`;
	return [
		{
			netns: fabric.netns,
			ops: [
				veth(port, { peer: NODE_DEV, peerNetns: node.netns }),
				{ verb: "replace", object: { kind: "link", name: port, master: bridge } },
				up(port),
			],
		},
		{
			netns: node.netns,
			ops: [
				up("lo"),
				up(NODE_DEV),
				address(NODE_DEV, node.internalIp, node.subnet.prefix),
				{ verb: "add", object: { kind: "route", dst: DEFAULT_ROUTE, via: gateway, dev: NODE_DEV } },
				sysctl("net.ipv4.ip_forward", "1"),
				sysctl("net.bridge.bridge-nf-call-iptables", "1"),
			],
		},
	];
}

function subnetOf(fabric: Fabric, node: NodePlace): NodeSubnet {
	const own = fabric.subnets.find(({ net }) => net.addr === node.subnet.addr);
	if (own === undefined) throw new Error(`node ${node.name} is in no network of the fabric`);
	return own;
}

function up(name: string): Op {
	return { verb: "replace", object: { kind: "link", name, up: true } };
}

function veth(name: string, far: { readonly peer: string; readonly peerNetns: string }): Op {
	return { verb: "add", object: { kind: "link", name, link: { type: "veth", ...far } } };
}

function address(dev: string, addr: IpAddr, prefix: number): Op {
	const broadcast = lastAddrOf({ addr, prefix });
	return { verb: "add", object: { kind: "addr", dev, addr: { addr, prefix }, broadcast } };
}

function sysctl(key: string, value: string): Op {
	return { verb: "replace", object: { kind: "sysctl", key, value } };
}
