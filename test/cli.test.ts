/** The command line as a user meets it: what it prints, its exit codes, its bad inputs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { afterAll, expect, test } from "vitest";
import { podwire } from "./run-podwire.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const EXAMPLE = join(ROOT, "examples/myapp");
const SCRATCH = mkdtempSync(join(tmpdir(), "podwire-cli-"));

afterAll(() => rmSync(SCRATCH, { recursive: true }));

function manifest(name: string, text: string): string {
	const path = join(SCRATCH, name);
	writeFileSync(path, text);
	return path;
}

const pods = (await podwire("show", "-f", EXAMPLE, "pods")).out
	.split("\n")
	.filter((line) => line.startsWith("myapp-"))
	.map((line) => line.split(/\s+/))
	.map((columns) => ({ name: columns[0] ?? "", ip: columns[5] ?? "", node: columns[6] ?? "" }));

function podOn(node: string): { readonly name: string; readonly ip: string } {
	const found = pods.find((pod) => pod.node === node);
	if (found === undefined) throw new Error(`no myapp pod on ${node}`);
	return found;
}

interface ServiceCase {
	readonly title: string;
	readonly from: string;
	readonly to: string;
	/** The node of the pod that answers; undefined: nobody does. */
	readonly answers?: string;
	/** The address the pod sees. */
	readonly sees?: string;
	readonly says: readonly string[];
}

const CASES: readonly ServiceCase[] = [
	{
		title: "node → ClusterIP, pod here: the node's bridge address is the client",
		from: "node/slave1",
		to: "svc/default/myapp",
		answers: "slave1",
		sees: "10.151.51.1",
		says: ["nat KUBE-POSTROUTING rule 3", "outside the pod network"],
	},
	{
		title: "node → ClusterIP, pod on another node: the node's own address, masqueraded to itself",
		from: "node/slave2",
		to: "svc/default/myapp",
		answers: "slave1",
		sees: "172.16.1.88",
		says: ["the same address with another port", "nat KUBE-POSTROUTING rule 3"],
	},
	{
		title: "pod → ClusterIP, pod on the same node: the client's own address",
		from: "pod/default/client",
		to: "svc/default/myapp",
		answers: "slave2",
		sees: "10.151.49.2",
		says: ["the client's own address", "rule 1 (-d 10.151.49.0/24"],
	},
	{
		title: "pod → ClusterIP, pod on another node: CNI's ipMasq changes the source",
		from: "pod/default/client",
		to: "svc/default/myapp",
		answers: "slave1",
		sees: "172.16.1.88",
		says: ["CNI's ipMasq", "the address of node slave2"],
	},
	{
		title: "a pod → its own Service: hairpin, masqueraded",
		from: "pod/default/self",
		to: "svc/default/myapp",
		answers: "slave1",
		sees: "10.151.51.1",
		says: ["the pod asked itself through its Service"],
	},
	{
		title: "outside → NodePort of the pod's node",
		from: "outside",
		to: "node/slave1:30080",
		answers: "slave1",
		sees: "10.151.51.1",
		says: ["it came from outside to the Service's external side"],
	},
	{
		title: "outside → NodePort of another node",
		from: "outside",
		to: "node/slave2:30080",
		answers: "slave1",
		sees: "172.16.1.88",
		says: ["it came from outside to the Service's external side"],
	},
	{
		title: "a Service without endpoints: rejected on the client's node",
		from: "pod/default/client",
		to: "svc/default/orphan",
		says: [
			"ECONNREFUSED",
			"filter KUBE-SERVICES rule 1",
			"made for Service default/orphan:http",
			"No server saw the request",
		],
	},
];

