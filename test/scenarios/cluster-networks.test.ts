/** The ways to a Service in every network of a cluster, on one node network and on two. */
import { describe, expect, test } from "vitest";
import type { FlowOutcome } from "../../src/cluster/flow.ts";
import { NETWORK_NAMES, type NetworkName } from "../../src/cluster/network-name.ts";
import type { KubeSnapshot } from "../../src/kube/snapshot.ts";
import { IPPROTO_TCP, ipv4Proto } from "../../src/wire/ipv4.ts";
import { kubeNode } from "../kube-objects.ts";
import { buildLab, flow, labSnapshot } from "./lab-cluster.ts";

/** Nodes that share no network: n2 is 172.16.2.88. */
function farApart(): KubeSnapshot {
	const nodes = [kubeNode("n1", "172.16.1.50", "10.151.51.0/24"), kubeNode("n2", "172.16.2.88", "10.151.49.0/24")];
	return { ...labSnapshot(), nodes };
}

const TUNNELS: readonly NetworkName[] = ["calico", "calico-ipip", "flannel-vxlan"];

// What the server sees. A pod keeps its address everywhere but in network `bridge`, where CNI's ipMasq knows only the node's
// own pods. A node's own process comes from the address it has towards the pod: its tunnel's where one is used.
const SOURCES: Readonly<Record<string, { readonly node: string; readonly pod: string; readonly via2: string }>> = {
	bridge: { node: "172.16.1.50", pod: "172.16.1.50", via2: "172.16.1.88" },
	"host-gw": { node: "172.16.1.50", pod: "10.151.51.2", via2: "172.16.1.88" },
	"flannel-vxlan": { node: "10.151.51.0", pod: "10.151.51.2", via2: "10.151.49.0" },
	calico: { node: "172.16.1.50", pod: "10.151.51.1", via2: "172.16.1.88" },
	"calico-ipip": { node: "10.151.51.0", pod: "10.151.51.1", via2: "10.151.49.0" },
	"calico, far": { node: "10.151.51.0", pod: "10.151.51.1", via2: "10.151.49.0" },
	"calico-ipip, far": { node: "10.151.51.0", pod: "10.151.51.1", via2: "10.151.49.0" },
	"flannel-vxlan, far": { node: "10.151.51.0", pod: "10.151.51.2", via2: "10.151.49.0" },
};

describe.each([
	...NETWORK_NAMES.map((network) => ({ what: network as string, network, snapshot: labSnapshot() })),
	...TUNNELS.map((network) => ({ what: `${network}, far`, network, snapshot: farApart() })),
])("$what", ({ what, network, snapshot }) => {
	const lab = buildLab(snapshot, { network });
	const source = SOURCES[what];

	test.each([
		{ way: "node → ClusterIP, pod on another node", from: "node/n1", to: "svc/there:http", sees: source?.node },
		{ way: "pod → ClusterIP, pod on another node", from: "pod/client", to: "svc/there:http", sees: source?.pod },
		{ way: "pod → pod on another node", from: "pod/client", to: "pod/there:80", sees: source?.pod },
		{ way: "outside → NodePort of another node", from: "outside", to: "node/n2:30080", sees: source?.via2 },
		{ way: "pod → ClusterIP, pod on the same node", from: "pod/client", to: "svc/here:http" },
		{ way: "pod → its own Service", from: "pod/here", to: "svc/here:http" },
		{ way: "node → ClusterIP, pod here", from: "node/n1", to: "svc/here:http" },
		{ way: "outside → NodePort of the pod's node", from: "outside", to: "node/n1:30080" },
	])("$way", async ({ from, to, sees }) => {
		const outcome = await flow(await lab, { from, to });
		expect(outcome.ending).toMatchObject({ kind: "answered", status: 200 });
		if (sees !== undefined) expect(outcome.visit?.from.addr).toBe(sees);
		expect(drops(outcome)).toEqual([]);
	});

	test("a Service without endpoints refuses", async () => {
		const outcome = await flow(await lab, { from: "pod/client", to: "svc/nobody" });
		expect(outcome.ending).toMatchObject({ kind: "refused", errno: "ECONNREFUSED" });
	});

	test.each([
		["pod/client", "pod/there"],
		["pod/client", "pod/here"],
		["node/n1", "pod/there"],
		["pod/client", "node/n2"],
		["pod/client", "outside"],
	])("%s can ping %s", async (from, to) => {
		const outcome = await flow(await lab, { from, to });
		expect(outcome.ending.kind).toBe("answered");
	});
});

test.each<readonly [NetworkName, KubeSnapshot, readonly string[]]>([
	["bridge", labSnapshot(), []],
	["host-gw", labSnapshot(), []],
	["calico", labSnapshot(), []],
	["calico", farApart(), ["ipip"]],
	["calico-ipip", labSnapshot(), ["ipip"]],
	["flannel-vxlan", labSnapshot(), ["vxlan"]],
])("in network %s packets to another node go inside others only where they must", async (network, snapshot, how) => {
	const cluster = await buildLab(snapshot, { network });
	const { events } = await flow(cluster, { from: "pod/client", to: "pod/there:80" });
	const put = events.flatMap((event) => (event.step === "encap" ? [event.how] : []));
	const taken = events.flatMap((event) => (event.step === "decap" ? [event.how] : []));
	expect([...new Set(put)]).toEqual(how);
	expect(taken).toEqual(put);
});

test("a network that needs one layer 2 puts nodes far apart into one network around them", async () => {
	const { fabric } = await buildLab(farApart(), { network: "host-gw" });
	expect(fabric.subnets.map(({ net }) => `${net.addr}/${net.prefix}`)).toEqual(["172.16.0.0/22"]);
});

/** Of TCP. (Calico's hairpin makes the node send a redirect, which NAT drops, as Linux does.) */
function drops(outcome: FlowOutcome): readonly unknown[] {
	return outcome.events.flatMap((event) => {
		const isTcp = event.step === "drop" && event.link === "ip" && ipv4Proto(event.packet, 0) === IPPROTO_TCP;
		return isTcp ? [[event.netns, event.fn, event.reason]] : [];
	});
}
