/** What was built is what was wanted, and what is taken down leaves nothing behind. */
import { expect, test } from "vitest";
import { DEFAULT_CNI_CONF, nodeCniConf } from "../../src/cluster/cni-conf.ts";
import { defaultProxyConfig } from "../../src/cluster/node-sync.ts";
import { bridgeDel } from "../../src/cni/plugins/bridge.ts";
import type { KernelObject } from "../../src/kernel/objects.ts";
import { desiredIptables } from "../../src/kube-proxy/iptables.ts";
import { diff } from "../../src/reconcile/diff.ts";
import { hostGwRoutes } from "../../src/routes/host-gw.ts";
import { buildLab } from "./lab-cluster.ts";

test("after building, the difference between each node and its wishes is empty", async () => {
	const cluster = await buildLab();
	const config = defaultProxyConfig(cluster.nodes, cluster.fabric);
	for (const node of cluster.nodes) {
		const dumped = await cluster.kernel.dump(node.netns);
		if (!dumped.ok) throw new Error(dumped.error.message);
		const facts = {
			name: node.name,
			nodeIPs: [node.internalIp],
			interfaceAddresses: dumped.value.flatMap((object) => (object.kind === "addr" ? [object.addr.addr] : [])),
		};
		const desired = [
			...hostGwRoutes(cluster.snapshot, facts, { dev: "eth0" }),
			...desiredIptables(cluster.snapshot, facts, config),
		];
		expect(desired.length).toBeGreaterThan(20);
		expect(diff(dumped.value, desired, isKubeProxys)).toEqual([]);
	}
});

test("CNI DEL leaves of a pod neither devices nor rules, and the bridge", async () => {
	const cluster = await buildLab();
	const node = cluster.nodes[0];
	const pod = cluster.pods.find(({ name }) => name === "here");
	if (node === undefined || pod?.attachment === undefined) throw new Error("the lab has changed");
	const conf = nodeCniConf(DEFAULT_CNI_CONF, node);
	if (!conf.ok) throw new Error("no configuration");
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
