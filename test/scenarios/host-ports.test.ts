/** Host ports: the portmap plugin chained behind each network's own, and packets to them from everywhere. */
import { beforeAll, describe, expect, test } from "vitest";
import { runFlow } from "../../src/cli/flow.ts";
import type { ClusterOptions } from "../../src/cluster/build.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { BRIDGE_CNI_CONF } from "../../src/cluster/cni-conf.ts";
import { NETWORK_NAMES } from "../../src/cluster/network-name.ts";
import { formatRule } from "../../src/formats/iptables-save.ts";
import { explain } from "../../src/trace/explain.ts";
import { ip } from "../../src/wire/addr.ts";
import { containerPort, kubePod } from "../kube-objects.ts";
import { buildLab, flow, labSnapshot } from "./lab-cluster.ts";

/** `web` on n1 has host ports 8080/TCP and 5353/UDP, and 9090/TCP on the node's own address only. */
function hostPortLab(options: ClusterOptions = {}): Promise<Cluster> {
	const ports = [
		{ ...containerPort(80), hostPort: 8080 },
		{ ...containerPort(53, "UDP"), hostPort: 5353 },
		{ ...containerPort(81), hostPort: 9090, hostIP: ip("172.16.1.50") },
	];
	return buildLab(labSnapshot({ pods: [kubePod("web", "n1", { ports })] }), options);
}

const WAYS = [
	{ way: "from outside", from: "outside", to: "node/n1:8080", source: "203.0.113.2" },
	{ way: "from another node", from: "node/n2", to: "node/n1:8080", source: "172.16.1.88" },
	{ way: "from its own node", from: "node/n1", to: "node/n1:8080", source: "172.16.1.50" },
	{ way: "from its node's loopback address", from: "node/n1", to: "127.0.0.1:8080", source: "10.151.51.1" },
	{ way: "from a pod beside it", from: "pod/client", to: "node/n1:8080", source: "10.151.51.1" },
	{ way: "from the pod itself", from: "pod/web", to: "node/n1:8080", source: "10.151.51.1" },
	{ way: "from a pod elsewhere", from: "pod/there", to: "node/n1:8080", source: "172.16.1.88" },
] as const;

