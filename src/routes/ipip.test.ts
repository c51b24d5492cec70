import { expect, test } from "vitest";
import { kubeNode, kubePod } from "../../test/kube-objects.ts";
import { formatRoute } from "../formats/ip-route.ts";
import type { KernelObject } from "../kernel/objects.ts";
import type { KubeSnapshot, Pod } from "../kube/snapshot.ts";
import { cidr, formatCidr, ip } from "../wire/addr.ts";
import { calicoBlocks } from "./calico-blocks.ts";
import { type IpipOptions, ipipRoutes, withoutTunnel } from "./ipip.ts";

/** The nodes of the article in `../shared/seeds`, with blocks of their own size. */
const NODES = [
	kubeNode("master", "172.16.2.77", "10.151.32.0/26"),
	kubeNode("slave1", "172.16.1.50", "10.151.51.0/26"),
	kubeNode("slave2", "172.16.1.88", "10.151.49.0/26"),
];

test("across networks packets go through the tunnel, within one by the node, as in the article's route table", () => {
	expect(routesOf(ipipRoutes(snapshot(), SLAVE1, options("CrossSubnet")))).toEqual([
		"blackhole 10.151.51.0/26 proto bird ",
		"10.151.32.0/26 via 172.16.2.77 dev tunl0 proto bird onlink ",
		"10.151.49.0/26 via 172.16.1.88 dev eth0 proto bird ",
	]);
});

test("always through the tunnel", () => {
	expect(routesOf(ipipRoutes(snapshot(), SLAVE1, options("Always")))).toEqual([
		"blackhole 10.151.51.0/26 proto bird ",
		"10.151.32.0/26 via 172.16.2.77 dev tunl0 proto bird onlink ",
		"10.151.49.0/26 via 172.16.1.88 dev tunl0 proto bird onlink ",
	]);
});

test("the tunnel has the first address of the node's first block", () => {
	expect(ipipRoutes(snapshot(), SLAVE1, options("Always")).slice(0, 2)).toEqual([
		{ kind: "link", name: "tunl0", link: { type: "ipip" }, mtu: 1480, up: true },
		{ kind: "addr", dev: "tunl0", addr: cidr("10.151.51.0/32") },
	]);
});

test("the tunnel can only be left out where no route needs it", () => {
	expect(withoutTunnel(ipipRoutes(snapshot(), SLAVE1, options("CrossSubnet")))).toBeUndefined();
	const near = { ...snapshot(), nodes: NODES.slice(1) };
	const objects = ipipRoutes(near, SLAVE1, options("CrossSubnet"));
	expect(withoutTunnel(objects)).toEqual(objects.slice(2));
});

test.each([
	["the first block only", ["10.1.0.5"], ["10.1.0.0/26"]],
	["those of its pods", ["10.1.0.5", "10.1.0.130", "10.1.0.131"], ["10.1.0.0/26", "10.1.0.128/26"]],
	["none of another node's pods", [], ["10.1.0.0/26"]],
])("a node has %s", (_, addrs, blocks) => {
	const pods: readonly Pod[] = [
		...addrs.map((addr, k) => kubePod(`p${k}`, "a", { podIPs: [ip(addr)] })),
		kubePod("other", "b", { podIPs: [ip("10.1.1.70")] }),
		kubePod("agent", "a", { podIPs: [ip("172.16.0.1")], hostNetwork: true }),
	];
	const kube = { ...snapshot(), nodes: [kubeNode("a", "172.16.0.1", "10.1.0.0/24")], pods };
	expect(calicoBlocks(kube, "a").map(formatCidr)).toEqual(blocks);
});

const SLAVE1 = { name: "slave1", nodeIPs: [ip("172.16.1.50")] };

function options(mode: IpipOptions["mode"]): IpipOptions {
	return { dev: "eth0", mtu: 1500, subnet: cidr("172.16.1.0/24"), mode };
}

function snapshot(): KubeSnapshot {
	return { nodes: NODES, pods: [], services: [], endpointSlices: [] };
}

function routesOf(objects: readonly KernelObject[]): readonly string[] {
	return objects.flatMap((object) => (object.kind === "route" ? [formatRoute(object)] : []));
}
