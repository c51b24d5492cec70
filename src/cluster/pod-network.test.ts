import { expect, test } from "vitest";
import { kubeNode, kubeSnapshot } from "../../test/kube-objects.ts";
import { cidr } from "../wire/addr.ts";
import { defaultProxyConfig } from "./pod-network.ts";
import { planTopology } from "./topology.ts";

test.each([
	["a /16 around the pods, as sites have it", "172.16.1.1", ["10.151.49.0/24", "10.151.51.0/24"], "10.151.0.0/16"],
	["wider than a /16 where the pods are", "172.16.1.1", ["10.1.0.0/24", "10.2.0.0/24"], "10.0.0.0/14"],
	["narrower than a /16 where nodes are in it", "10.1.200.1", ["10.1.0.0/24", "10.1.1.0/24"], "10.1.0.0/23"],
])("kube-proxy's cluster CIDR is %s", (_, node, pods, net) => {
	expect(configOf(node, pods)).toEqual({ clusterCIDRs: [cidr(net)] });
});

test("where no network holds the pods alone, each node goes by its own pod network", () => {
	expect(configOf("10.5.0.1", ["10.1.0.0/24", "10.200.0.0/24"])).toEqual({ detectLocal: { mode: "NodeCIDR" } });
});

function configOf(node: string, pods: readonly string[]): ReturnType<typeof defaultProxyConfig> {
	const nodes = pods.map((net, k) => kubeNode(`n${k}`, node.replace(/\d+$/, String(k + 1)), net));
	const made = planTopology(kubeSnapshot({ nodes }));
	if (!made.ok) throw new Error(made.error.kind);
	return defaultProxyConfig(made.value.nodes, made.value.fabric);
}