for (const { title, from, to, answers, sees, says } of CASES) {
	test(`trace: ${title}`, async () => {
		const pod = answers === undefined ? undefined : podOn(answers);
		const who = from === "pod/default/self" ? `pod/default/${pod?.name}` : from;
		const endpoint = pod === undefined ? [] : ["--endpoint", `default/${pod.name}`];
		const run = await podwire("trace", "-f", EXAMPLE, "--from", who, "--to", to, ...endpoint, "--quiet");
		expect(run.code).toBe(answers === undefined ? 1 : 0);
		const [client, server, rules] = run.out.split("\n");
		expect(client).toMatch(/^Client: /);
		expect(rules).toMatch(/^Rules: /);
		if (pod !== undefined) {
			expect(server).toContain(`pod default/${pod.name} (${pod.ip})`);
			expect(server).toContain(`saw the client ${sees}:`);
			expect(rules).toContain(`DNAT --to-destination ${pod.ip}:80`);
		}
		for (const words of says) expect(run.out).toContain(words);
	});
}

test("trace prints the request and the reply hop by hop, the rest in a line each", async () => {
	const endpoint = `default/${podOn("slave1").name}`;
	const run = await podwire(
		"trace",
		"-f",
		EXAMPLE,
		"--from",
		"pod/default/client",
		"--to",
		"svc/default/myapp",
		"--endpoint",
		endpoint,
	);
	expect(run.code).toBe(0);
	for (const words of [
		"┌ pod default/client (10.151.49.2) on slave2",
		"├ node slave2 (172.16.1.88)",
		"├ node slave1 (172.16.1.50)",
		"PREROUTING in=cnio0 physin=veth",
		"-A KUBE-SERVICES -d 10.150.18.86/32 -p tcp",
		"← Service default/myapp",
		"destination: 10.151.49.2:",
		'matched "10.151.51.0/24 via 172.16.1.50 dev eth0"',
		"TTL 64 → 63",
		"confirmed (original)",
		"[UNREPLIED]",
		"asks who has 172.16.1.50",
		"delivered to tcp",
		"source (translated back):",
	]) {
		expect(run.out).toContain(words);
	}
	expect(run.out).not.toContain("\u001b[");
});

test("the same seed gives the same trace, another seed another", async () => {
	const words = ["trace", "-f", EXAMPLE, "--from", "pod/default/client", "--to", "svc/default/myapp", "--json"];
	const first = await podwire(...words);
	expect((await podwire(...words)).out).toBe(first.out);
	expect((await podwire(...words, "--seed", "7")).out).not.toBe(first.out);
});

test("--json keeps to docs/trace-v1.schema.json, and every packet but those still under way ends once", async () => {
	const validate = new Ajv({ allErrors: false, strict: false }).compile(
		JSON.parse(readFileSync(join(ROOT, "docs/trace-v1.schema.json"), "utf8")),
	);
	for (const to of ["svc/default/myapp", "svc/default/orphan", "node/slave1:81", "10.151.51.200:80"]) {
		const run = await podwire("trace", "-f", EXAMPLE, "--from", "pod/default/client", "--to", to, "--json");
		const trace: unknown = JSON.parse(run.out);
		validate(trace);
		expect(validate.errors ?? [], to).toEqual([]);
		const { packets } = trace as {
			readonly packets: readonly {
				readonly end: string;
				readonly stretches: readonly { readonly steps: readonly { readonly step: string }[] }[];
			}[];
		};
		expect(packets.length).toBeGreaterThan(1);
		for (const packet of packets) {
			const ends = packet.stretches
				.flatMap((stretch) => stretch.steps)
				.filter((step) => ["deliver", "consume", "drop"].includes(step.step));
			expect(ends.length).toBe(packet.end === "in-flight" ? 0 : 1);
		}
	}
});

