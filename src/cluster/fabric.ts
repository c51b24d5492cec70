/**
 * The network between the nodes: one switch that is also the router to the outside. The router has no routes to the pod
 * networks: what pods send beyond the cluster is masqueraded to their node's address (CNI `ipMasq`), so none are needed.
 */

import type { Plan } from "../cni/types.ts";
import type { Op } from "../kernel/kernel.ts";
import { type Cidr, cidr, type IpAddr, lastAddrOf } from "../wire/addr.ts";
import type { ClusterNode, Fabric } from "./cluster.ts";
import { OUTSIDE_PREFIX } from "./topology.ts";

/** The router's device towards the outside. */
const WAN = "wan0";
/** Every node's device, as in most documentation. */
export const NODE_DEV = "eth0";

const DEFAULT_ROUTE: Cidr = cidr("0.0.0.0/0");

/** Switch, router and the host outside; the namespaces are there. */
export function fabricPlan(fabric: Fabric): Plan {
	const { outside } = fabric;
	return [
		{
			netns: fabric.netns,
			ops: [
				up("lo"),
				{
					verb: "add",
					object: { kind: "link", name: fabric.bridge, link: { type: "bridge", nfCallIptables: false }, up: true },
				},
				// A switch does not filter.
				sysctl("net.bridge.bridge-nf-call-iptables", "0"),
				address(fabric.bridge, fabric.gateway, fabric.nodeSubnet.prefix),
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
export function nodePlan(fabric: Fabric, node: Omit<ClusterNode, "bridge">, index: number): Plan {
	const port = `port${index + 1}`;
	return [
		{
			netns: fabric.netns,
			ops: [
				veth(port, { peer: NODE_DEV, peerNetns: node.netns }),
				{ verb: "replace", object: { kind: "link", name: port, master: fabric.bridge } },
				up(port),
			],
		},
		{
			netns: node.netns,
			ops: [
				up("lo"),
				up(NODE_DEV),
				address(NODE_DEV, node.internalIp, fabric.nodeSubnet.prefix),
				{ verb: "add", object: { kind: "route", dst: DEFAULT_ROUTE, via: fabric.gateway, dev: NODE_DEV } },
				sysctl("net.ipv4.ip_forward", "1"),
				sysctl("net.bridge.bridge-nf-call-iptables", "1"),
			],
		},
	];
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
