/**
 * UDP flows whose endpoint is gone: upstream's own case, and kube-proxy 1.36's faults, each shown with packets through a
 * simulated cluster and then not there with podwire's clean-up.
 */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Cluster, ClusterNode } from "../src/cluster/cluster.ts";
import { NETWORKS } from "../src/cluster/networks.ts";
import { nodeWishes, syncNode } from "../src/cluster/node-sync.ts";
import { defaultProxyConfig, podNetworkOf } from "../src/cluster/pod-network.ts";
import type { ConntrackEntry } from "../src/kernel/conntrack.ts";
import { parseManifests } from "../src/kube/parse-manifests.ts";
import type { KubeSnapshot } from "../src/kube/snapshot.ts";
import { staleEntries, type UdpFrontends, udpFrontends } from "../src/kube-proxy/conntrack-cleanup.ts";
import { diff } from "../src/reconcile/diff.ts";
import { type IpAddr, ip } from "../src/wire/addr.ts";
import { buildLab } from "./scenarios/lab-cluster.ts";

/** What kube-proxy 1.36 deletes: Services without serving endpoints are passed over, and a node port is any host's. */
function as136(entries: readonly ConntrackEntry[], { addresses, nodePorts }: UdpFrontends): readonly ConntrackEntry[] {
	return entries.filter(({ proto, original, reply }) => {
		if (proto !== 17) return false;
		const goesTo = `${reply.src}:${reply.sport}`;
		const claims = [addresses.get(`${original.dst}:${original.dport}`), nodePorts.get(original.dport ?? 0)];
		return claims.some((serving) => serving !== undefined && serving.size > 0 && !serving.has(goesTo));
	});
}

const CASE = new URL("../../shared/corpus/topology/conntrack.TestCleanStaleEntries.json", import.meta.url);

interface Flow {
	readonly forward: { readonly DstIP?: string; readonly DstPort: number; readonly Protocol: number };
	readonly reverse: { readonly SrcIP: string; readonly SrcPort?: number };
}

/** Upstream's test gives flows to node ports no destination at all. */
const NODE_IP = "192.0.2.10";

function entryOf({ forward, reverse }: Flow): ConntrackEntry {
	const proto = forward.Protocol;
	const [dst, src] = [forward.DstIP ?? NODE_IP, "203.0.113.7"].map((text) => ip(text));
	if (dst === undefined || src === undefined) throw new Error("no addresses");
	return {
		kind: "conntrack",
		family: "ipv4",
		proto,
		original: { proto, src, dst, sport: 1024, dport: forward.DstPort },
		reply: { proto, src: ip(reverse.SrcIP), dst: src, sport: reverse.SrcPort ?? forward.DstPort, dport: 1024 },
		timeoutSeconds: 30,
		mark: 0,
		...(reverse.SrcIP === forward.DstIP ? {} : { dnat: true }),
	};
}

describe.skipIf(!existsSync(CASE))("upstream's case (../shared/corpus/topology)", () => {
	test("of UDP flows to a Service those to a serving endpoint stay, and all others of TCP and SCTP", () => {
		const { cases } = JSON.parse(readFileSync(CASE, "utf8"));
		const [{ before, expectedAfter, services, endpointSlices }] = cases[0].steps;
		const [service] = services;
		const [, udpPort] = service.spec.ports;
		// The API server would not take target port 0, nor a ClusterIP with node ports.
		const spec = { ...service.spec, type: "LoadBalancer", ports: [{ ...udpPort, targetPort: 9090 }] };
		const items = [{ ...service, spec }, ...endpointSlices];
		const text = JSON.stringify({ apiVersion: "v1", kind: "List", items });
		const parsed = parseManifests([{ path: "case", text }], { nodePorts: { from: 1, to: 65_535 } });
		if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
		const entries = (before as readonly Flow[]).map(entryOf);
		const after = udpFrontends(parsed.value.snapshot, "ipv4");
		const isNodePortAddress = (address: IpAddr): boolean => address === ip(NODE_IP);
		const stale = new Set(staleEntries({ family: "ipv4", entries, after, isNodePortAddress }));
		const sorted = (list: readonly ConntrackEntry[]): readonly string[] =>
			list.map((entry) => JSON.stringify(entry)).sort();
		expect(sorted(entries.filter((entry) => !stale.has(entry)))).toEqual(
			sorted((expectedAfter as readonly Flow[]).map(entryOf)),
		);
		expect(stale.size).toBeGreaterThan(10);
	});
});

