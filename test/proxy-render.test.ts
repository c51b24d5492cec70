/** `podwire proxy render` against every golden of the real kube-proxy 1.36.2, and what it says to bad input. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { type PodwireRun, podwire } from "./run-podwire.ts";

const GOLDEN = fileURLToPath(new URL("../../shared/golden/", import.meta.url));
const SCRATCH = mkdtempSync(join(tmpdir(), "podwire-render-"));
const CLUSTER = ["-f", join(SCRATCH, "cluster.json")];

afterAll(() => rmSync(SCRATCH, { recursive: true }));

const MANIFESTS = [
	{
		apiVersion: "v1",
		kind: "Node",
		metadata: { name: "slave1" },
		spec: { podCIDR: "10.151.51.0/24" },
		status: { addresses: [{ type: "InternalIP", address: "172.16.1.50" }] },
	},
	{
		apiVersion: "v1",
		kind: "Service",
		metadata: { name: "myapp" },
		spec: { clusterIP: "10.150.18.86", type: "NodePort", ports: [{ port: 80, nodePort: 30080 }] },
	},
	{
		apiVersion: "discovery.k8s.io/v1",
		kind: "EndpointSlice",
		metadata: { name: "myapp-1", labels: { "kubernetes.io/service-name": "myapp" } },
		addressType: "IPv4",
		ports: [{ name: "", port: 80 }],
		endpoints: [{ addresses: ["10.151.51.7"], nodeName: "slave1" }],
	},
];
writeFileSync(join(SCRATCH, "cluster.json"), JSON.stringify({ apiVersion: "v1", kind: "List", items: MANIFESTS }));

const render = (...args: readonly string[]): Promise<PodwireRun> => podwire("proxy", "render", ...args);

function file(name: string, text: string): string {
	const path = join(SCRATCH, name);
	writeFileSync(path, text);
	return path;
}

function configuration(name: string, ...lines: readonly string[]): string {
	return file(
		name,
		["apiVersion: kubeproxy.config.k8s.io/v1alpha1", "kind: KubeProxyConfiguration", ...lines, ""].join("\n"),
	);
}

/** The chains in which upstream writes its Services in the random order of a Go map. */
const SHARED = /^-A KUBE-(SERVICES|NODEPORTS|EXTERNAL-SERVICES|PROXY-FIREWALL) /;

/** The text without the lines that name program and time; in shared chains each Service port's rules stand together, in their order. */
function normal(save: string): readonly string[] {
	const lines = save.split("\n").filter((line) => !line.startsWith("#"));
	const shared = (line: string): string => SHARED.exec(line)?.[0] ?? "";
	const port = (line: string): string => /--comment "([^ "]*\/[^ "]*)/.exec(line)?.[1] ?? "~";
	const result: string[] = [];
	for (let at = 0; at < lines.length; ) {
		const chain = shared(lines[at] ?? "");
		let end = at + 1;
		while (chain !== "" && end < lines.length && shared(lines[end] ?? "") === chain) end += 1;
		const block = lines.slice(at, end);
		const sorted = block.map((line, k) => ({ line, k, key: port(line) }));
		sorted.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.k - b.k));
		result.push(...sorted.map(({ line }) => line));
		at = end;
	}
	return result;
}

const goldens = existsSync(GOLDEN) ? readdirSync(GOLDEN).filter((name) => /^\d+$/.test(name)) : [];

describe.skipIf(goldens.length === 0)("the goldens of kube-proxy 1.36.2 (../shared/golden)", () => {
	test("all twenty are there", () => {
		expect(goldens.length).toBe(20);
	});

	const both = goldens.flatMap((golden) => [
		{ golden, family: "IPv4", save: "iptables-save.txt" },
		{ golden, family: "IPv6", save: "ip6tables-save.txt" },
	]);
	test.each(both)(
		"$golden $family: the text is that of iptables-save, line for line",
		async ({ golden, family, save }) => {
			const folder = join(GOLDEN, golden);
			const args = ["--mode", "iptables", "--family", family, "-f", join(folder, "objects.json")];
			const { code, out } = await render(...args, "--config", join(folder, "config.json"), "--node", "node-0");
			expect(code).toBe(0);
			expect(normal(out)).toEqual(normal(readFileSync(join(folder, save), "utf8")));
		},
	);
});

