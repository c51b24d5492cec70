/**
 * `podwire cni` as a container runtime runs plugins, on the real kernel: bridge and portmap for a container, both families,
 * its port reached from everywhere, and nothing left behind. In namespaces of its own. Needs root.
 */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MAIN } from "./run-podwire.ts";

const run = promisify(execFile);
/** Not from a package. */
const NSENTER = "nsenter";
const DATA = mkdtempSync(`${tmpdir()}/podwire-cni-`);
const IPAM = {
	type: "host-local",
	dataDir: DATA,
	ranges: [[{ subnet: "10.88.0.0/24" }], [{ subnet: "fd00:88::/64" }]],
	routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
};
const BRIDGE = {
	cniVersion: "1.1.0",
	name: "net",
	type: "bridge",
	isGateway: true,
	ipMasq: true,
	hairpinMode: true,
	ipam: IPAM,
};
const MAPPINGS = [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }];
const PORTMAP = { cniVersion: "1.1.0", name: "net", type: "portmap", runtimeConfig: { portMappings: MAPPINGS } };
const SERVE = `require("node:http").createServer((q,r)=>r.end(q.socket.remoteAddress)).listen(80,"0.0.0.0",()=>console.log("ready"))`;

/** A "node": a network namespace with a /run/netns of its own, held by a process. */
const holder = spawn(
	"unshare",
	[
		"-n",
		"-m",
		"sh",
		"-c",
		"mount -t tmpfs none /run/netns && ip link set lo up && ip netns add c1 && echo ready && exec sleep 600",
	],
	{ stdio: ["ignore", "pipe", "inherit"] },
);

function inside(argv: readonly string[]): readonly string[] {
	return ["-t", String(holder.pid), "-n", "-m", "--", ...argv];
}

async function sh(...argv: readonly string[]): Promise<string> {
	return (await run(NSENTER, inside(argv))).stdout;
}

async function cni(
	command: string,
	config: Readonly<Record<string, unknown>>,
	id = "cid1",
): Promise<{ code: number; out: string }> {
	const env = {
		CNI_COMMAND: command,
		CNI_CONTAINERID: id,
		CNI_NETNS: "/run/netns/c1",
		CNI_IFNAME: "eth0",
		CNI_PATH: "/opt/cni/bin",
	};
	const words = Object.entries(env).map(([key, value]) => `${key}=${value}`);
	const plugin = typeof config["plugin"] === "string" ? config["plugin"] : String(config["type"]);
	const child = spawn(NSENTER, inside(["env", ...words, process.execPath, MAIN, "cni", plugin]));
	let out = "";
	child.stdout.on("data", (text) => {
		out += String(text);
	});
	child.stdin.end(JSON.stringify(config));
	const code = await new Promise<number>((resolve) => child.once("close", (status) => resolve(status ?? -1)));
	return { code, out };
}

beforeAll(async () => {
	await new Promise<void>((resolve, reject) => {
		holder.stdout.once("data", () => resolve());
		holder.once("exit", (status) => reject(new Error(`unshare ended with ${status}`)));
	});
});

afterAll(() => {
	holder.kill("SIGKILL");
	rmSync(DATA, { recursive: true, force: true });
});

test("bridge and portmap give a container addresses and a port of the host, and DEL takes them back", async () => {
	const added = await cni("ADD", BRIDGE);
	expect(added.code, added.out).toBe(0);
	const prevResult = JSON.parse(added.out);
	expect(prevResult.ips).toEqual([
		{ interface: 2, address: "10.88.0.2/24", gateway: "10.88.0.1" },
		{ interface: 2, address: "fd00:88::2/64", gateway: "fd00:88::1" },
	]);
	const mapped = await cni("ADD", { ...PORTMAP, prevResult });
	expect(JSON.parse(mapped.out)).toEqual(prevResult);

	const server = spawn(NSENTER, inside(["ip", "netns", "exec", "c1", process.execPath, "-e", SERVE]));
	try {
		await new Promise((resolve) => server.stdout.once("data", resolve));
		const curl = ["curl", "-s", "-m", "5"];
		expect(await sh(...curl, "http://127.0.0.1:8080")).toBe("10.88.0.1");
		expect(await sh(...curl, "http://10.88.0.1:8080")).toBe("10.88.0.1");
		expect(await sh("ip", "netns", "exec", "c1", ...curl, "http://10.88.0.1:8080")).toBe("10.88.0.1");
	} finally {
		server.kill("SIGKILL");
	}

	expect(await cni("CHECK", { ...PORTMAP, prevResult })).toEqual({ code: 0, out: "" });
	expect(await cni("CHECK", { ...BRIDGE, prevResult })).toEqual({ code: 0, out: "" });
	const rules = await sh("iptables-save", "-t", "nat");
	expect(rules).toMatch(/-A CNI-HOSTPORT-DNAT -p tcp .* --dports 8080 -j CNI-DN-/);
	expect(await sh("ip6tables-save", "-t", "nat")).toContain("-j DNAT --to-destination [fd00:88::2]:80");

	for (const config of [PORTMAP, BRIDGE, BRIDGE]) expect(await cni("DEL", config)).toEqual({ code: 0, out: "" });
	expect(await sh("iptables-save", "-t", "nat")).not.toContain("cid1");
	expect(await sh("ip", "-n", "c1", "-br", "link")).not.toContain("eth0");
	expect(readdirSync(`${DATA}/net`).sort()).toEqual(["last_reserved_ip.0", "last_reserved_ip.1", "lock"]);
	const checked = await cni("CHECK", { ...BRIDGE, prevResult });
	expect(checked.code).toBe(1);
	expect(JSON.parse(checked.out)).toMatchObject({ cniVersion: "1.1.0", code: 999 });
});