test("udp and icmp: a request and its answer", async () => {
	const ping = await podwire(
		"trace",
		"-f",
		EXAMPLE,
		"--from",
		"pod/default/client",
		"--to",
		`pod/default/${podOn("slave1").name}`,
		"--proto",
		"icmp",
	);
	expect(ping.code).toBe(0);
	expect(ping.out).toContain("ICMP echo request");
	expect(ping.out).toContain("ICMP echo reply");
	const dns = manifest(
		"dns.yaml",
		`apiVersion: v1
kind: Pod
metadata: {name: dns, labels: {app: dns}}
spec: {nodeName: slave1, containers: [{name: dns, ports: [{name: dns, containerPort: 53, protocol: UDP}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: dns}
spec: {clusterIP: 10.150.0.10, selector: {app: dns}, ports: [{name: dns, port: 53, protocol: UDP}]}
`,
	);
	const udp = await podwire(
		"trace",
		"-f",
		EXAMPLE,
		"-f",
		dns,
		"--from",
		"pod/default/client",
		"--to",
		"svc/default/dns",
		"--quiet",
	);
	expect(udp.code).toBe(0);
	expect(udp.out).toContain("pod default/dns");
});

test("unanswered flows exit with 1 and say where and why", async () => {
	const closed = await podwire(
		"trace",
		"-f",
		EXAMPLE,
		"--from",
		"pod/default/client",
		"--to",
		`pod/default/${podOn("slave1").name}:81`,
		"--quiet",
	);
	expect(closed.code).toBe(1);
	expect(closed.out).toContain("ECONNREFUSED");
	expect(closed.out).toContain("answered that nothing listens on that port");
	const nobody = await podwire(
		"trace",
		"-f",
		EXAMPLE,
		"--from",
		"pod/default/client",
		"--to",
		"10.151.51.200:80",
		"--quiet",
	);
	expect(nobody.code).toBe(1);
	expect(nobody.out).toMatch(/EHOSTUNREACH|no answer/);
	expect(nobody.out).toContain("no answer to ARP");
});

test("show prints objects as kubectl does and a node's state as the real tools do", async () => {
	const expected: readonly (readonly [readonly string[], RegExp])[] = [
		[["nodes"], /^NAME\s+STATUS\s+ROLES\s+AGE\s+VERSION\s+INTERNAL-IP/],
		[["services"], /myapp-nodeport\s+NodePort\s+10\.150\.18\.87\s+<none>\s+80:30080\/TCP/],
		[["endpoints"], /myapp\s+10\.151\./],
		[["links", "slave1"], /\d+: cnio0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 /],
		[["addrs", "slave1"], /inet 10\.151\.51\.1\/24 .*scope global cnio0/],
		[["routes", "slave1"], /^10\.151\.49\.0\/24 via 172\.16\.1\.88 dev eth0 $/m],
		[["neigh", "pod/default/client"], /^$/],
		[["fdb", "slave1"], / dev veth[0-9a-f]{8} master cnio0 permanent$/m],
		[
			["iptables", "slave1"],
			/^\[0:0\] -A KUBE-SERVICES -d 10\.150\.18\.86\/32 -p tcp -m comment --comment "default\/myapp cluster IP"/m,
		],
		[["sysctl", "slave1"], /^net\.ipv4\.ip_forward = 1$/m],
		[["conntrack", "slave1"], /^$/],
	];
	for (const [words, pattern] of expected) {
		const run = await podwire("show", "-f", EXAMPLE, ...words);
		expect(run.code).toBe(0);
		if (pattern.source !== "^$") expect(run.out, words.join(" ")).toMatch(pattern);
		const json = await podwire("show", "-f", EXAMPLE, ...words, "--json");
		expect(Array.isArray(JSON.parse(json.out))).toBe(true);
	}
});

test("demo explains all eight cases", async () => {
	const run = await podwire("demo", "-f", EXAMPLE);
	expect(run.code).toBe(0);
	expect(run.out.match(/^━━ \d\./gm)?.length).toBe(8);
	expect(run.out).not.toContain("not in this cluster");
	expect(run.out.match(/^Client: /gm)?.length).toBe(8);
});

const NODE = (name: string, k: number): string =>
	`apiVersion: v1\nkind: Node\nmetadata: {name: ${name}}\nspec: {podCIDR: 10.244.${k}.0/24}\nstatus: {addresses: [{type: InternalIP, address: 192.168.10.${k}}]}\n---\n`;
