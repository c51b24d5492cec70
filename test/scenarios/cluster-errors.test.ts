/** What cannot be built says why, in one sentence. */
import { expect, test } from "vitest";
import { buildCluster, type ClusterOptions } from "../../src/cluster/build.ts";
import { BRIDGE_CNI_CONF } from "../../src/cluster/cni-conf.ts";
import { formatClusterError } from "../../src/cluster/errors.ts";
import type { KubeSnapshot } from "../../src/kube/snapshot.ts";
import { SimKernel } from "../../src/sim/sim-kernel.ts";
import { ip } from "../../src/wire/addr.ts";
import { containerPort, kubeNode, kubePod, kubeSnapshot } from "../kube-objects.ts";

interface Case {
	readonly what: string;
	readonly objects: Partial<KubeSnapshot>;
	readonly options?: ClusterOptions;
	readonly message: string;
}

const node = kubeNode("a", "10.0.0.1", "10.1.0.0/29");
const pods = (count: number): KubeSnapshot["pods"] => Array.from({ length: count }, (_, k) => kubePod(`p${k}`, "a"));

test.each<Case>([
	{
		what: "more pods than addresses",
		objects: { nodes: [node], pods: pods(6) },
		message: "Node a: pod CIDR 10.1.0.0/29 is too small: it has room for 5 pods, and 6 run there",
	},
	{
		what: "a pod on no node",
		objects: { nodes: [node], pods: [kubePod("p", "b")] },
		message: "Pod default/p: spec.nodeName b is none of the nodes a",
	},
	{
		what: "a pod's address that its node does not have",
		objects: { nodes: [node], pods: [kubePod("p", "a", { podIPs: [ip("10.9.0.9")] })] },
		message: "Pod default/p: status.podIP 10.9.0.9 cannot be given on Node a: it is not in the node's pod network",
	},
	{
		what: "a pod with the gateway's address",
		objects: { nodes: [node], pods: [kubePod("p", "a", { podIPs: [ip("10.1.0.1")] })] },
		message:
			"Pod default/p: status.podIP 10.1.0.1 cannot be given on Node a: failed to allocate for range 0: requested ip 10.1.0.1 is subnet's gateway",
	},
	{
		what: "a mistake in the CNI configuration",
		objects: { nodes: [node] },
		options: { cniConf: BRIDGE_CNI_CONF.replace('"isGateway": true', '"isGateway": 1') },
		message: "CNI: Node a: $.plugins[0].isGateway: want true or false, have a number",
	},
	{
		what: "a plugin that is not modelled",
		objects: { nodes: [node] },
		options: { cniConf: '{"name": "x", "plugins": [{"type": "macvlan"}]}' },
		message:
			"CNI: Node a: $.plugins[0].type: plugin macvlan is not modelled (bridge, calico, firewall, flannel, loopback, portmap and ptp are)",
	},
	{
		what: "a port for two programs of the host's network",
		objects: {
			nodes: [node],
			pods: ["x", "y"].map((name) => kubePod(name, "a", { hostNetwork: true, ports: [containerPort(80)] })),
		},
		message: "Pod default/y: port 80: EADDRINUSE: Address already in use",
	},
])("$what", async ({ objects, options = {}, message }) => {
	const built = await buildCluster(new SimKernel({ seed: 1 }), { snapshot: kubeSnapshot(objects), options });
	expect(built.ok ? "" : formatClusterError(built.error)).toBe(message);
});

test("as many pods as addresses is fine", async () => {
	const built = await buildCluster(new SimKernel({ seed: 1 }), {
		snapshot: kubeSnapshot({ nodes: [node], pods: pods(5) }),
	});
	expect(built.ok && built.value.pods.map((pod) => pod.ip)).toEqual([
		"10.1.0.2",
		"10.1.0.3",
		"10.1.0.4",
		"10.1.0.5",
		"10.1.0.6",
	]);
});
