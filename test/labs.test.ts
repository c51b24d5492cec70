/** The labs that come with podwire: every expectation holds, their commands are the articles', and a broken copy fails with a diff. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { parseLab } from "../src/shell/lab/parse-lab.ts";
import { splitCommands } from "../src/shell/lab/terminal.ts";
import { parseCapture } from "../src/wire/pcap.ts";
import { podwire } from "./run-podwire.ts";

const LABS = fileURLToPath(new URL("../labs/", import.meta.url));
const SEEDS = fileURLToPath(new URL("../../shared/seeds/", import.meta.url));
const SCRATCH = mkdtempSync(join(tmpdir(), "podwire-labs-"));

afterAll(() => rmSync(SCRATCH, { recursive: true }));

function labText(name: string): string {
	return readFileSync(join(LABS, `${name}.yaml`), "utf8");
}

function commandsOf(name: string): readonly string[] {
	const lab = parseLab({ path: name, text: labText(name) });
	if (!lab.ok) throw new Error(`${name} is no lab`);
	return lab.value.lab.steps.flatMap((step) => splitCommands(step.run ?? ""));
}

const ARTICLES = [
	["dnat-bridge", "000_e6fe816fe3f3a0f9.txt"],
	["bridge-same-subnet", "001_f308a968d94b76de.txt"],
] as const;

/** Labs of articles that have lost their commands. */
const OTHERS = [
	"ipset-blacklist",
	"ipvs-modes",
	"ipvs-nat",
	"ipvs-schedulers",
	"k8s-dns",
	"k8s-iptables-service",
	"k8s-ipvs-clusterip",
	"k8s-ipvs-nodeport",
] as const;

test("every lab is tested here", () => {
	const names = readdirSync(LABS).map((file) => file.replace(/\.yaml$/, ""));
	expect(names.toSorted()).toEqual([...ARTICLES.map(([name]) => name), ...OTHERS].toSorted());
});

test.each([...ARTICLES.map(([name]) => name), ...OTHERS])("%s: every expectation holds", async (name) => {
	const { code, out, err } = await podwire("lab", "run", name, "--captures", SCRATCH);
	expect(out.split("\n").filter((line) => line.includes("✘"))).toEqual([]);
	expect(code).toBe(0);
	expect(err).toBe("");
	expect(out).toMatch(/✔ all \d+ expectations hold \(\d+ steps\)\n/);
});

test.each(ARTICLES)("%s: its captures are named", async (name) => {
	const { out } = await podwire("lab", "run", name, "--captures", SCRATCH);
	expect(out).toMatch(/\ncaptures: \S+\.pcap/);
});

test.each(ARTICLES)("%s: the commands are printed so in the article", (name, seed) => {
	const article = readFileSync(join(SEEDS, seed), "utf8");
	const commands = commandsOf(name);
	expect(commands.length).toBeGreaterThan(40);
	expect(commands.filter((command) => !article.includes(command))).toEqual([]);
});

test.each(ARTICLES)("%s: the commands come in the article's order", (name, seed) => {
	const article = readFileSync(join(SEEDS, seed), "utf8");
	let at = 0;
	const late: string[] = [];
	for (const command of new Set(commandsOf(name))) {
		const found = article.indexOf(command, at);
		if (found < 0) late.push(command);
		else at = found;
	}
	expect(late).toEqual([]);
});

test("the same lab runs the same way, byte for byte", async () => {
	const first = await podwire("lab", "run", "dnat-bridge", "--captures", SCRATCH);
	const second = await podwire("lab", "run", "dnat-bridge", "--captures", SCRATCH);
	expect(second.out).toBe(first.out);
});

test("captures are written where one says, as pcap", async () => {
	const directory = join(SCRATCH, "captures");
	mkdirSync(directory);
	const { code, out } = await podwire("lab", "run", "dnat-bridge", "--quiet", "--captures", directory);
	expect(code).toBe(0);
	expect(readdirSync(directory)).toEqual(["icmp-br0.pcap", "icmp-eth0.pcap"]);
	expect(out).toContain(`captures: ${directory}/icmp-eth0.pcap, ${directory}/icmp-br0.pcap\n`);
	const capture = parseCapture(readFileSync(join(directory, "icmp-br0.pcap")));
	expect(capture.ok && capture.value.packets.length).toBeGreaterThan(6);
});