const WEB_SERVICE = (name: string, spec: string): string =>
	`apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec:\n  ${spec}\n  ports: [{name: http, port: 80}, {name: more, port: 81, targetPort: 80}]\n---\n`;

test("demo takes Services with several ports, and a NodePort that every node answers", async () => {
	const web =
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}\n---\n";
	const client = "apiVersion: v1\nkind: Pod\nmetadata: {name: c}\nspec: {nodeName: n1, containers: [{name: c}]}\n---\n";
	const local = WEB_SERVICE("a-local", "selector: {app: web}\n  type: NodePort\n  externalTrafficPolicy: Local");
	const everywhere = WEB_SERVICE("b", "selector: {app: web}\n  type: NodePort");
	const empty = WEB_SERVICE("empty", "selector: {app: nobody}");
	const text = NODE("n1", 11) + NODE("n2", 12) + web + client + local + everywhere + empty;
	const run = await podwire("demo", "-f", manifest("several-ports.yaml", text));
	expect(run.code, run.err).toBe(0);
	expect(run.out.match(/^Client: .* HTTP 200/gm)?.length).toBe(7);
	expect(run.out).toMatch(/^Client: outside .* asked Service default\/b /m);
	expect(run.out).toContain("--to svc/default/empty:80");
	expect(run.out).not.toContain("not run:");
});

test("a file that is named twice is read once", async () => {
	const once = await podwire("show", "-f", EXAMPLE, "pods");
	const twice = await podwire("show", "-f", EXAMPLE, "-f", `${EXAMPLE}/`, "-f", join(EXAMPLE, "client.yaml"), "pods");
	expect(twice).toEqual(once);
});

interface BadInput {
	readonly title: string;
	readonly args: readonly string[];
	readonly says: readonly (string | RegExp)[];
}

const SERVICE = (ports: string, spec = ""): string =>
	`apiVersion: v1\nkind: Service\nmetadata:\n  name: bad\nspec:\n  ${spec}\n  ports:\n    - ${ports}\n`;
const TO_MYAPP = ["--from", "pod/default/client", "--to", "svc/default/myapp"];

