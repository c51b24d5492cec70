import { expect, test } from "vitest";
import { kubeNode, kubePod, kubeService, kubeSnapshot } from "../../test/kube-objects.ts";
import { NO_NODES } from "../kube/manifest-error.ts";
import type { KubeSnapshot } from "../kube/snapshot.ts";
import { cidr, formatCidr, ip } from "../wire/addr.ts";
import { formatClusterError } from "./errors.ts";
import { coveringNet, planTopology, type SubnetRule, type Topology } from "./topology.ts";

test("nodes get a /24 with the first free address as their gateway", () => {
	const topology = plan(["172.16.1.50", "172.16.1.88"]);
	expect(topology.fabric).toEqual({
		netns: "fabric",
		subnets: [{ bridge: "lan0", net: cidr("172.16.1.0/24"), gateway: "172.16.1.1" }],
		outside: { netns: "outside", ip: "203.0.113.2", gateway: "203.0.113.1" },
	});
	expect(topology.nodes[0]).toEqual({
		name: "n0",
		netns: "node/n0",
		internalIp: "172.16.1.50",
		podCidr: cidr("10.1.0.0/24"),
		subnet: cidr("172.16.1.0/24"),
	});
});

test.each([
	[["172.16.1.1", "172.16.1.2"], "172.16.1.0/24", "172.16.1.3"],
	[["172.16.1.50", "172.16.2.88"], "172.16.0.0/22", "172.16.0.1"],
	[["172.16.0.255"], "172.16.0.0/23", "172.16.0.1"],
	[["172.16.1.0"], "172.16.0.0/23", "172.16.0.1"],
	[["192.168.0.10"], "192.168.0.0/24", "192.168.0.1"],
])("nodes %s are in network %s with gateway %s", (addrs, net, gateway) => {
	expect(subnetsOf(plan(addrs))).toEqual([[net, gateway]]);
});

test.each([
	[["172.16.1.50", "172.16.1.88"], [["172.16.1.0/24", "172.16.1.1"]]],
	[
		["172.16.1.50", "172.16.2.1", "172.16.1.88"],
		[
			["172.16.1.0/24", "172.16.1.1"],
			["172.16.2.0/24", "172.16.2.2"],
		],
	],
	[
		["10.0.0.1", "192.168.0.10"],
		[
			["10.0.0.0/24", "10.0.0.2"],
			["192.168.0.0/24", "192.168.0.1"],
		],
	],
	// The first address of a /24 needs a wider network, and that holds the other node as well.
	[["172.16.1.0", "172.16.0.9"], [["172.16.0.0/23", "172.16.0.1"]]],
])("by address, nodes %s are in %s", (addrs, subnets) => {
	expect(subnetsOf(plan(addrs, "by-address"))).toEqual(subnets);
});

test("every node knows its network", () => {
	const { nodes } = plan(["172.16.1.50", "172.16.2.88"], "by-address");
	expect(nodes.map(({ subnet }) => formatCidr(subnet))).toEqual(["172.16.1.0/24", "172.16.2.0/24"]);
});

test("the network outside gives way to one that the nodes use themselves", () => {
	expect(plan(["203.0.113.10"]).fabric.outside.ip).toBe("198.51.100.2");
});

test.each<readonly [string, Partial<KubeSnapshot>, string]>([
	["no nodes", {}, NO_NODES],
	[
		"a node without an address",
		{ nodes: [{ ...kubeNode("a", "10.0.0.1", "10.1.0.0/24"), internalIPs: [ip("fd00::1")] }] },
		"Node a: no IPv4 InternalIP (it has fd00::1)",
	],
	[
		"a node without a pod network",
		{ nodes: [kubeNode("a", "10.0.0.1", "")] },
		"Node a: spec.podCIDR is missing or not IPv4, so its pods cannot get addresses",
	],
	[
		"nodes far apart",
		{ nodes: [kubeNode("a", "10.0.0.1", "10.1.0.0/24"), kubeNode("b", "192.168.0.1", "10.2.0.0/24")] },
		"the nodes' addresses do not fit into one network with room for a router (the smallest around them is 0.0.0.0/0); networks with a tunnel (--network calico, flannel-vxlan) work across several",
	],
	[
		"a pod network around the nodes",
		{ nodes: [kubeNode("a", "10.0.0.1", "10.0.0.0/16")] },
		"the node network 10.0.0.0/24 overlaps the pod network of node a 10.0.0.0/16",
	],
	[
		"two equal pod networks",
		{ nodes: [kubeNode("a", "10.0.0.1", "10.1.0.0/24"), kubeNode("b", "10.0.0.2", "10.1.0.0/25")] },
		"the pod network of node a 10.1.0.0/24 overlaps the pod network of node b 10.1.0.0/25",
	],
	[
		"a cluster IP in a pod network",
		{ nodes: [kubeNode("a", "10.0.0.1", "10.1.0.0/24")], services: [kubeService("web", "10.1.0.7")] },
		"the cluster IP of Service default/web 10.1.0.7/32 overlaps the pod network of node a 10.1.0.0/24",
	],
	[
		"a cluster IP among the nodes",
		{ nodes: [kubeNode("a", "10.0.0.1", "10.1.0.0/24")], services: [kubeService("web", "10.0.0.7")] },
		"the cluster IP of Service default/web 10.0.0.7/32 overlaps the node network 10.0.0.0/24",
	],
	[
		"two nodes with one address",
		{ nodes: [kubeNode("a", "10.0.0.1", "10.1.0.0/24"), kubeNode("b", "10.0.0.1", "10.2.0.0/24")] },
		"address 10.0.0.1 belongs to Node a and to Node b",
	],
	[
		"two pods with one address",
		{
			nodes: [kubeNode("a", "10.0.0.1", "10.1.0.0/24")],
			pods: [kubePod("x", "a", { podIPs: [ip("10.1.0.5")] }), kubePod("y", "a", { podIPs: [ip("10.1.0.5")] })],
		},
		"address 10.1.0.5 belongs to Pod default/x and to Pod default/y",
	],
])("%s is an error that says so", (_, objects, message) => {
	const made = planTopology(kubeSnapshot(objects));
	expect(made.ok ? "" : formatClusterError(made.error)).toBe(message);
});

test("a pod in the host's network has its node's address without a clash", () => {
	const pods = [kubePod("x", "a", { podIPs: [ip("10.0.0.1")], hostNetwork: true })];
	const made = planTopology(kubeSnapshot({ nodes: [kubeNode("a", "10.0.0.1", "10.1.0.0/24")], pods }));
	expect(made.ok).toBe(true);
});

test("a covering network holds all and nothing narrower does", () => {
	expect(coveringNet([cidr("10.151.49.0/24"), cidr("10.151.51.0/24")])).toEqual(cidr("10.151.48.0/22"));
	expect(coveringNet([cidr("10.1.0.0/24")])).toEqual(cidr("10.1.0.0/24"));
	expect(coveringNet([])).toBeUndefined();
});

function subnetsOf({ fabric }: Topology): readonly (readonly string[])[] {
	return fabric.subnets.map(({ net, gateway }) => [formatCidr(net), gateway]);
}

function plan(addrs: readonly string[], rule?: SubnetRule): Topology {
	const nodes = addrs.map((addr, k) => kubeNode(`n${k}`, addr, `10.1.${k}.0/24`));
	const made = planTopology(kubeSnapshot({ nodes }), rule);
	if (!made.ok) throw new Error(formatClusterError(made.error));
	return made.value;
}