/** The pod `client`'s UDP socket, connected, and what came back to it. */
function connected(cluster: Cluster, addr: IpAddr, port: number): { send(): string } {
	const heard: string[] = [];
	const pod = cluster.pods.find(({ name }) => name === "client");
	const opened = cluster.kernel.sockets.openUdp(
		pod?.netns ?? "",
		{ connect: { addr, port } },
		{ onDatagram: () => heard.push("answer"), onError: ({ errno }) => heard.push(errno) },
	);
	if (!opened.ok) throw new Error(opened.error.message);
	return {
		send() {
			heard.length = 0;
			opened.value.send(new Uint8Array(8));
			void cluster.kernel.run(() => false, 50_000_000);
			return heard.join();
		},
	};
}

class Node1 {
	readonly cluster: Cluster;
	readonly node: ClusterNode;

	constructor(cluster: Cluster) {
		const [node] = cluster.nodes;
		if (node === undefined) throw new Error("no node");
		this.cluster = cluster;
		this.node = node;
	}

	desire(snapshot: KubeSnapshot): Parameters<typeof syncNode>[2] {
		const { cluster } = this;
		return {
			snapshot,
			before: cluster.snapshot,
			proxy: defaultProxyConfig(cluster.nodes, cluster.fabric),
			network: NETWORKS.bridge,
			podNetwork: podNetworkOf(cluster.nodes, cluster.fabric),
		};
	}

	/** podwire's sync: rules, then conntrack. */
	async sync(snapshot: KubeSnapshot): Promise<void> {
		const synced = await syncNode(this.cluster.kernel, this.node, this.desire(snapshot));
		if (!synced.ok) throw new Error(JSON.stringify(synced.error));
	}

	/** kube-proxy 1.36's: the same rules, then its own idea of stale entries. How many it deleted. */
	async sync136(snapshot: KubeSnapshot): Promise<number> {
		const { kernel } = this.cluster;
		const { netns } = this.node;
		const actual = await kernel.dump(netns);
		if (!actual.ok) throw new Error(actual.error.message);
		const wishes = nodeWishes(this.node, this.desire(snapshot), actual.value);
		const applied = await kernel.apply(
			netns,
			diff(actual.value, wishes, (object) => object.kind === "xt-chain" && object.chain.startsWith("KUBE-")),
		);
		if (!applied.ok) throw new Error(applied.error.message);
		const stale = as136(await this.udpEntries(), udpFrontends(snapshot, "ipv4"));
		for (const object of stale) await kernel.apply(netns, [{ verb: "delete", object }]);
		return stale.length;
	}

	async udpEntries(): Promise<readonly ConntrackEntry[]> {
		const dumped = await this.cluster.kernel.dump(this.node.netns, ["conntrack"]);
		if (!dumped.ok) throw new Error(dumped.error.message);
		return dumped.value.filter((object) => object.kind === "conntrack").filter(({ proto }) => proto === 17);
	}
}

const THERE = ip("10.150.0.2");

function withoutEndpoints(snapshot: KubeSnapshot, service: string): KubeSnapshot {
	const endpointSlices = snapshot.endpointSlices.map((slice) =>
		slice.service === service ? { ...slice, endpoints: [] } : slice,
	);
	return { ...snapshot, endpointSlices };
}

describe("a Service's last endpoint goes, and its client goes on sending", () => {
	test("kube-proxy 1.36: the flow still reaches the pod that is no endpoint any more", async () => {
		const cluster = await buildLab();
		const node = new Node1(cluster);
		const client = connected(cluster, THERE, 53);
		expect(client.send()).toBe("answer");
		expect(await node.sync136(withoutEndpoints(cluster.snapshot, "there"))).toBe(0);
		expect(client.send()).toBe("answer");
		expect(connected(cluster, THERE, 53).send()).toBe("ECONNREFUSED");
	});

	test("podwire: the flow's entry is deleted, and the next datagram is refused like those of a new client", async () => {
		const cluster = await buildLab();
		const node = new Node1(cluster);
		const client = connected(cluster, THERE, 53);
		expect(client.send()).toBe("answer");
		await node.sync(withoutEndpoints(cluster.snapshot, "there"));
		expect(client.send()).toBe("ECONNREFUSED");
	});
});

