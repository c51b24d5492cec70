/**
 * The same cluster on both kernels: the eight cases of the README, with real sockets in real namespaces, end alike: which pod
 * answers, whom it sees, every rule counter, every conntrack entry. Needs root.
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { MAIN, podwireProcess as podwire } from "./run-podwire.ts";

const run = promisify(execFile);
const MYAPP = new URL("../examples/myapp", import.meta.url).pathname;
const DNS_EXAMPLE = new URL("../examples/dns", import.meta.url).pathname;
const TWO_SUBNETS = new URL("../examples/two-subnets", import.meta.url).pathname;
const HOST_PORT = new URL("../examples/host-port", import.meta.url).pathname;
const ON_SLAVE1 = "default/myapp-d94648cb5-5zz67";
const ON_SLAVE2 = "default/myapp-d94648cb5-vhg6r";

function namespaces(): readonly string[] {
	try {
		return readdirSync("/run/netns").filter((file) => file.startsWith("podwire-"));
	} catch {
		return [];
	}
}

const FLOWS = [
	{ what: "node → ClusterIP, here", from: "node/slave1", to: "svc/default/myapp", endpoint: ON_SLAVE1 },
	{ what: "node → ClusterIP, elsewhere", from: "node/slave2", to: "svc/default/myapp", endpoint: ON_SLAVE1 },
	{ what: "pod → ClusterIP, here", from: "pod/default/client", to: "svc/default/myapp", endpoint: ON_SLAVE2 },
	{ what: "pod → ClusterIP, elsewhere", from: "pod/default/client", to: "svc/default/myapp", endpoint: ON_SLAVE1 },
	{ what: "pod → itself", from: `pod/${ON_SLAVE1}`, to: "svc/default/myapp", endpoint: ON_SLAVE1 },
	{ what: "outside → NodePort, here", from: "outside", to: "node/slave1:30080", endpoint: ON_SLAVE1 },
	{ what: "outside → NodePort, elsewhere", from: "outside", to: "node/slave2:30080", endpoint: ON_SLAVE1 },
	{ what: "a Service without endpoints", from: "pod/default/client", to: "svc/default/orphan" },
	{ what: "ping", from: "pod/default/client", to: `pod/${ON_SLAVE1}` },
];

// Calico's nodes here share one network, so that no packet needs the tunnel, which not every kernel has.
describe.each(["bridge", "host-gw", "flannel-vxlan", "calico"])(
	"in network %s a flow ends alike on both kernels",
	(network) => {
		// A machine that is busy elsewhere lets TCP acknowledge once more, and that packet is counted.
		test.each(FLOWS)("$what", { retry: 1 }, async ({ from, to, endpoint }) => {
			const chosen = endpoint === undefined ? [] : ["--endpoint", endpoint];
			const flow = ["--from", from, "--to", to, ...chosen];
			const ran = await podwire("trace", "--kernel", "both", "--network", network, "--quiet", "-f", MYAPP, ...flow);
			expect(ran).toMatchObject({
				code: 0,
				out: expect.stringMatching(/^Both kernels agree: .* [1-9]\d* rule counters/),
			});
		});
	},
);

test("without --endpoint this machine's kernel takes the pod that the simulated one took", async () => {
	const flow = ["--from", "outside", "--to", "node/slave1:30080"];
	const servers = new Set<string>();
	for (const seed of ["1", "2", "3"]) {
		const ran = await podwire("trace", "--kernel", "both", "--seed", seed, "-f", MYAPP, ...flow);
		expect(ran).toMatchObject({
			code: 0,
			out: expect.stringMatching(/^Both kernels agree: .* [1-9]\d* rule counters/m),
		});
		for (const [, pod = ""] of ran.out.matchAll(/^Server: pod (\S+)/gm)) servers.add(pod);
	}
	expect(servers.size).toBeGreaterThan(1);
});

// In ../shared/tools/vm-run --modules br_netfilter, where there is IPVS, the flows run; elsewhere what is missing is named.
describe("with kube-proxy in IPVS mode a flow ends alike on both kernels, where the real one has IPVS", () => {
	test.each(FLOWS)("$what", { retry: 1 }, async ({ from, to, endpoint }) => {
		const chosen = endpoint === undefined ? [] : ["--endpoint", endpoint];
		const flow = ["--from", from, "--to", to, ...chosen];
		const ran = await podwire("trace", "--kernel", "both", "--proxy-mode", "ipvs", "--quiet", "-f", MYAPP, ...flow);
		if (ran.code === 2) {
			expect(ran.err).toMatch(/^podwire: --proxy-mode ipvs: this machine's kernel has no .* \(module (dummy|ip_vs)\)/m);
			expect(ran.out).toBe("");
			return;
		}
		expect(ran).toMatchObject({
			code: 0,
			out: expect.stringMatching(/^Both kernels agree: .* [1-9]\d* rule counters/),
		});
	});
});

// Outside, hairpin and localhost: what the server sees, every counter of the portmap plugin's chains, the conntrack entries.
describe.each(["bridge", "calico"])("in network %s a host port leads to the pod alike on both kernels", (network) => {
	test.each([
		["outside", "node/slave1:8080"],
		["pod/default/web", "node/slave1:8080"],
		["node/slave1", "127.0.0.1:8080"],
	])("from %s", { retry: 1 }, async (from, to) => {
		const args = ["--network", network, "--quiet", "-f", MYAPP, "-f", HOST_PORT, "--from", from, "--to", to];
		const ran = await podwire("trace", "--kernel", "both", ...args);
		expect(ran).toMatchObject({ code: 0, out: expect.stringMatching(/^Both kernels agree: .* \d\d rule counters/) });
		const { out } = await podwire("trace", "--kernel", "linux", ...args);
		expect(out).toContain("Server: pod default/web ");
	});
});

test("across node networks VXLAN carries it on both kernels, through the router between them", async () => {
	const flow = ["--from", "pod/default/client", "--to", "svc/default/web", "--endpoint", "default/web-far"];
	const args = ["--network", "flannel-vxlan", "-f", TWO_SUBNETS, ...flow];
	const both = await podwire("trace", "--kernel", "both", "--quiet", ...args);
	expect(both.out).toMatch(/^Both kernels agree/);
	const { out } = await podwire("trace", "--kernel", "linux", ...args);
	expect(out).toMatch(
		/eth0 +out IP 172\.16\.1\.50\.\d+ > 172\.16\.2\.77\.8472: VXLAN, flags \[I\] \(0x08\), vni 1: IP 10\.151\./,
	);
	expect(out).toContain(
		"Tunnel: On node slave1 (172.16.1.50) flannel.1 put the request into a UDP datagram (VXLAN 1, port 8472) from 172.16.1.50 to 172.16.2.77 (node master1), where flannel.1 took it out.",
	);
});

test("a network's state on the real kernel is what the simulated one has", async () => {
	for (const what of ["routes", "neigh"]) {
		const args = ["show", "--network", "flannel-vxlan", "-f", TWO_SUBNETS, what, "slave1"];
		expect((await podwire(...args, "--kernel", "linux")).out).toBe((await podwire(...args)).out);
	}
});

const HAS_IPIP = await run("unshare", ["-n", "ip", "link", "add", "t", "type", "ipip"]).then(
	() => true,
	() => false,
);

test("calico-ipip works on both kernels, or it is said what this machine lacks", async () => {
	const flow = ["--from", "pod/default/client", "--to", "pod/default/web-far"];
	const args = ["--quiet", "--network", "calico-ipip", "-f", TWO_SUBNETS, ...flow];
	const ran = await podwire("trace", "--kernel", "both", ...args);
	if (HAS_IPIP) expect(ran.out).toMatch(/^Both kernels agree/);
	else
		expect(ran).toMatchObject({
			code: 2,
			err: expect.stringContaining("--network calico-ipip: this machine's kernel has no devices of type ipip"),
		});
});

test("the real kernel's flow is told by captures and counters, and answers as on the simulated one", async () => {
	const args = ["-f", MYAPP, "--from", "pod/default/client", "--to", "svc/default/myapp", "--endpoint", ON_SLAVE1];
	const { code, out } = await podwire("trace", "--kernel", "linux", ...args);
	expect(code).toBe(0);
	expect(out).toMatch(/├ node slave2 \(172\.16\.1\.88\)\n│ .* veth\w+ +in .*\n/);
	expect(out).toMatch(/eth0 +out IP 172\.16\.1\.88\.\d+ > 10\.151\.51\.3\.80: Flags \[S\]/);
	expect(out).toContain(
		"KUBE-SEP-PXN7LFW4CFYHRWYK 2 DNAT --to-destination 10.151.51.3:80; nat CNI-f01c0f8a748fbe80625846d6 2 MASQUERADE.",
	);
	expect(namespaces()).toEqual([]);
});

test("a node's state on the real kernel is what its own tools print", async () => {
	const shown = await podwire("show", "--kernel", "linux", "-f", MYAPP, "routes", "slave1");
	const simulated = await podwire("show", "-f", MYAPP, "routes", "slave1");
	expect(shown.out).toBe(simulated.out);
});

describe("a cluster that is left standing", () => {
	afterEach(async () => {
		await podwire("down");
	});

	test("can be played with, is not made twice, and down removes exactly it", async () => {
		await run("ip", ["netns", "add", "bystander"]);
		try {
			const up = await podwire("up", "-f", MYAPP);
			expect(up).toMatchObject({
				code: 0,
				out: expect.stringContaining("ip netns exec podwire-node-master1 iptables-save"),
			});
			const client = namespaces().find((file) => file.endsWith("-client")) ?? "";
			const asked = await run("ip", ["netns", "exec", client, "curl", "-s", "-m", "5", "http://10.150.18.86"]);
			expect(JSON.parse(asked.stdout)).toMatchObject({ pod: expect.stringMatching(/^myapp-/) });
			expect(
				await podwire(
					"trace",
					"--kernel",
					"linux",
					"--keep",
					"-f",
					MYAPP,
					"--from",
					"outside",
					"--to",
					"node/slave1:30080",
				),
			).toMatchObject({
				code: 2,
				err: expect.stringContaining("a cluster is standing already; `podwire down` removes it"),
			});
			const server = JSON.parse(readFileSync("/run/podwire/standing.json", "utf8")).server.pid;
			const down = await podwire("down");
			expect(down.out).toMatch(/^Removed the pods' programs and \d+ network namespaces\.\n$/);
			expect(namespaces()).toEqual([]);
			expect((await run("ip", ["netns", "list"])).stdout).toContain("bystander");
			await expect.poll(() => isAlive(server)).toBe(false);
			expect((await podwire("down")).out).toBe("No cluster is standing.\n");
		} finally {
			await run("ip", ["netns", "delete", "bystander"]);
		}
	});

	test("has cluster DNS: real programs in its pods find Services by their names", async () => {
		expect(await podwire("up", "-f", DNS_EXAMPLE)).toMatchObject({ code: 0 });
		const client = namespaces().find((file) => file.endsWith("-client")) ?? "";
		const inPod = async (...words: readonly string[]): Promise<string> =>
			(await run("ip", ["netns", "exec", client, ...words])).stdout;
		expect(await inPod("dig", "+short", "+search", "web.shop")).toBe("10.96.0.80\n");
		expect(await inPod("dig", "+short", "+tcp", "SRV", "_http._tcp.web.shop.svc.cluster.local")).toBe(
			"0 100 80 web.shop.svc.cluster.local.\n",
		);
		expect(await inPod("curl", "-s", "-m", "5", "http://web.shop/")).toMatch(/^\{"pod":"web-/);
		expect(await inPod("getent", "hosts", "db-1.db.shop")).toMatch(
			/^10\.244\.\d+\.\d+ +db-1\.db\.shop\.svc\.cluster\.local/,
		);
		await podwire("down");
		expect(existsSync(`/etc/netns/${client}`)).toBe(false);
	});

	test("is removed as well when making it was killed half-way", async () => {
		const making = execFile(process.execPath, [MAIN, "up", "-f", MYAPP]);
		const ended = new Promise((resolve) => making.once("exit", resolve));
		await expect.poll(() => namespaces().length, { interval: 5, timeout: 10_000 }).toBeGreaterThan(3);
		making.kill("SIGKILL");
		await ended;
		expect(namespaces().length).toBeGreaterThan(0);
		expect((await podwire("down")).code).toBe(0);
		expect(namespaces()).toEqual([]);
	});
});

test("what can only be kept on the real kernel is said", async () => {
	const kept = await podwire("show", "--keep", "-f", MYAPP, "pods");
	expect(kept).toMatchObject({
		code: 2,
		err: expect.stringContaining("--keep: only a cluster on the real kernel can be kept: --kernel linux"),
	});
});

test("without root the real kernel is refused with what is missing", async () => {
	const { stderr, code } = await run("setpriv", [
		"--reuid=65534",
		"--clear-groups",
		"--inh-caps=-all",
		process.execPath,
		MAIN,
		"trace",
		"--kernel",
		"linux",
		"-f",
		MYAPP,
		"--from",
		"outside",
		"--to",
		"node/slave1:30080",
	]).then(
		() => ({ stderr: "", code: 0 }),
		(error: { stderr: string; code: number }) => error,
	);
	expect(code).toBe(2);
	expect(stderr).toContain("podwire: --kernel linux: Network namespaces need root (CAP_SYS_ADMIN)");
});

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}