describe("in network bridge a host port leads to the pod", () => {
	let lab: Cluster;
	beforeAll(async () => {
		lab = await hostPortLab();
	});

	test.each(WAYS)("$way, and the pod sees $source", async ({ from, to, source }) => {
		const outcome = await flow(lab, { from, to });
		expect(outcome.ending).toMatchObject({ kind: "answered", status: 200 });
		expect(outcome.visit).toMatchObject({ pod: "default/web", from: { addr: source } });
	});

	test("also with UDP", async () => {
		const outcome = await flow(lab, { from: "outside", to: "node/n1:5353" });
		expect(outcome.proto).toBe("udp");
		expect(outcome.visit).toMatchObject({ pod: "default/web", port: { port: 53 }, from: { addr: "203.0.113.2" } });
	});

	test("of one host address is not on the others", async () => {
		const own = await flow(lab, { from: "outside", to: "node/n1:9090" });
		expect(own.visit).toMatchObject({ pod: "default/web", port: { port: 81 } });
		const other = await flow(lab, { from: "node/n1", to: "127.0.0.1:9090" });
		expect(other.ending).toMatchObject({ kind: "refused" });
	});

	test.each([
		["pod/web", "node/n1:8080", /it came to a host port from the pod's own network, and the reply must come back/],
		["node/n1", "127.0.0.1:8080", /it came to a host port from the node's loopback address/],
		["outside", "node/n1:8080", /saw the client 203\.0\.113\.2:\d+, the client's own address/],
	])("from %s to %s: the explanation says why the pod sees whom it sees", async (from, to, words) => {
		const choice = { choice: "sim", forceEndpoint: () => () => {}, close: async () => {} } as const;
		const run = await runFlow({ kernel: lab.kernel, cluster: lab, ...choice }, { from, to });
		expect(explain(run.facts, run.outcome.events).server).toMatch(words);
	});

	test("is not on other nodes", async () => {
		const outcome = await flow(lab, { from: "outside", to: "node/n2:8080" });
		expect(outcome.ending).toMatchObject({ kind: "refused" });
	});

	test("by the reference plugin's chains, behind kube-proxy's in PREROUTING", async () => {
		const dumped = await lab.kernel.dump("node/n1", ["xt-chain", "sysctl"]);
		if (!dumped.ok) throw new Error(dumped.error.message);
		const chains = dumped.value.filter((object) => object.kind === "xt-chain" && object.table === "nat");
		const lines = chains.flatMap((object) =>
			object.kind === "xt-chain" ? object.rules.map((rule) => formatRule(rule, object.chain)) : [],
		);
		const jumps = lines.filter((line) => /^-A (PRE|POST)ROUTING /.test(line) && /HOSTPORT|KUBE/.test(line));
		expect(jumps).toEqual([
			'-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
			"-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
			'-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
			'-A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ',
		]);
		const sysctl = dumped.value.find(
			(object) => object.kind === "sysctl" && object.key === "net.ipv4.conf.cnio0.route_localnet",
		);
		expect(sysctl).toMatchObject({ value: "1" });
		expect(lines.filter((line) => line.includes("--dport 9090"))).toEqual([
			expect.stringMatching(
				/^-A CNI-DN-\w{21} -s 10\.151\.51\.0\/24 -d 172\.16\.1\.50\/32 -p tcp .* -j CNI-HOSTPORT-SETMARK$/,
			),
			expect.stringMatching(
				/^-A CNI-DN-\w{21} -s 127\.0\.0\.1\/32 -d 172\.16\.1\.50\/32 -p tcp .* -j CNI-HOSTPORT-SETMARK$/,
			),
			expect.stringMatching(
				/^-A CNI-DN-\w{21} -d 172\.16\.1\.50\/32 -p tcp .* -j DNAT --to-destination 10\.151\.51\.\d:81$/,
			),
		]);
	});
});

test.each(NETWORK_NAMES)("in network %s a host port works from outside and from the pod itself", async (network) => {
	const lab = await hostPortLab({ network });
	for (const from of ["outside", "pod/web", "node/n1"]) {
		const outcome = await flow(lab, { from, to: from === "node/n1" ? "127.0.0.1:8080" : "node/n1:8080" });
		expect(outcome.visit, from).toMatchObject({ pod: "default/web" });
	}
});

test("without portmap in the network's configuration a host port leads nowhere", async () => {
	const cniConf = `{"cniVersion":"1.0.0","name":"bridge","plugins":[
		{"type":"bridge","bridge":"cnio0","isGateway":true,"ipam":{"type":"host-local","ranges":[[{"subnet":"\${POD_CIDR}"}]]}}
	]}`;
	const lab = await hostPortLab({ cniConf });
	const outcome = await flow(lab, { from: "node/n1", to: "node/n1:8080" });
	expect(outcome.ending).toMatchObject({ kind: "refused" });
});

test("the firewall plugin chained behind lets the pods' packets pass, and a host port still works", async () => {
	const cniConf = BRIDGE_CNI_CONF.replace('{"type": "portmap"', '{"type": "firewall"}, {"type": "portmap"');
	const lab = await hostPortLab({ cniConf });
	const outcome = await flow(lab, { from: "outside", to: "node/n1:8080" });
	expect(outcome.visit).toMatchObject({ pod: "default/web" });
	const leaving = await flow(lab, { from: "pod/web", to: "pod/there:80" });
	expect(leaving.visit).toMatchObject({ pod: "default/there" });
	const passed = leaving.events.flatMap((event) =>
		event.step === "rule" && event.chain === "CNI-FORWARD" ? [event.rule.target.kind] : [],
	);
	expect(passed).toContain("accept");
});
