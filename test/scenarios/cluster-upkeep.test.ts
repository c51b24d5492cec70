/** What was built is what was wanted, and what is taken down leaves nothing behind. */
import { expect, test } from "vitest";
import { BRIDGE_CNI_CONF, nodeCniConf } from "../../src/cluster/cni-conf.ts";
import { NETWORK_NAMES } from "../../src/cluster/network-name.ts";
import { NETWORKS } from "../../src/cluster/networks.ts";
import { nodeWishes } from "../../src/cluster/node-sync.ts";
import { defaultProxyConfig, podNetworkOf } from "../../src/cluster/pod-network.ts";
import { bridgeDel } from "../../src/cni/plugins/bridge.ts";
import type { KernelObject } from "../../src/kernel/objects.ts";
import { diff } from "../../src/reconcile/diff.ts";
import { buildLab, labSnapshot } from "./lab-cluster.ts";

test.each(NETWORK_NAMES)(
	"%s: after building, the difference between each node and its wishes is empty",
	async (name) => {
		const cluster = await buildLab(labSnapshot(), { network: name });
		const network = NETWORKS[name];
		const proxy = defaultProxyConfig(cluster.nodes, cluster.fabric);
		const podNetwork = podNetworkOf(cluster.nodes, cluster.fabric);
		for (const node of cluster.nodes) {
			const dumped = await cluster.kernel.dump(node.netns);
			if (!dumped.ok) throw new Error(dumped.error.message);
			const desired = nodeWishes(node, { snapshot: cluster.snapshot, proxy, network, podNetwork }, dumped.value);
			expect(desired.length).toBeGreaterThan(20);
			const owns = (object: KernelObject): boolean => isKubeProxys(object) || network.owns(object, cluster.snapshot);
			expect(diff(dumped.value, desired, owns)).toEqual([]);
		}
	},
);

test("CNI DEL leaves of a pod neither devices nor rules, and the bridge", async () => {
	const cluster = await buildLab();
	const node = cluster.nodes[0];
	const pod = cluster.pods.find(({ name }) => name === "here");
	if (node === undefined || pod?.attachment === undefined) throw new Error("the lab has changed");
	const conf = nodeCniConf({ template: BRIDGE_CNI_CONF, podMtu: 1500 }, node);
	if (!conf.ok || conf.value.plugin !== "bridge") throw new Error("no configuration");
	const { containerId, ifName, hostDevice, address } = pod.attachment;
	const text = async (): Promise<string> => JSON.stringify(await cluster.kernel.dump(node.netns, ["link", "xt-chain"]));
	expect(await text()).toContain(hostDevice);
	const plan = bridgeDel({
		network: conf.value.network,
		conf: conf.value.bridge,
		runtime: { containerId, netns: pod.netns, ifName, hostNetns: node.netns, pod: "default/here" },
		addresses: [address],
		present: true,
	});
	for (const part of plan)
		expect(await cluster.kernel.apply(part.netns, part.ops)).toEqual({ ok: true, value: undefined });
	const after = await text();
	expect(after).not.toContain(hostDevice);
	expect(after).not.toContain(containerId);
	expect(after).toContain("cnio0");
});

function isKubeProxys(object: KernelObject): boolean {
	return object.kind === "xt-chain" && object.chain.startsWith("KUBE-");
}
