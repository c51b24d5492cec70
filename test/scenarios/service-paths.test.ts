/** Every way to a Service, from the client's call to what the server saw. */
import { beforeAll, expect, test } from "vitest";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { DEFAULT_CNI_CONF } from "../../src/cluster/cni-conf.ts";
import type { FlowOutcome } from "../../src/cluster/flow.ts";
import { ip } from "../../src/wire/addr.ts";
import { IPPROTO_TCP, ipv4Proto } from "../../src/wire/ipv4.ts";
import { containerPort, kubePod, kubeService, servicePort } from "../kube-objects.ts";
import { buildLab, flow, labSnapshot } from "./lab-cluster.ts";

let lab: Cluster;

beforeAll(async () => {
	lab = await buildLab();
});

test("pods get the addresses after the gateway's, in the order of the manifests", () => {
	expect(lab.pods.map(({ name, ip }) => [name, ip])).toEqual([
		["client", "10.151.51.2"],
		["here", "10.151.51.3"],
		["there", "10.151.49.2"],
	]);
});

// The source that the server sees: a node's own process comes by the bridge's address when the pod is on the node, else by
// the node's; a pod keeps its address on its own node only, because CNI's ipMasq translates what leaves the node.
test.each([
	["a node reaches a pod of its own through the ClusterIP", "node/n1", "svc/here:http", "default/here", "10.151.51.1"],
	[
		"a node reaches a pod on another node through the ClusterIP",
		"node/n1",
		"svc/there:http",
		"default/there",
		"172.16.1.50",
	],
	[
		"a pod reaches a pod on its node through the ClusterIP",
		"pod/client",
		"svc/here:http",
		"default/here",
		"10.151.51.2",
	],
	[
		"a pod reaches a pod on another node through the ClusterIP",
		"pod/client",
		"svc/there:http",
		"default/there",
		"172.16.1.50",
	],
	["a pod reaches itself through its own Service", "pod/here", "svc/here:http", "default/here", "10.151.51.1"],
	["outside reaches a pod through the NodePort of its node", "outside", "node/n1:30080", "default/here", "10.151.51.1"],
	[
		"outside reaches a pod through the NodePort of another node",
		"outside",
		"node/n2:30080",
		"default/here",
		"172.16.1.88",
	],
])("%s", async (_, from, to, pod, source) => {
	const outcome = await flow(lab, { from, to });
	expect(outcome.ending).toMatchObject({ kind: "answered", status: 200 });
	expect(JSON.parse(answerOf(outcome))).toEqual({ pod: pod.slice("default/".length), client: source });
	expect(outcome.visit).toMatchObject({ pod, from: { addr: source } });
	expect(drops(outcome)).toEqual([]);
});

test("a Service without endpoints refuses the connection", async () => {
	const outcome = await flow(lab, { from: "pod/client", to: "svc/nobody" });
	expect(outcome.ending).toMatchObject({ kind: "refused", errno: "ECONNREFUSED" });
	expect(outcome.visit).toBeUndefined();
});

test.each([
	["pod/client", "svc/here:dns", "10.151.51.2"],
	["pod/client", "svc/there:dns", "172.16.1.50"],
	["pod/here", "svc/here:dns", "10.151.51.1"],
	["outside", "node/n2:30053", "172.16.1.88"],
])("a datagram from %s to %s comes back, and the server sees %s", async (from, to, source) => {
	const outcome = await flow(lab, { from, to });
	expect(outcome.proto).toBe("udp");
	expect(outcome.ending).toMatchObject({ kind: "answered", text: "podwire\n" });
	expect(outcome.visit?.from.addr).toBe(source);
});

test.each([
	["pod/client", "pod/here"],
	["pod/client", "pod/there"],
	["pod/client", "node/n1"],
	["pod/client", "node/n2"],
	["pod/client", "outside"],
	["node/n1", "node/n2"],
	["node/n1", "pod/there"],
	["node/n1", "outside"],
	["outside", "node/n2"],
])("%s can ping %s", async (from, to) => {
	const outcome = await flow(lab, { from, to });
	expect(outcome.proto).toBe("icmp");
	expect(outcome.ending.kind).toBe("answered");
});