test("the text is one that iptables-restore takes", async () => {
	const { out } = await render(...CLUSTER, "--cluster-cidr", "10.151.0.0/16");
	// The counters would have to be there, which a test of the text alone does not make.
	const text = out.replaceAll(/ -m nfacct --nfacct-name +\S+/g, "");
	expect(text).toContain("KUBE-SVC-");
	const args = ["-n", "iptables-restore", "--test"];
	expect(execFileSync("unshare", args, { input: text, encoding: "utf8" })).toBe("");
});

test("a pod's address in its status is enough: slices are made from pods where none are given", async () => {
	const pods = [
		"apiVersion: v1",
		"kind: Pod",
		"metadata: {name: p, labels: {app: web}}",
		"spec: {nodeName: n, containers: [{name: c, ports: [{containerPort: 80}]}]}",
		"status: {podIP: 10.9.0.7, conditions: [{type: Ready, status: 'True'}]}",
	];
	const service = [
		"apiVersion: v1",
		"kind: Service",
		"metadata: {name: web}",
		"spec: {selector: {app: web}, clusterIP: 10.96.0.9, ports: [{port: 80}]}",
	];
	const node = [
		"apiVersion: v1",
		"kind: Node",
		"metadata: {name: n}",
		"spec: {podCIDR: 10.9.0.0/24}",
		"status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}",
	];
	const path = file("pod.yaml", [...pods, "---", ...service, "---", ...node, ""].join("\n"));
	const { out } = await render("-f", path);
	expect(out).toContain("--to-destination 10.9.0.7:80");
});

test("a Node needs no network for pods, unless local traffic is told apart by it", async () => {
	const node = MANIFESTS[0] as { spec: object };
	const items = [{ ...node, spec: {} }, ...MANIFESTS.slice(1)];
	const path = file("no-pod-cidr.json", JSON.stringify({ apiVersion: "v1", kind: "List", items }));
	const { code, out } = await render("-f", path, "--detect-local-mode", "NodeCIDR");
	expect(code).toBe(0);
	expect(out).toContain("KUBE-SVC-");
	expect(out).not.toMatch(/-A KUBE-SVC-\S+ ! -s/);
});

test("IPVS mode: what each tool would list, and its settings from the file", async () => {
	const path = configuration("ipvs.yaml", "mode: ipvs", "ipvs: {scheduler: lc, strictARP: true, udpTimeout: 30s}");
	const { code, out } = await render(...CLUSTER, "--config", path);
	expect(code).toBe(0);
	expect(out.match(/^# .*$/gm)).toEqual([
		"# sysctl",
		"# ip -batch",
		"# ipvsadm -S -n",
		"# ipset save",
		"# iptables-save",
	]);
	expect(out).toContain("net.ipv4.conf.all.arp_ignore = 1");
	expect(out).toContain("addr add 10.150.18.86/32 dev kube-ipvs0");
	expect(out).toContain("-A -t 10.150.18.86:80 -s lc\n-a -t 10.150.18.86:80 -r 10.151.51.7:80 -m -w 1\n");
	expect(out).toContain("create KUBE-CLUSTER-IP hash:ip,port");
	expect(out).toContain("add KUBE-CLUSTER-IP 10.150.18.86,tcp:80");
	expect(out).toContain("--match-set KUBE-CLUSTER-IP");
});

test("--mode goes before the file's mode, and it is that mode's settings that are checked", async () => {
	const path = configuration("mode.yaml", "mode: iptables", "ipvs: {excludeCIDRs: [x]}");
	expect((await render(...CLUSTER, "--config", path)).code).toBe(0);
	const { code, err } = await render(...CLUSTER, "--config", path, "--mode", "ipvs");
	expect(code).toBe(2);
	expect(err).toContain(
		'ipvs.excludeCIDRs[0]: KubeProxyConfiguration.KubeProxyIPVSConfiguration.ExcludeCidrs[0]: Invalid value: "x": must be a valid CIDR',
	);
});

test("--json has the kernel objects", async () => {
	const { code, out } = await render(...CLUSTER, "--json");
	expect(code).toBe(0);
	const { schema, mode, node, objects } = JSON.parse(out);
	expect({ schema, mode, node }).toEqual({ schema: "podwire.proxy-render/v1", mode: "iptables", node: "slave1" });
	expect(objects.filter((object: { kind: string }) => object.kind === "xt-chain").length).toBeGreaterThan(10);
});

const MASQ_ALL = /-A KUBE-SVC-\S+ -d \S+ -p tcp .* -j KUBE-MARK-MASQ/;

