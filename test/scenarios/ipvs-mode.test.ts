/** A cluster whose kube-proxy runs in IPVS mode: the ways to a Service, upkeep, and endpoints that go. */
import { beforeAll, expect, test } from "vitest";
import type { Cluster, ClusterNode } from "../../src/cluster/cluster.ts";
import { forceByWeights } from "../../src/cluster/force-by-weights.ts";
import { NETWORK_NAMES } from "../../src/cluster/network-name.ts";
import { NETWORKS } from "../../src/cluster/networks.ts";
import { nodeWishes, syncNode } from "../../src/cluster/node-sync.ts";
import { defaultProxyConfig, podNetworkOf } from "../../src/cluster/pod-network.ts";
import { PROXY_MODES } from "../../src/cluster/proxy-mode.ts";
import type { IpvsDestination } from "../../src/kernel/ipvs.ts";
import type { KernelObject } from "../../src/kernel/objects.ts";
import type { EndpointSlice, KubeSnapshot } from "../../src/kube/snapshot.ts";
import { diff } from "../../src/reconcile/diff.ts";
import { ip } from "../../src/wire/addr.ts";
import { kubeEndpoint, kubeService, kubeSlice, servicePort } from "../kube-objects.ts";
import { buildLab, flow, labSnapshot } from "./lab-cluster.ts";

let lab: Cluster;

beforeAll(async () => {
	lab = await buildLab(labSnapshot(), { proxyMode: "ipvs" });
});

// The same as in iptables mode (service-paths.test.ts).
test.each([
	{ way: "node → ClusterIP, pod here", from: "node/n1", to: "svc/here:http", pod: "here", source: "10.151.51.1" },
	{ way: "node → ClusterIP, pod there", from: "node/n1", to: "svc/there:http", pod: "there", source: "172.16.1.50" },
	{ way: "pod → ClusterIP, pod here", from: "pod/client", to: "svc/here:http", pod: "here", source: "10.151.51.2" },
	{ way: "pod → ClusterIP, pod there", from: "pod/client", to: "svc/there:http", pod: "there", source: "172.16.1.50" },
	{ way: "pod → its own Service", from: "pod/here", to: "svc/here:http", pod: "here", source: "10.151.51.1" },
	{ way: "outside → the pod's node", from: "outside", to: "node/n1:30080", pod: "here", source: "10.151.51.1" },
	{ way: "outside → another node", from: "outside", to: "node/n2:30080", pod: "here", source: "172.16.1.88" },
])("$way: $pod answers and sees $source", async ({ from, to, pod, source }) => {
	const outcome = await flow(lab, { from, to });
	expect(outcome.ending).toMatchObject({ kind: "answered", status: 200 });
	expect(outcome.visit).toMatchObject({ pod: `default/${pod}`, from: { addr: source } });
	expect(outcome.events.some((event) => event.step === "ipvs" && event.action === "schedule")).toBe(true);
});

test("UDP is answered, and a Service without endpoints refuses", async () => {
	expect((await flow(lab, { from: "pod/client", to: "svc/here:dns" })).ending).toMatchObject({ text: "podwire\n" });
	const refused = await flow(lab, { from: "pod/client", to: "svc/nobody" });
	expect(refused.ending).toMatchObject({ kind: "refused", errno: "ECONNREFUSED" });
	expect(refused.events.some((event) => event.step === "ipvs" && event.action === "no-destination")).toBe(true);
});

test("a port of the cluster IP that no Service has, and a ping, are rejected by KUBE-IPVS-FILTER", async () => {
	for (const to of ["10.150.0.1:81", "10.150.0.1"]) {
		const { ending, events } = await flow(lab, { from: "pod/client", to });
		expect(ending).toMatchObject({ kind: "refused", errno: "ECONNREFUSED" });
		expect(
			events.some((event) => event.step === "rule" && event.outcome === "reject" && event.chain === "KUBE-IPVS-FILTER"),
		).toBe(true);
	}
});

test("load balancer source ranges hold for the node itself, by -m ipvs", async () => {
	const balanced = kubeService("here-lb", "10.150.0.9", {
		type: "LoadBalancer",
		selector: { app: "here" },
		ports: [servicePort(80)],
		loadBalancerIngress: [{ ip: ip("198.51.100.7") }],
		loadBalancerSourceRanges: [{ addr: ip("10.151.51.0"), prefix: 24 }],
	});
	const cluster = await buildLab(labSnapshot({ services: [balanced] }), { proxyMode: "ipvs" });
	const to = "198.51.100.7:80";
	expect((await flow(cluster, { from: "pod/client", to })).ending).toMatchObject({ kind: "answered" });
	expect((await flow(cluster, { from: "pod/there", to, timeoutNs: 1e9 })).ending).toMatchObject({ kind: "timeout" });
	const { events } = await flow(cluster, { from: "node/n1", to, timeoutNs: 1e9 });
	const dropped = events.find((event) => event.step === "rule" && event.outcome === "drop");
	expect(dropped).toMatchObject({
		chain: "KUBE-IPVS-OUT-FILTER",
		rule: { origin: { for: "Service default/here-lb" } },
	});
});