test("ptp and firewall, both families: routes by the gateway alone, a host route back, and the container's packets pass", async () => {
	const ptp = { cniVersion: "1.0.0", name: "p2p", type: "ptp", ipMasq: true, mtu: 1400, ipam: IPAM };
	const added = await cni("ADD", ptp);
	expect(added.code, added.out).toBe(0);
	const prevResult = JSON.parse(added.out);
	const hostDevice: string = prevResult.interfaces[0].name;
	expect(
		(await sh("ip", "-n", "c1", "route"))
			.trimEnd()
			.split("\n")
			.map((line) => line.trim()),
	).toEqual([
		"default via 10.88.0.1 dev eth0",
		"10.88.0.0/24 via 10.88.0.1 dev eth0 src 10.88.0.2",
		"10.88.0.1 dev eth0 scope link src 10.88.0.2",
	]);
	const routes6 = await sh("ip", "-n", "c1", "-6", "route");
	expect(routes6).toContain("fd00:88::1 dev eth0 src fd00:88::2 metric 1024");
	expect(routes6).toContain("fd00:88::/64 via fd00:88::1 dev eth0 src fd00:88::2 metric 1024");
	expect(routes6).not.toContain("proto kernel metric 256 fd00");
	expect(await sh("ip", "route", "show", "dev", hostDevice)).toBe("10.88.0.2 scope host \n");
	const firewall = { cniVersion: "1.0.0", name: "p2p", type: "firewall", prevResult };
	expect(JSON.parse((await cni("ADD", firewall)).out)).toEqual(prevResult);
	for (const config of [firewall, { ...ptp, prevResult }])
		expect(await cni("CHECK", config)).toEqual({ code: 0, out: "" });
	expect(await sh("iptables-save", "-t", "filter")).toContain("-A CNI-FORWARD -s 10.88.0.2/32 -j ACCEPT");
	await sh("ip", "netns", "exec", "c1", "ping", "-c", "1", "-W", "2", "10.88.0.1");
	for (const config of [firewall, ptp]) expect(await cni("DEL", config)).toEqual({ code: 0, out: "" });
	expect(await sh("iptables-save")).not.toContain("10.88.0.2");
	expect(await sh("ip", "-br", "link")).not.toContain(hostDevice);
});

test("host-local run by four at once gives four addresses", async () => {
	const config = { ...BRIDGE, name: "crowd", plugin: "host-local" };
	const answers = await Promise.all(["a", "b", "c", "d"].map((id) => cni("ADD", config, id)));
	const addresses: readonly string[] = answers.map(({ out }) => JSON.parse(out).ips[0].address);
	expect([...addresses].sort()).toEqual(["10.88.0.2/24", "10.88.0.3/24", "10.88.0.4/24", "10.88.0.5/24"]);
});

test("a container in the plugin's own namespace, and an unknown version, are refused with the specification's codes", async () => {
	const own = await run(
		NSENTER,
		inside([
			"sh",
			"-c",
			`echo '${JSON.stringify(BRIDGE)}' | CNI_COMMAND=ADD CNI_CONTAINERID=x CNI_NETNS=/proc/self/ns/net CNI_IFNAME=eth0 CNI_PATH=/x ${process.execPath} ${MAIN} cni bridge || true`,
		]),
	);
	expect(JSON.parse(own.stdout)).toMatchObject({ code: 8 });
	const version = await cni("ADD", { ...BRIDGE, cniVersion: "9.9.9" });
	expect(version.code).toBe(1);
	expect(JSON.parse(version.out)).toMatchObject({ code: 1, msg: "incompatible CNI versions" });
});