test("--explain answers why the reply passes no nat chain", async () => {
	const { code, out } = await podwire("lab", "run", "dnat-bridge", "--explain", "--captures", SCRATCH);
	expect(code).toBe(0);
	expect(out).toMatch(
		/#\d+ passed no nat chain of master, neither PREROUTING nor POSTROUTING: it is a reply, and connection tracking knows the connection already/,
	);
	expect(out).toMatch(
		/By the entry alone the source of #\d+ was translated back: 10\.244\.1\.2:9090 > 10\.211\.55\.123:\d+ became 10\.211\.55\.122:8090 > /,
	);
	expect(out).toContain("The article's author wonders");
});

test("--explain says why a bridged ping is, or is not, seen by iptables", async () => {
	const { out } = await podwire("lab", "run", "bridge-same-subnet", "--explain", "--captures", SCRATCH);
	expect(out).toContain("because net.bridge.bridge-nf-call-iptables is 0 there");
	expect(out).toContain("net.bridge.bridge-nf-call-iptables is 1 there, so bridged IPv4 packets are shown to iptables");
});

test("--explain says what IPVS did with a packet, why the client drops the answer, and why no rule of nat met it", async () => {
	const { out } = await podwire("lab", "run", "ipvs-nat", "--explain", "--captures", SCRATCH);
	expect(out).toMatch(/│ ip_vs_schedule +IPVS schedules to 192\.168\.113\.100:8080 of TCP 10\.10\.0\.1:8410 \(rr\)/);
	expect(out).toMatch(
		/\* #\d+ was for 10\.10\.0\.1:8410, and routing said that this is for director itself\. In INPUT,/,
	);
	expect(out).toMatch(
		/\* client asked 10\.10\.0\.1:8410, and #\d+ is an answer of 192\.168\.113\.100:8080\..+client has no connection with 192\.168\.113\.100:8080, so it dropped #\d+ and #\d+/,
	);
	expect(out).toMatch(
		/nat POSTROUTING of director has rules, and #\d+ met none of them: net\.ipv4\.vs\.conntrack is 0 there/,
	);
	expect(out).toMatch(
		/192\.168\.113\.100:8080 > 192\.168\.113\.102:35562 became 10\.10\.0\.1:8410 > 192\.168\.113\.102:35562/,
	);
	expect(out).toMatch(/IPVS of director knows the service that #\d+ is for, and has no server for it/);
});

test("--explain tells direct routing and tunnelling from NAT", async () => {
	const { out } = await podwire("lab", "run", "ipvs-modes", "--explain", "--captures", SCRATCH);
	expect(out).toContain("Direct routing: no byte of the IP packet was changed, it still is for 192.168.113.200:80;");
	expect(out).toMatch(
		/\* #\d+ reached real2 as it was sent, still for 192\.168\.113\.200, and that is no address of real2/,
	);
	expect(out).not.toContain("echo 1 > /proc/sys/net/ipv4/ip_forward");
	expect(out).toContain(
		"Tunnelling: the whole packet, still for 192.168.113.200:80, went inside another one (protocol IPIP)",
	);
});

test("--json is the whole run as data", async () => {
	const { code, out } = await podwire("lab", "run", "bridge-same-subnet", "--json", "--explain", "--captures", SCRATCH);
	expect(code).toBe(0);
	const result: unknown = JSON.parse(out);
	expect(result).toMatchObject({ schema: "podwire.lab-result/v1", ok: true, failed: 0 });
	expect(result).toHaveProperty("steps.4.commands.0", { command: "ip netns exec ns1 ping 10.244.1.4 -c 1", exit: 0 });
	expect(result).toHaveProperty("steps.4.explained.schema", "podwire.explain/v1");
});

/** A copy of a lab with one piece of its text replaced. */
function broken(name: string, from: string, to: string): string {
	const text = labText(name);
	if (!text.includes(from)) throw new Error(`${name} has no ${from}`);
	const path = join(SCRATCH, `${name}-broken.yaml`);
	writeFileSync(path, text.replace(from, to));
	return path;
}

test("a lab whose machine forwards nothing fails with a diff, exit code 1", async () => {
	const path = broken("dnat-bridge", "      echo 1 > /proc/sys/net/ipv4/ip_forward\n", "");
	const { code, out } = await podwire("lab", "run", path, "--quiet", "--captures", SCRATCH);
	expect(code).toBe(1);
	expect(out).toMatch(/✘ stdout is as expected {2}\S+dnat-bridge-broken\.yaml:\d+:\d+\n {6}- \{"Age":12/);
	expect(out).toMatch(/✘ \d+ of \d+ expectations failed/);
});

test("an expectation that is wrong fails alone", async () => {
	const path = broken("bridge-same-subnet", "packets: 2, bytes: 168", "packets: 3, bytes: 168");
	const { code, out } = await podwire("lab", "run", path, "--quiet", "--captures", SCRATCH);
	expect(code).toBe(1);
	expect(out).toMatch(
		/^ {2}✘ packets of filter FORWARD "Filter-FORWARD-1-": 3 {2}\S+bridge-same-subnet-broken\.yaml:\d+:\d+\n {6}- 3\n {6}\+ 2\n✘ 1 of \d+ expectations failed \(\d+ steps\)\ncaptures: \S+icmp\.pcap\n$/,
	);
});

test("a lab file that is wrong: exit code 2, with its place", async () => {
	const path = broken("bridge-same-subnet", "interruptAfter: 3500ms", "interruptAfter: soon");
	const { code, out, err } = await podwire("lab", "run", path);
	expect(code).toBe(2);
	expect(out).toBe("");
	expect(err).toMatch(
		/^podwire: \S+\.yaml:\d+:21: steps\[3\]\.interruptAfter: expected a time as 500ms, 3s or 2m, found "soon"\n$/,
	);
});

test("what the kernel refuses of a lab's machines is named with its place", async () => {
	const path = join(SCRATCH, "gateway.yaml");
	const host =
		"hosts: { a: { interfaces: { eth0: { addresses: 10.0.0.1/24 } }, routes: [{ to: default, via: 10.9.9.9 }] } }";
	writeFileSync(path, `schema: podwire.lab/v1\ntitle: t\n${host}\nsteps: []\n`);
	const { code, err } = await podwire("lab", "run", path);
	expect(code).toBe(2);
	expect(err).toContain("gateway.yaml:3:74: hosts.a.routes[0]: ");
});

test("a lab that there is not: the names that there are", async () => {
	expect(await podwire("lab", "run", "bridge")).toMatchObject({ code: 2, out: "" });
	expect((await podwire("lab", "run", "dnat-brigde")).err).toContain("did you mean dnat-bridge?");
	expect((await podwire("lab", "run", "nothing-like-it")).err).toContain("there is bridge-same-subnet, dnat-bridge");
	expect((await podwire("lab", "run", "./no-such.yaml")).err).toContain("./no-such.yaml: ENOENT");
});

const CLUSTER_LAB = `schema: podwire.lab/v1
title: t
cluster:
  proxyMode: ipvs
  manifests: |
    apiVersion: v1
    kind: Node
    metadata: { name: n1 }
    spec: { podCIDR: 10.244.1.0/24 }
    status: { addresses: [{ type: InternalIP, address: 192.0.2.1 }] }
steps:
  - on: n1
    run: hostname
    expect: { stdout: { equals: n1 } }
`;

test.each([
	["nothing", "", "", 0, ""],
	[
		"a mode",
		"ipvs\n",
		"ipvss\n",
		2,
		'4:14: cluster.proxyMode: expected a mode of kube-proxy, found "ipvss"; did you mean ipvs?',
	],
	[
		"a network",
		"proxyMode: ipvs",
		"network: calicoo",
		2,
		'4:12: cluster.network: expected a network, found "calicoo"; did you mean calico?',
	],
	["a machine", "on: n1", "on: n2", 2, '12:9: steps[0].on: expected a machine, found "n2"; did you mean n1?'],
	[
		"a manifest",
		"10.244.1.0/24",
		"x",
		2,
		"5:14: cluster.manifests: cluster.manifests:4:18: Node n1: spec.podCIDR: expected a CIDR",
	],
	[
		"machines besides",
		"cluster:",
		"hosts: { a: {} }\ncluster:",
		2,
		"3:8: hosts: the machines of a lab with a cluster are the cluster's",
	],
] as const)("a lab with a cluster, and %s that is wrong", async (...row) => {
	const [, from, to, exit, message] = row;
	const path = join(SCRATCH, "cluster.yaml");
	writeFileSync(path, CLUSTER_LAB.replace(from, to));
	const { code, err } = await podwire("lab", "run", path);
	expect(err).toContain(message === "" ? "" : `${path}:${message}`);
	expect(code).toBe(exit);
});

test("lab list names them all", async () => {
	const { code, out } = await podwire("lab", "list");
	expect(code).toBe(0);
	expect(out.split("\n").map((line) => line.split(" ")[0])).toEqual([
		"bridge-same-subnet",
		"dnat-bridge",
		"ipset-blacklist",
		"ipvs-modes",
		"ipvs-nat",
		"ipvs-schedulers",
		"k8s-dns",
		"k8s-iptables-service",
		"k8s-ipvs-clusterip",
		"k8s-ipvs-nodeport",
		"",
	]);
});
