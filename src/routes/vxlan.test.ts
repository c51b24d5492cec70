import { expect, test } from "vitest";
import { kubeNode as node } from "../../test/kube-objects.ts";
import type { KubeSnapshot } from "../kube/snapshot.ts";
import { cidr, ip } from "../wire/addr.ts";
import { vtepMac, vxlanRoutes } from "./vxlan.ts";

const NODES = [node("a", "172.16.1.50", "10.244.1.0/24"), node("b", "172.16.2.88", "10.244.2.0/24")];

test("a node has flannel.1 with the first address of its pod network", () => {
	const [link, addr] = objects("a");
	expect(link).toEqual({
		kind: "link",
		name: "flannel.1",
		link: { type: "vxlan", id: 1, dev: "eth0", local: "172.16.1.50", port: 8472, learning: false },
		mac: vtepMac("a"),
		mtu: 1450,
		up: true,
	});
	expect(addr).toEqual({ kind: "addr", dev: "flannel.1", addr: cidr("10.244.1.0/32") });
});

test("of every other node it knows the address inside, the MAC address, the node behind it, and the route", () => {
	const mac = vtepMac("b");
	expect(objects("a").slice(2)).toEqual([
		{ kind: "neigh", dev: "flannel.1", addr: "10.244.2.0", mac, state: "PERMANENT" },
		{ kind: "fdb", dev: "flannel.1", mac, dst: "172.16.2.88", state: "permanent" },
		{
			kind: "route",
			dst: cidr("10.244.2.0/24"),
			via: "10.244.2.0",
			dev: "flannel.1",
			onlink: true,
			protocol: "boot",
		},
	]);
});

test("MAC addresses of the devices are locally administered, of one host, and differ", () => {
	const macs = Array.from({ length: 50 }, (_, k) => vtepMac(`node-${k}`));
	for (const mac of macs) expect(Number.parseInt(mac.slice(0, 2), 16) & 3).toBe(2);
	expect(new Set(macs).size).toBe(50);
});

function objects(name: string): ReturnType<typeof vxlanRoutes> {
	const kube: KubeSnapshot = { nodes: NODES, pods: [], services: [], endpointSlices: [] };
	return vxlanRoutes(kube, { name, nodeIPs: [ip("172.16.1.50")] }, { dev: "eth0", mtu: 1500 });
}