async function dumpOf({ kernel }: Cluster, node: ClusterNode): Promise<readonly KernelObject[]> {
	const dumped = await kernel.dump(node.netns);
	if (!dumped.ok) throw new Error(dumped.error.message);
	return dumped.value;
}

test.each(NETWORK_NAMES)(
	"%s: after building, the difference between each node and its wishes is empty",
	async (name) => {
		const cluster = await buildLab(labSnapshot(), { network: name, proxyMode: "ipvs" });
		const network = NETWORKS[name];
		const proxy = defaultProxyConfig(cluster.nodes, cluster.fabric);
		const podNetwork = podNetworkOf(cluster.nodes, cluster.fabric);
		for (const node of cluster.nodes) {
			const actual = await dumpOf(cluster, node);
			const desire = { snapshot: cluster.snapshot, proxy, proxyMode: "ipvs", network, podNetwork } as const;
			const desired = nodeWishes(node, desire, actual);
			expect(desired.length).toBeGreaterThan(40);
			const owns = (object: KernelObject): boolean =>
				PROXY_MODES.ipvs.owns(object, proxy) || network.owns(object, cluster.snapshot);
			expect(diff(actual, desired, owns)).toEqual([]);
		}
	},
);

/** Pods `here` and `there` as endpoints of one more Service, 10.150.0.8, on the nodes they are on. */
function bothSlice(...pods: readonly string[]): EndpointSlice {
	const endpoints = pods.map((address) => kubeEndpoint(address, { nodeName: "n1" }));
	return kubeSlice("both", endpoints);
}

async function bothLab(): Promise<Cluster> {
	const { selector: _selector, ...both } = kubeService("both", "10.150.0.8");
	const snapshot = { ...labSnapshot({ services: [both] }), endpointSlices: [bothSlice("10.151.51.3", "10.151.49.2")] };
	return buildLab(snapshot, { proxyMode: "ipvs" });
}

test("a changed cluster: stale virtual services, addresses and entries go, and a used endpoint drains", async () => {
	const cluster = await bothLab();
	const [node] = cluster.nodes;
	if (node === undefined) throw new Error("no node");
	// Two connections, one of them to the endpoint that is going; they stay in TIME_WAIT.
	for (let k = 0; k < 2; k += 1) await flow(cluster, { from: "pod/client", to: "10.150.0.8:80" });

	const proxy = defaultProxyConfig(cluster.nodes, cluster.fabric);
	const podNetwork = podNetworkOf(cluster.nodes, cluster.fabric);
	const sync = async (snapshot: KubeSnapshot): Promise<readonly KernelObject[]> => {
		const desire = { snapshot, proxy, proxyMode: "ipvs", network: NETWORKS.bridge, podNetwork } as const;
		expect(await syncNode(cluster.kernel, node, desire)).toEqual({ ok: true, value: undefined });
		return dumpOf(cluster, node);
	};
	const weights = (objects: readonly KernelObject[]): readonly string[] =>
		objects
			.filter((object): object is IpvsDestination => object.kind === "ipvs-destination")
			.filter(({ service }) => "addr" in service && service.addr === "10.150.0.8")
			.map(({ addr, weight }) => `${addr} ${weight}`)
			.sort();

	const others = cluster.snapshot.endpointSlices.filter(({ service }) => service !== "both" && service !== "there");
	const services = cluster.snapshot.services.filter(({ name }) => name !== "there");
	const changed = { ...cluster.snapshot, services, endpointSlices: [...others, bothSlice("10.151.51.3")] };
	const after = await sync(changed);
	expect(weights(after)).toEqual(["10.151.49.2 0", "10.151.51.3 1"]);
	const text = JSON.stringify(after.filter(({ kind }) => kind !== "conntrack" && kind !== "ipvs-connection"));
	expect(text).not.toContain("10.150.0.2");
	for (let k = 0; k < 3; k += 1) {
		const { visit } = await flow(cluster, { from: "pod/client", to: "10.150.0.8:80" });
		expect(visit?.pod).toBe("default/here");
	}

	await cluster.kernel.run(() => false, 130e9);
	expect(weights(await sync(changed))).toEqual(["10.151.51.3 1"]);
});

test("a forced choice falls on one endpoint, and the weights are given back", async () => {
	const cluster = await bothLab();
	const namespaces = cluster.nodes.map(({ netns }) => netns);
	for (const [endpoint, pod] of [
		["10.151.51.3:80", "default/here"],
		["10.151.49.2:80", "default/there"],
	] as const) {
		const forced = await forceByWeights(cluster.kernel, namespaces, endpoint);
		if (!forced.ok) throw new Error(forced.error.message);
		for (let k = 0; k < 3; k += 1) {
			expect((await flow(cluster, { from: "pod/client", to: "10.150.0.8:80" })).visit?.pod).toBe(pod);
		}
		await forced.value();
	}
	for (const node of cluster.nodes) {
		const destinations = (await dumpOf(cluster, node)).filter(({ kind }) => kind === "ipvs-destination");
		expect(destinations.every((object) => object.kind === "ipvs-destination" && object.weight === 1)).toBe(true);
	}
});