test("the flags are kube-proxy's, and have no effect beside a file", async () => {
	const flags = ["--masquerade-all", "--iptables-masquerade-bit=3", "--nodeport-addresses", "primary"];
	const { out } = await render(...CLUSTER, ...flags);
	expect(out).toMatch(MASQ_ALL);
	expect(out).toContain("--set-xmark 0x8/0x8");
	expect(out).toContain('-A KUBE-SERVICES -d 172.16.1.50/32 -m comment --comment "kubernetes service nodeports;');
	const path = configuration("plain.yaml", "clusterCIDR: 10.151.0.0/16");
	const beside = await render(...CLUSTER, "--config", path, "--masquerade-all");
	expect(beside.out).not.toMatch(MASQ_ALL);
	expect(beside.err).toContain("--masquerade-all has no effect");
});

test("a configuration file says what its fields say", async () => {
	const lines = [
		"iptables: {masqueradeAll: true, localhostNodePorts: false}",
		"detectLocalMode: InterfaceNamePrefix",
		"detectLocal: {interfaceNamePrefix: cali}",
		"conntrack: {tcpBeLiberal: true}",
	];
	const { out } = await render(...CLUSTER, "--config", configuration("all.yaml", ...lines));
	expect(out).toMatch(MASQ_ALL);
	expect(out).toContain('! -d 127.0.0.0/8 -m comment --comment "kubernetes service nodeports;');
	expect(out).not.toContain("INVALID");
});

test.each([
	[
		"mode: ipvsx",
		`3:7: mode: KubeProxyConfiguration.Mode.ProxyMode: Invalid value: "ipvsx": must be iptables, ipvs, nftables or blank (blank means the best-available proxy [currently iptables])`,
	],
	[
		"iptables: {masqueradeBit: 32}",
		"3:27: iptables.masqueradeBit: KubeProxyConfiguration.KubeProxyIPTablesConfiguration.MasqueradeBit: Invalid value: 32: must be within the range [0, 31]",
	],
	[
		"iptables: {syncPeriod: -1s}",
		"3:24: iptables.syncPeriod: KubeProxyConfiguration.SyncPeriod: Invalid value: -1s: must be greater than 0",
	],
	[
		"iptables: {syncPeriod: 5s, minSyncPeriod: 1m}",
		"3:24: iptables.syncPeriod: KubeProxyConfiguration.SyncPeriod: Invalid value: 1m0s: must be greater than or equal to KubeProxyConfiguration.MinSyncPeriod",
	],
	[
		"clusterCIDR: 10.0.0.0/8,10.1.0.0/16",
		`3:14: clusterCIDR: KubeProxyConfiguration.DetectLocalConfiguration.ClusterCIDRs: Invalid value: ["10.0.0.0/8","10.1.0.0/16"]: must be a either a single CIDR or dual-stack pair of CIDRs (e.g. [10.100.0.0/16, fde4:8dba:82e1::/48]`,
	],
	[
		"nodePortAddresses: [primary, 10.0.0.0/8]",
		`3:21: nodePortAddresses[0]: KubeProxyConfiguration.NodePortAddresses[0]: Invalid value: "primary": can't use both 'primary' and CIDRs`,
	],
	[
		"nodePortAddresses: [10.0.0.0/8, foo]",
		`3:33: nodePortAddresses[1]: KubeProxyConfiguration.NodePortAddresses[1]: Invalid value: "foo": must be a valid CIDR`,
	],
	[
		"detectLocalMode: Guess",
		`3:18: detectLocalMode: KubeProxyConfiguration.DetectLocalMode: Unsupported value: "Guess": supported values: "ClusterCIDR", "NodeCIDR", "BridgeInterface", "InterfaceNamePrefix", ""`,
	],
	[
		"detectLocalMode: BridgeInterface",
		`detectLocal.bridgeInterface: KubeProxyConfiguration.DetectLocalConfiguration.InterfaceName: Invalid value: "": must not be empty`,
	],
	[
		"metricsBindAddress: 127.0.0.1:0",
		`3:21: metricsBindAddress: KubeProxyConfiguration.MetricsBindAddress: Invalid value: "0": must be a valid port`,
	],
	[
		"conntrack: {udpTimeout: -5s}",
		"3:25: conntrack.udpTimeout: KubeProxyConfiguration.KubeProxyLinuxConfiguration.KubeProxyConntrackConfiguration.UDPTimeout: Invalid value: -5s: must be greater than or equal to 0",
	],
	["iptables: {masqueradeAll: yes please}", '3:27: iptables.masqueradeAll: expected true or false, found "yes please"'],
	["iptables: {syncPeriod: 30}", "3:24: iptables.syncPeriod: expected a duration as text (30s, 1h30m), found 30"],
	["iptables: [", "syntax"],
])("refused with its place: %s", async (line, message) => {
	const { code, out, err } = await render(...CLUSTER, "--config", configuration("bad.yaml", line));
	expect({ code, out }).toEqual({ code: 2, out: "" });
	expect(err).toMatch(/^podwire: \S+\/bad\.yaml:\d+:\d+: /);
	if (message !== "syntax") expect(err).toContain(message);
});

