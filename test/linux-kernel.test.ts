/** The real kernel as a whole: namespaces, transactions through several drivers, packets through what they set up. */
import { existsSync, readdirSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { parseRule } from "../src/formats/iptables-save.ts";
import type { Op } from "../src/kernel/kernel.ts";
import type { KernelObject, XtRule } from "../src/kernel/objects.ts";
import { LinuxKernel } from "../src/linux/linux-kernel.ts";
import { cidr, ip } from "../src/wire/addr.ts";
import { LinuxLab } from "./linux-lab.ts";
import { canRunReal } from "./real-netns.ts";

const real = test.skipIf(!(await canRunReal("iptables")));

const opened: LinuxLab[] = [];
afterEach(() => {
	for (const lab of opened.splice(0)) lab.close();
});

async function open(...names: readonly string[]): Promise<LinuxLab> {
	const lab = await LinuxLab.open(...names);
	opened.push(lab);
	return lab;
}

function rule(chain: string, text: string): XtRule {
	const parsed = parseRule(text, "ipv4");
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
	return { kind: "xt-rule", family: "ipv4", table: "filter", chain, rule: parsed.value };
}

/** A client, a router and a server, with addresses and routes. */
async function threeHosts(): Promise<LinuxLab> {
	const lab = await open("client", "router", "server");
	const veth = (peerNetns: string) => ({ type: "veth", peer: "eth0", peerNetns }) as const;
	await lab.add(
		"router",
		{ kind: "link", name: "c", link: veth("client"), up: true },
		{ kind: "link", name: "s", link: veth("server"), up: true },
		{ kind: "addr", dev: "c", addr: cidr("10.0.0.1/24") },
		{ kind: "addr", dev: "s", addr: cidr("10.1.0.1/24") },
		{ kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" },
		rule("FORWARD", "-m conntrack --ctstate INVALID -j DROP"),
	);
	for (const [netns, net] of [
		["client", "10.0.0"],
		["server", "10.1.0"],
	] as const) {
		await lab.set(netns, { kind: "link", name: "eth0", up: true });
		await lab.add(
			netns,
			{ kind: "addr", dev: "eth0", addr: cidr(`${net}.2/24`) },
			{ kind: "route", dst: cidr("0.0.0.0/0"), via: ip(`${net}.1`) },
		);
	}
	return lab;
}

real("nothing is missing on the machine that runs the tests", () => {
	expect(LinuxKernel.missing()).toEqual([]);
});

real("a connection goes through what a transaction set up, right after it: captured, tracked, counted", async () => {
	const { kernel } = await threeHosts();
	const frames: string[] = [];
	const events: string[] = [];
	const capture = kernel.capture("router", { dev: "s" }, ({ direction }) => frames.push(direction));
	const watch = kernel.conntrackEvents("router", ({ type, entry }) => events.push(`${type} ${entry.proto}`));
	if (!capture.ok || !watch.ok) throw new Error("no capture");
	let received = "";
	const listening = kernel.sockets.listenTcp("server", { bind: { port: 80 } }, (connection) => {
		connection.handle({ onData: (bytes) => connection.send(bytes) });
	});
	if (!listening.ok) throw new Error(listening.error.message);
	const to = { addr: ip("10.1.0.2"), port: 80 };
	const connected = kernel.sockets.connectTcp(
		"client",
		to,
		{},
		{
			onConnect: () => connected.ok && connected.value.send(Buffer.from("hello")),
			onData: (bytes) => {
				received += Buffer.from(bytes).toString();
			},
		},
	);
	expect(await kernel.run(() => received === "hello" && frames.length > 6, 2e9)).toBe(true);
	expect(new Set(frames)).toEqual(new Set(["in", "out"]));
	expect(events[0]).toBe("new 6");
	const entries = await kernel.dump("router", ["conntrack"]);
	expect(entries.ok && entries.value).toMatchObject([{ kind: "conntrack", proto: 6, tcpState: "ESTABLISHED" }]);
	expect(kernel.conntrackStats("router")).toMatchObject({ ok: true, value: { invalid: 0 } });
	capture.value();
	watch.value();
});

real("a transaction through several drivers is taken back as a whole", async () => {
	const lab = await threeHosts();
	const everything = async (): Promise<readonly string[]> => {
		const dumped = await lab.kernel.dump("router");
		if (!dumped.ok) throw new Error(dumped.error.message);
		return dumped.value
			.map((object: KernelObject) =>
				JSON.stringify({ ...object, stats: undefined, ages: undefined, counters: undefined }),
			)
			.sort();
	};
	const before = await everything();
	const ops: readonly Op[] = [
		{ verb: "delete", object: { kind: "addr", dev: "s", addr: cidr("10.1.0.1/24") } },
		{ verb: "replace", object: { kind: "sysctl", key: "net.ipv4.ip_forward", value: "0" } },
		{ verb: "add", object: rule("INPUT", "-p tcp -m tcp --dport 22 -j ACCEPT") },
		{ verb: "delete", object: { kind: "link", name: "c" } },
		{ verb: "add", object: { kind: "nfacct", name: "x" } },
		{ verb: "delete", object: { kind: "route", dst: cidr("99.0.0.0/8") } },
	];
	expect(await lab.kernel.apply("router", ops)).toEqual({
		ok: false,
		error: { errno: "ESRCH", op: 5, message: "No such process" },
	});
	expect(await everything()).toEqual(before);
});

real(
	"with a prefix, namespaces have names and outlive the kernel object; another one adopts and deletes them",
	async () => {
		const prefix = `podwire-test-${process.pid}-`;
		const lab = new LinuxLab({ persistPrefix: prefix });
		const file = `${prefix}node-one`;
		await lab.kernel.addNetns("node/one");
		await lab.add("node/one", { kind: "link", name: "br0", link: { type: "bridge" } });
		lab.close();
		expect(existsSync(`/run/netns/${file}`)).toBe(true);
		const other = new LinuxLab({ persistPrefix: prefix });
		opened.push(other);
		expect(await other.kernel.listNetns()).toEqual([]);
		expect(await other.kernel.addNetns("node/one")).toMatchObject({ error: { errno: "EEXIST" } });
		expect(other.kernel.adoptNetns("node/one", file)).toMatchObject({ ok: true });
		expect(other.kernel.adoptNetns("x", `${file}-none`)).toMatchObject({ error: { errno: "ENOENT" } });
		await other.add("node/one", { kind: "link", name: "br1", link: { type: "bridge" } });
		expect((await other.links("node/one")).map(({ name }) => name)).toEqual(["lo", "br0", "br1"]);
		expect(await other.kernel.deleteNetns("node/one")).toEqual({ ok: true, value: undefined });
		expect(existsSync(`/run/netns/${file}`)).toBe(false);
	},
);

real("namespaces without a prefix are gone when the kernel object is closed, and no descriptor is left", async () => {
	const descriptors = (): number => readdirSync("/proc/self/fd").length;
	const once = async (): Promise<void> => {
		const lab = await threeHosts();
		lab.kernel.capture("router", {}, () => {});
		lab.kernel.conntrackEvents("router", () => {});
		await lab.kernel.deleteNetns("server");
		lab.close();
		opened.splice(0);
	};
	await once();
	await new Promise((resolve) => setTimeout(resolve, 100));
	const before = descriptors();
	for (let k = 0; k < 3; k += 1) await once();
	await new Promise((resolve) => setTimeout(resolve, 300));
	expect(descriptors()).toBe(before);
	expect(existsSync("/run/netns/router")).toBe(false);
});
