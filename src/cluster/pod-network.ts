/** The network of all pods, and what kube-proxy makes of it. */
import type { KubeProxyConfig } from "../kube-proxy/config.ts";
import { type Cidr, networkOf } from "../wire/addr.ts";
import type { Fabric, NodePlace } from "./cluster.ts";
import { coveringNet, overlaps } from "./topology.ts";

/** Around the nodes' pod networks: a /16 as sites have it, or narrower, if that holds nobody else; undefined: none does. */
export function podNetworkOf(nodes: readonly NodePlace[], fabric: Fabric): Cidr | undefined {
	const around = coveringNet(nodes.map((node) => node.podCidr));
	if (around === undefined) return undefined;
	const others = [...fabric.subnets.map(({ net }) => net), { addr: fabric.outside.ip, prefix: 32 }];
	return [Math.min(around.prefix, 16), around.prefix]
		.map((prefix) => networkOf({ addr: around.addr, prefix }))
		.find((net) => !others.some((other) => overlaps(net, other)));
}

/**
 * kube-proxy's settings when none are given: pods are told apart by the cluster's pod network; where no network holds the
 * pods alone, by each node's own pod network.
 */
export function defaultProxyConfig(nodes: readonly NodePlace[], fabric: Fabric): KubeProxyConfig {
	if (nodes.length === 0) return {};
	const net = podNetworkOf(nodes, fabric);
	return net === undefined ? { detectLocal: { mode: "NodeCIDR" } } : { clusterCIDRs: [net] };
}