describe("a Service is deleted, and its client goes on sending", () => {
	const without = (snapshot: KubeSnapshot): KubeSnapshot => ({
		...snapshot,
		services: snapshot.services.filter(({ name }) => name !== "there"),
	});

	test("kube-proxy 1.36: the flow still reaches its endpoint", async () => {
		const cluster = await buildLab();
		const client = connected(cluster, THERE, 53);
		expect(client.send()).toBe("answer");
		expect(await new Node1(cluster).sync136(without(cluster.snapshot))).toBe(0);
		expect(client.send()).toBe("answer");
	});

	test("podwire: nobody answers any more", async () => {
		const cluster = await buildLab();
		const client = connected(cluster, THERE, 53);
		expect(client.send()).toBe("answer");
		await new Node1(cluster).sync(without(cluster.snapshot));
		expect(client.send()).not.toBe("answer");
	});
});

describe("a pod talks to another host, on a port whose number is some Service's node port", () => {
	async function talk(): Promise<{ readonly node: Node1; readonly changed: KubeSnapshot }> {
		const cluster = await buildLab();
		const { outside } = cluster.fabric;
		const server = cluster.kernel.sockets.openUdp(
			outside.netns,
			{ bind: { port: 30_053 } },
			{
				onDatagram: (bytes, from) => {
					if (server.ok) server.value.send(bytes, from);
				},
			},
		);
		expect(connected(cluster, outside.ip, 30_053).send()).toBe("answer");
		// Any change of the Services makes the proxy look.
		return { node: new Node1(cluster), changed: withoutEndpoints(cluster.snapshot, "there") };
	}

	test("kube-proxy 1.36: the flow's entry is deleted", async () => {
		const { node, changed } = await talk();
		expect((await node.udpEntries()).length).toBe(1);
		expect(await node.sync136(changed)).toBe(1);
		expect((await node.udpEntries()).length).toBe(0);
	});

	test("podwire: it stays, as the host is none of the node's addresses", async () => {
		const { node, changed } = await talk();
		await node.sync(changed);
		expect((await node.udpEntries()).length).toBe(1);
	});

	test("podwire: a flow to the node port itself, whose endpoint is gone, is deleted", async () => {
		const cluster = await buildLab();
		const node = new Node1(cluster);
		const client = connected(cluster, node.node.internalIp, 30_053);
		expect(client.send()).toBe("answer");
		await node.sync(withoutEndpoints(cluster.snapshot, "here"));
		expect(client.send()).toBe("ECONNREFUSED");
	});
});

describe("staleEntries", () => {
	const after: UdpFrontends = {
		addresses: new Map([["192.0.2.10:30053", new Set(["10.0.0.5:53"])]]),
		nodePorts: new Map([[30_053, new Set(["10.0.0.9:53"])]]),
	};
	const flow = (to: string): ConntrackEntry => {
		const [addr = "", port = ""] = to.split(":");
		return entryOf({
			forward: { DstIP: NODE_IP, DstPort: 30_053, Protocol: 17 },
			reverse: { SrcIP: addr, SrcPort: Number(port) },
		});
	};
	const stale = (entry: ConntrackEntry, family: "ipv4" | "ipv6" = "ipv4"): boolean =>
		staleEntries({ family, entries: [entry], after, isNodePortAddress: () => true }).length === 1;

	test("an external IP goes before a node port of the same number, as in the rules", () => {
		expect(stale(flow("10.0.0.5:53"))).toBe(false);
		expect(stale(flow("10.0.0.9:53"))).toBe(true);
	});

	test("the endpoint's port counts, not its address alone; and so does the family", () => {
		expect(stale(flow("10.0.0.5:54"))).toBe(true);
		expect(stale(flow("10.0.0.5:54"), "ipv6")).toBe(false);
	});
});
