import { expect, test } from "vitest";
import type { KubeSnapshot, Node } from "../kube/snapshot.ts";
import { cidr, ip } from "../wire/addr.ts";
import { hostGwRoutes } from "./host-gw.ts";

test("each other node's pod network goes by that node's address of the same family", () => {
	const kube = snapshot([
		node("master", ["172.16.1.49"], ["10.151.32.0/24"]),
		node("slave1", ["172.16.1.50"], ["10.151.51.0/24"]),
		node("slave2", ["172.16.1.88", "fd00::88"], ["10.151.49.0/24", "fd00:151:49::/64"]),
	]);
	const routes = hostGwRoutes(kube, { name: "slave1", nodeIPs: [ip("172.16.1.50")] }, { dev: "eth0" });
	expect(routes).toEqual([
		{ kind: "route", dst: cidr("10.151.32.0/24"), via: "172.16.1.49", dev: "eth0", protocol: "boot" },
		{ kind: "route", dst: cidr("10.151.49.0/24"), via: "172.16.1.88", dev: "eth0", protocol: "boot" },
		{ kind: "route", dst: cidr("fd00:151:49::/64"), via: "fd00::88", dev: "eth0", protocol: "boot" },
	]);
});

test("a single node, and a node without a pod network, need no routes", () => {
	const kube = snapshot([node("a", ["10.0.0.1"], ["10.1.0.0/24"]), node("b", ["10.0.0.2"], [])]);
	expect(hostGwRoutes(kube, { name: "a", nodeIPs: [ip("10.0.0.1")] }, { dev: "eth0" })).toEqual([]);
});

function node(name: string, ips: readonly string[], nets: readonly string[]): Node {
	const rest = { labels: {}, externalIPs: [], unschedulable: false, taints: [], ready: true };
	return { name, internalIPs: ips.map(ip), podCIDRs: nets.map(cidr), ...rest };
}

function snapshot(nodes: readonly Node[]): KubeSnapshot {
	return { nodes, pods: [], services: [], endpointSlices: [] };
}