// The seed article's conntrack entries: on the client's node the reply goes to the node, on the other node both do.
test("a ping to another node's pod is masqueraded to the node's address", async () => {
	const { conntrack } = await flow(await buildLab(), { from: "pod/client", to: "pod/there" });
	expect(
		conntrack.map(({ netns, entries }) => [netns, entries.map((entry) => [entry.original.src, entry.reply.dst])]),
	).toEqual([
		["node/n1", [["10.151.51.2", "172.16.1.50"]]],
		["node/n2", [["172.16.1.50", "172.16.1.50"]]],
	]);
});

test("pods cannot be reached from outside: the router knows no pod networks", async () => {
	const outcome = await flow(lab, { from: "outside", to: "pod/here:80", timeoutNs: 2_000_000_000 });
	expect(outcome.ending.kind).not.toBe("answered");
	expect(outcome.visit).toBeUndefined();
});

test("without hairpin mode a pod does not reach itself through its Service, others still do", async () => {
	const cniConf = DEFAULT_CNI_CONF.replace('"hairpinMode": true', '"hairpinMode": false');
	const cluster = await buildLab(labSnapshot(), { cniConf });
	const self = await flow(cluster, { from: "pod/here", to: "svc/here:http", timeoutNs: 3_000_000_000 });
	expect(self.ending).toMatchObject({ kind: "timeout" });
	const other = await flow(cluster, { from: "pod/client", to: "svc/here:http" });
	expect(other.ending).toMatchObject({ kind: "answered" });
});

test("externalTrafficPolicy Local keeps the client's address, and drops where there is no local pod", async () => {
	const local = kubeService("local", "10.150.0.9", {
		type: "NodePort",
		selector: { app: "here" },
		externalTrafficPolicy: "Local",
		ports: [servicePort(80, { nodePort: 30081 })],
	});
	const cluster = await buildLab(labSnapshot({ services: [local] }));
	const near = await flow(cluster, { from: "outside", to: "node/n1:30081" });
	expect(near.visit?.from.addr).toBe("203.0.113.2");
	const far = await flow(cluster, { from: "outside", to: "node/n2:30081", timeoutNs: 2_000_000_000 });
	expect(far.ending.kind).toBe("timeout");
});

test("a pod in the host's network answers at its node's address", async () => {
	const agent = kubePod("agent", "n2", { hostNetwork: true, ports: [containerPort(9100)] });
	const agents = kubeService("agent", "10.150.0.8", { ports: [servicePort(80, { targetPort: 9100 })] });
	const cluster = await buildLab(labSnapshot({ pods: [agent], services: [agents] }));
	const outcome = await flow(cluster, { from: "pod/client", to: "svc/agent" });
	expect(outcome.visit).toMatchObject({ pod: "default/agent", to: { addr: "172.16.1.88", port: 9100 } });
});

test("a pod with an address in its manifest gets it, and the others get others", async () => {
	const fixed = kubePod("fixed", "n1", { podIPs: [ip("10.151.51.2")] });
	const cluster = await buildLab(labSnapshot({ pods: [fixed] }));
	const ips = cluster.pods.map((pod) => pod.ip);
	expect(cluster.pods.find((pod) => pod.name === "fixed")?.ip).toBe("10.151.51.2");
	expect(new Set(ips).size).toBe(ips.length);
});

test("the same seed gives the same packets", async () => {
	const run = async (): Promise<unknown> => {
		const { events, ending } = await flow(await buildLab(), { from: "pod/client", to: "svc/there:http" });
		return JSON.stringify({ events, ending });
	};
	expect(await run()).toEqual(await run());
});

function answerOf(outcome: FlowOutcome): string {
	return outcome.ending.kind === "answered" ? outcome.ending.text : "";
}

/** The connection's packets that were lost; answers to ARP requests for others are dropped everywhere. */
function drops(outcome: FlowOutcome): readonly unknown[] {
	return outcome.events.flatMap((event) => {
		const isTcp = event.step === "drop" && event.link === "ip" && ipv4Proto(event.packet, 0) === IPPROTO_TCP;
		return isTcp ? [[event.netns, event.fn, event.reason]] : [];
	});
}
