/** `--network` as a user meets it, on the simulated kernel. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { afterAll, expect, test } from "vitest";
import { NETWORK_NAMES } from "../src/cluster/network-name.ts";
import { parseCapture } from "../src/wire/pcap.ts";
import { summarizeFrame } from "../src/wire/summary.ts";
import { podwire } from "./run-podwire.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const TWO_SUBNETS = join(ROOT, "examples/two-subnets");
const SCRATCH = mkdtempSync(join(tmpdir(), "podwire-networks-"));
const FLOW = ["--from", "pod/default/client", "--to", "svc/default/web", "--endpoint", "default/web-far"];

afterAll(() => rmSync(SCRATCH, { recursive: true }));

test("calico-ipip: a packet in a packet, each with its own way, and the tunnel in words", async () => {
	const { code, out } = await podwire("trace", "--network", "calico-ipip", "-f", TWO_SUBNETS, ...FLOW);
	expect(code).toBe(0);
	expect(out).toMatch(
		/^#\d+ IP 172\.16\.1\.50 > 172\.16\.2\.77: IP 10\.151\.51\.2\.\d+ > 10\.151\.32\.1\.80: Flags \[S\]/m,
	);
	expect(out).toMatch(/ip_tunnel_xmit +tunl0 puts it into packet #(\d+): IPIP 172\.16\.1\.50 → 172\.16\.2\.77\n/);
	expect(out).toContain(
		"Tunnel: On node slave1 (172.16.1.50) tunl0 put the request into an IPv4 packet (IPIP) from 172.16.1.50 to 172.16.2.77 (node master1), where tunl0 took it out.\n",
	);
	// The request, what carries it, and what comes out are told in full, in this order.
	const hops = out.split("\n").filter((line) => /^[┌├] /.test(line));
	expect(hops.slice(0, 7)).toEqual([
		"┌ pod default/client (10.151.51.2) on slave1",
		"├ node slave1 (172.16.1.50)",
		"┌ node slave1 (172.16.1.50)",
		"├ fabric",
		"├ node master1 (172.16.2.77)",
		"┌ node master1 (172.16.2.77)",
		"├ pod default/web-far (10.151.32.1) on master1",
	]);
});

test("flannel-vxlan: the frame inside is told with the datagram", async () => {
	const { out } = await podwire("trace", "--network", "flannel-vxlan", "-f", TWO_SUBNETS, ...FLOW);
	expect(out).toMatch(
		/^#\d+ IP 172\.16\.1\.50\.\d+ > 172\.16\.2\.77\.8472: VXLAN, flags \[I\] \(0x08\), vni 1: IP 10\.151\.51\.3\.\d+ > 10\.151\.32\.2\.80: Flags \[S\]/m,
	);
	expect(out).toContain(
		"Tunnel: On node slave1 (172.16.1.50) flannel.1 put the request into a UDP datagram (VXLAN 1, port 8472)",
	);
});

test("calico: no tunnel within one node network", async () => {
	const near = ["--from", "pod/default/client", "--to", "svc/default/web", "--endpoint", "default/web-near"];
	const { out } = await podwire("trace", "--quiet", "--network", "calico", "-f", TWO_SUBNETS, ...near);
	expect(out).not.toContain("Tunnel:");
});

test.each(["calico-ipip", "flannel-vxlan"])(
	"%s: --json keeps to the schema and says which tunnel it was",
	async (network) => {
		const { out } = await podwire("trace", "--json", "--network", network, "-f", TWO_SUBNETS, ...FLOW);
		const trace = JSON.parse(out);
		const validate = new Ajv({ allErrors: false, strict: false }).compile(
			JSON.parse(readFileSync(join(ROOT, "docs/trace-v1.schema.json"), "utf8")),
		);
		expect(validate(trace) ? [] : validate.errors).toEqual([]);
		expect(trace.explanation.tunnel).toMatch(/^On node slave1/);
	},
);

test.each([
	["calico-ipip", /^IP 172\.16\.1\.50 > 172\.16\.2\.77: IP 10\.151\.51\.2/],
	["flannel-vxlan", /^IP 172\.16\.1\.50\.\d+ > 172\.16\.2\.77\.8472: OTV, .*\nIP 10\.151\.51\.3/],
])("%s: --pcap has the outer packets", async (network, outer) => {
	const file = join(SCRATCH, `${network}.pcapng`);
	await podwire("trace", "--quiet", "--pcap", file, "--network", network, "-f", TWO_SUBNETS, ...FLOW);
	const read = parseCapture(readFileSync(file));
	if (!read.ok) throw new Error("not a capture");
	const fabric = read.value.packets.filter((packet) => read.value.interfaces[packet.interface]?.name === "fabric:lan0");
	expect(
		fabric.map(({ frame }) => summarizeFrame(frame, { link: "ethernet" })).filter((line) => outer.test(line)).length,
	).toBeGreaterThan(3);
});

// The article's table, with blocks of Calico's usual size: another network's node by the tunnel, a near one directly, the
// node's own block as a blackhole, and its pods one by one.
test("show routes has the form of a Calico node's table", async () => {
	const { out } = await podwire("show", "--network", "calico", "-f", TWO_SUBNETS, "routes", "slave1");
	expect(out.split("\n").filter((line) => line !== "" && !line.includes("table local"))).toEqual([
		"default via 172.16.1.1 dev eth0 ",
		"10.151.32.0/26 via 172.16.2.77 dev tunl0 proto bird onlink ",
		"10.151.49.0/26 via 172.16.1.88 dev eth0 proto bird ",
		"blackhole 10.151.51.0/26 proto bird ",
		"10.151.51.1 dev cali39a1d46e763 scope link ",
		"10.151.51.2 dev calia7a3e029a7b scope link ",
		"172.16.1.0/24 dev eth0 proto kernel scope link src 172.16.1.50 ",
	]);
});

test("show links has a Calico node's devices", async () => {
	const { out } = await podwire("show", "--network", "calico", "-f", TWO_SUBNETS, "links", "slave1");
	expect(out).toMatch(
		/^\d+: tunl0@NONE: <NOARP,UP,LOWER_UP> mtu 1480 qdisc noqueue state UNKNOWN .*\n {4}link\/ipip 0\.0\.0\.0 brd 0\.0\.0\.0\n/m,
	);
	expect(out).toMatch(/^\d+: calia7a3e029a7b@if\d+: <.*> mtu 1480 .*\n {4}link\/ether ee:ee:ee:ee:ee:ee /m);
});

test("flannel's forwarding and ARP entries lead to the other nodes' devices", async () => {
	const show = (what: string) => podwire("show", "--network", "flannel-vxlan", "-f", TWO_SUBNETS, what, "slave1");
	const entry = /^(\S+) dev flannel\.1 dst 172\.16\.2\.77 self permanent$/m.exec((await show("fdb")).out);
	expect((await show("neigh")).out).toContain(`10.151.32.0 dev flannel.1 lladdr ${entry?.[1]} PERMANENT`);
	expect((await show("routes")).out).toContain("10.151.32.0/24 via 10.151.32.0 dev flannel.1 onlink \n");
	const there = await podwire("show", "--network", "flannel-vxlan", "-f", TWO_SUBNETS, "links", "master1");
	expect(there.out).toContain(`link/ether ${entry?.[1]} `);
});

test.each(NETWORK_NAMES)("demo explains all eight cases in network %s", async (network) => {
	const { code, out } = await podwire("demo", "--network", network, "-f", join(ROOT, "examples/myapp"));
	expect(code).toBe(0);
	expect(out.match(/and got HTTP 200/g)).toHaveLength(7);
	expect(out).not.toContain("not run");
	if (network !== "bridge") expect(out).toContain(`$ podwire trace --network ${network} -f`);
});

test("an unknown network is refused", async () => {
	const ran = await podwire("show", "--network", "cilium", "-f", TWO_SUBNETS, "nodes");
	expect(ran.code).toBe(2);
});

test.each([
	["flannel-vxlan", "flanneld does so for every packet from a pod to a destination outside the pod network."],
	["calico", "Calico's natOutgoing does so for every packet from a pod to a destination outside its pools."],
])("%s: what pods send beyond the cluster comes from their node, and it is said why", async (network, why) => {
	const flow = ["--from", "pod/default/client", "--to", "outside"];
	const { out } = await podwire("trace", "--quiet", "--network", network, "-f", TWO_SUBNETS, ...flow);
	expect(out).toMatch(/outside \(203\.0\.113\.2\) saw the client 172\.16\.1\.50/);
	expect(out).toContain(why);
});
