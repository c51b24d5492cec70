/** Every way to a Service, from the client's call to what the server saw. */
import { beforeAll, expect, test } from "vitest";
import { forceEndpoint } from "../../src/cli/force-endpoint.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { BRIDGE_CNI_CONF } from "../../src/cluster/cni-conf.ts";
import { type FlowOutcome, formatFlowError, traceFlow } from "../../src/cluster/flow.ts";
import type { Pod } from "../../src/kube/snapshot.ts";
import { SimKernel } from "../../src/sim/sim-kernel.ts";
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
	{ way: "node → ClusterIP, pod here", from: "node/n1", to: "svc/here:http", pod: "here", source: "10.151.51.1" },
	{
		way: "node → ClusterIP, pod on another node",
		from: "node/n1",
		to: "svc/there:http",
		pod: "there",
		source: "172.16.1.50",
	},
	{
		way: "pod → ClusterIP, pod on the same node",
		from: "pod/client",
		to: "svc/here:http",
		pod: "here",
		source: "10.151.51.2",
	},
	{
		way: "pod → ClusterIP, pod on another node",
		from: "pod/client",
		to: "svc/there:http",
		pod: "there",
		source: "172.16.1.50",
	},
	{ way: "pod → its own Service", from: "pod/here", to: "svc/here:http", pod: "here", source: "10.151.51.1" },
	{
		way: "outside → NodePort of the pod's node",
		from: "outside",
		to: "node/n1:30080",
		pod: "here",
		source: "10.151.51.1",
	},
	{
		way: "outside → NodePort of another node",
		from: "outside",
		to: "node/n2:30080",
		pod: "here",
		source: "172.16.1.88",
	},
])("$way: $pod answers and sees $source", async ({ from, to, pod, source }) => {
	const outcome = await flow(lab, { from, to });
	expect(outcome.ending).toMatchObject({ kind: "answered", status: 200 });
	expect(JSON.parse(answerOf(outcome))).toEqual({ pod, client: source });
	expect(outcome.visit).toMatchObject({ pod: `default/${pod}`, from: { addr: source } });
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
	const cniConf = BRIDGE_CNI_CONF.replace('"hairpinMode": true', '"hairpinMode": false');
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

test("an endpoint can be chosen, and only one that the Service has", async () => {
	const both = kubeService("both", "10.150.0.7", { selector: { role: "web" } });
	const web = (name: string, node: string): Pod =>
		kubePod(name, node, { labels: { role: "web" }, ports: [containerPort(80)] });
	const snapshot = labSnapshot({ pods: [web("web-1", "n1"), web("web-2", "n2")], services: [both] });
	const kernel = new SimKernel({ seed: 1 });
	const cluster = await buildLab(snapshot, {}, kernel);
	const force = (endpoint: string): (() => void) => forceEndpoint(kernel, endpoint);
	for (const pod of ["default/web-2", "default/web-1", "default/web-2"]) {
		const outcome = await flow(cluster, { from: "pod/client", to: "svc/both", endpoint: pod, forceEndpoint: force });
		expect(outcome.visit?.pod).toBe(pod);
	}
	const wrong = await traceFlow(cluster, { from: "outside", to: "svc/both", endpoint: "client", forceEndpoint: force });
	expect(wrong.ok ? "" : formatFlowError(wrong.error)).toBe(
		"client is no endpoint of that Service: it has default/web-1, default/web-2",
	);
	const noService = await traceFlow(cluster, {
		from: "outside",
		to: "node/n1:22",
		endpoint: "client",
		forceEndpoint: force,
	});
	expect(noService.ok ? "" : formatFlowError(noService.error)).toBe("an endpoint can be chosen for a Service only");
	const empty = await traceFlow(cluster, { from: "outside", to: "svc/both", endpoint: "", forceEndpoint: force });
	expect(empty.ok ? "" : formatFlowError(empty.error)).toBe(
		'endpoint: "" is none of NAMESPACE/NAME, pod/NAMESPACE/NAME',
	);
});

test("an endpoint that the rules cannot choose is refused with the reason", async () => {
	const ports = [containerPort(80)];
	const labels = { role: "web" };
	const local = kubeService("local", "10.150.0.9", {
		type: "NodePort",
		selector: labels,
		externalTrafficPolicy: "Local",
		ports: [servicePort(80, { nodePort: 30081 })],
	});
	const snapshot = labSnapshot({
		pods: [
			kubePod("web-1", "n1", { labels, ports }),
			kubePod("web-2", "n2", { labels, ports }),
			kubePod("web-3", "n2", { labels, ports, ready: false }),
		],
		services: [local],
	});
	const kernel = new SimKernel({ seed: 1 });
	const cluster = await buildLab(snapshot, {}, kernel);
	const ask = async (endpoint: string): Promise<string> => {
		const force = (chosen: string): (() => void) => forceEndpoint(kernel, chosen);
		const asked = await traceFlow(cluster, { from: "outside", to: "node/n1:30081", endpoint, forceEndpoint: force });
		return asked.ok ? (asked.value.visit?.pod ?? "") : formatFlowError(asked.error);
	};
	expect(await ask("web-1")).toBe("default/web-1");
	expect(await ask("web-2")).toBe(
		"default/web-2 cannot be chosen, default/web-1 answered: node n1's rules choose only among local endpoints (externalTrafficPolicy: Local); default/web-2 is on n2",
	);
	expect(await ask("web-3")).toBe("default/web-3 is not ready, kube-proxy does not use it");
});

test("frames are captured on every device on the way", async () => {
	const outcome = await flow(lab, { from: "pod/client", to: "svc/there:http", capture: "all" });
	const places = new Set(outcome.frames.map((frame) => `${frame.netns} ${frame.dev.replace(/^veth.*/, "veth")}`));
	for (const place of ["pod/default/client eth0", "node/n1 veth", "node/n1 eth0", "fabric port1", "node/n2 cnio0"]) {
		expect(places).toContain(place);
	}
});

test.each([
	["pod/client", "svc/there", "to: svc/there: which port? it has 8000/TCP (http), 53/UDP (dns)"],
	["pod/cleint", "svc/here:http", 'from: there is no pod "pod/cleint"; did you mean pod/default/client?'],
])("a flow from %s to %s is refused: %s", async (from, to, message) => {
	const refused = await traceFlow(lab, { from, to });
	expect(refused.ok ? "" : formatFlowError(refused.error)).toBe(message);
});

test("TCP to a place without a port is refused", async () => {
	const refused = await traceFlow(lab, { from: "pod/client", to: "pod/here", proto: "tcp" });
	expect(refused.ok ? "" : formatFlowError(refused.error)).toBe("pod/here: TCP and UDP need a port, as in pod/here:80");
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