const BAD_INPUTS: readonly BadInput[] = [
	{
		title: "YAML that cannot be parsed: file, line, column",
		args: ["show", "-f", manifest("broken.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: [a\n"), "pods"],
		says: [/broken\.yaml:\d+:\d+: /],
	},
	{
		title: "a wrong field: file, line, column, object, path, what was expected",
		args: ["show", "-f", EXAMPLE, "-f", manifest("port.yaml", SERVICE("port: 80000")), "services"],
		says: [/port\.yaml:8:\d+: Service default\/bad: spec\.ports\[0\]\.port: /, "65535"],
	},
	{
		title: "two Services with one cluster IP",
		args: [
			"show",
			"-f",
			EXAMPLE,
			"-f",
			manifest("clash.yaml", SERVICE("port: 80", "clusterIP: 10.150.18.86")),
			"services",
		],
		says: ["Service default/bad", "10.150.18.86", "myapp.yaml:"],
	},
	{
		title: "a workload whose selector does not match its own pods",
		args: [
			"show",
			"-f",
			EXAMPLE,
			"-f",
			manifest(
				"selector.yaml",
				"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  selector: {matchLabels: {app: x}}\n  template:\n    metadata: {labels: {app: y}}\n    spec: {containers: [{name: c}]}\n",
			),
			"pods",
		],
		says: ["Deployment default/d", "selector"],
	},
	{
		title: "a pod network too small for its pods",
		args: [
			"show",
			"-f",
			manifest(
				"small.yaml",
				"apiVersion: v1\nkind: Node\nmetadata: {name: n}\nspec: {podCIDR: 10.1.0.0/30}\nstatus: {addresses: [{type: InternalIP, address: 10.0.0.1}]}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  replicas: 9\n  selector: {matchLabels: {app: y}}\n  template:\n    metadata: {labels: {app: y}}\n    spec: {containers: [{name: c}]}\n",
			),
			"pods",
		],
		says: ["10.1.0.0/30", /9 pods|pods/],
	},
	{
		title: "an unknown --from names what is near",
		args: ["trace", "-f", EXAMPLE, "--from", "pod/default/cleint", "--to", "svc/default/myapp"],
		says: ["from:", "pod/default/client"],
	},
	{
		title: "an unknown Service names what is near",
		args: ["trace", "-f", EXAMPLE, "--from", "pod/default/client", "--to", "svc/default/myap"],
		says: ["to:", "svc/default/myapp"],
	},
	{
		title: "an endpoint that the Service does not have",
		args: ["trace", "-f", EXAMPLE, ...TO_MYAPP, "--endpoint", "default/client"],
		says: ["default/client is no endpoint", "default/myapp-"],
	},
	{
		title: "a file that is not there",
		args: ["show", "-f", "/nowhere.yaml", "pods"],
		says: ["/nowhere.yaml: no such file"],
	},
	{
		title: "a URL in place of a file",
		args: ["show", "-f", "https://example.com/a.yaml", "pods"],
		says: ["https://example.com/a.yaml: URLs are not read"],
	},
	{
		title: "manifests without a Node",
		args: ["show", "-f", manifest("nodeless.yaml", SERVICE("port: 80")), "pods"],
		says: ["the manifests have no Node", "kubectl get nodes -o yaml", "examples/myapp/nodes.yaml"],
	},
	{
		title: "a capture on standard output",
		args: ["trace", "-f", EXAMPLE, ...TO_MYAPP, "--pcap", "-"],
		says: ["--pcap -: standard output holds the text"],
	},
	{ title: "no manifests", args: ["show", "pods"], says: ["-f PATH"] },
	{ title: "an unknown thing to show", args: ["show", "-f", EXAMPLE, "podz"], says: ["podz", "nodes, pods, services"] },
	{ title: "a node's state without a node", args: ["show", "-f", EXAMPLE, "routes"], says: ["of which node"] },
	{
		title: "an unknown option",
		args: ["show", "-f", EXAMPLE, "--jsno", "pods"],
		says: ["unknown option", "--json"],
	},
	{ title: "an unknown command", args: ["tarce"], says: ["unknown command", "trace"] },
	{
		title: "a capture that cannot be written",
		args: ["trace", "-f", EXAMPLE, ...TO_MYAPP, "--pcap", "/nowhere/x.pcapng"],
		says: ["--pcap /nowhere/x.pcapng"],
	},
];

for (const { title, args, says } of BAD_INPUTS) {
	test(`bad input: ${title}`, async () => {
		const run = await podwire(...args);
		expect(run.code, run.err).toBe(2);
		expect(run.out).toBe("");
		for (const words of says) {
			if (typeof words === "string") expect(run.err).toContain(words);
			else expect(run.err).toMatch(words);
		}
	});
}

test("--help on everything and --version exit with 0", async () => {
	for (const args of [["--help"], ["trace", "--help"], ["show", "--help"], ["demo", "--help"]]) {
		const run = await podwire(...args);
		expect(run.code).toBe(0);
		expect(run.out).toContain("Usage: podwire");
	}
	expect((await podwire("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("ping: the server line says who answered and which address it saw", async () => {
	const pod = podOn("slave1");
	const run = await podwire(
		"trace",
		"-f",
		EXAMPLE,
		"--from",
		"pod/default/client",
		"--to",
		`pod/default/${pod.name}`,
		"--quiet",
	);
	expect(run.code).toBe(0);
	expect(run.out).toContain(`Server: pod default/${pod.name} (${pod.ip}) on slave1 saw the client 172.16.1.88`);
	expect(run.out).toContain("CNI's ipMasq");
});