test.each([
	["", "Object 'Kind' is missing"],
	["kind: KubeProxyConfiguration\n", "Object 'apiVersion' is missing"],
	[
		"kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n",
		`no kind "KubeletConfiguration" is registered for version "kubelet.config.k8s.io/v1beta1"`,
	],
	["Twas bryllyg, and ye slythy toves", "could not find expected ':'"],
	["kind: KubeProxyConfiguration\nTwas bryllyg, and ye slythy toves", "other.yaml:2:1: could not find expected ':'"],
	["bindAddress: ::", "other.yaml:1:14: mapping values are not allowed in this context"],
	[
		'{"clusterCIDR": "10.0.0.0"}',
		`1:17: clusterCIDR: KubeProxyConfiguration.DetectLocalConfiguration.ClusterCIDRs[0]: Invalid value: "10.0.0.0": must be a valid CIDR block`,
	],
])("no configuration: %j", async (text, message) => {
	const { code, err } = await render(...CLUSTER, "--config", file("other.yaml", text));
	expect(code).toBe(2);
	expect(err).toContain(message);
});

test.each([
	[
		["--iptables-masquerade-bit", "32"],
		"--iptables-masquerade-bit: KubeProxyConfiguration.KubeProxyIPTablesConfiguration.MasqueradeBit: Invalid value: 32: must be within the range [0, 31]",
	],
	[
		["--iptables-masquerade-bit", "x"],
		'invalid argument "x" for "--iptables-masquerade-bit" flag: strconv.ParseInt: parsing "x": invalid syntax',
	],
	[
		["--masquerade-all=perhaps"],
		'invalid argument "perhaps" for "--masquerade-all" flag: strconv.ParseBool: parsing "perhaps": invalid syntax',
	],
	[
		["--iptables-sync-period", "soon"],
		'invalid argument "soon" for "--iptables-sync-period" flag: time: invalid duration "soon"',
	],
	[["--node", "nobody"], "--node nobody: there is no such Node; there is"],
	[["--config", "/nowhere.yaml"], "/nowhere.yaml: ENOENT"],
	[["--mode", "nftables"], "--mode nftables: proxy render does not have this mode"],
])("refused: %j", async (args, message) => {
	const { code, err } = await render(...CLUSTER, ...args);
	expect(code).toBe(2);
	expect(err).toContain(message);
});

test("what kube-proxy ignores is said and not refused: unknown fields, fields that are there twice", async () => {
	const path = configuration(
		"odd.yaml",
		"clusterCIDR: 10.0.0.0/8",
		"iptables: {masqueradeBits: 3}",
		"clusterCIDR: 10.0.0.0/9",
	);
	const { code, err } = await render(...CLUSTER, "--config", path);
	expect(code).toBe(0);
	expect(err).toContain(
		"odd.yaml:4:12: iptables.masqueradeBits: unknown field, which kube-proxy ignores; did you mean iptables.masqueradeBit?",
	);
	expect(err).toContain("odd.yaml:5:1: Map keys must be unique; kube-proxy uses the last one");
});

test("a cluster is built with the configuration of --proxy-config; one that is wrong is refused before anything is built", async () => {
	const example = fileURLToPath(new URL("../examples/myapp", import.meta.url));
	const show = (config: string): Promise<PodwireRun> =>
		podwire("show", "-f", example, "--proxy-config", config, "iptables", "slave1");
	const good = configuration("cluster.yaml", "iptables: {masqueradeAll: true, masqueradeBit: 5}");
	const { code, out } = await show(good);
	expect(code).toBe(0);
	expect(out).toMatch(MASQ_ALL);
	expect(out).toContain("--set-xmark 0x20/0x20");
	expect(await show(configuration("bit.yaml", "iptables: {masqueradeBit: 50}"))).toMatchObject({ code: 2, out: "" });
	const ipvs = await show(configuration("ipvs-cluster.yaml", "mode: ipvs"));
	expect(ipvs.out).toContain("--match-set KUBE-CLUSTER-IP");
	expect((await show(configuration("nft.yaml", "mode: nftables"))).err).toContain("mode nftables");
});
