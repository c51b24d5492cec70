/** The classic lab of kernel-lab 1a: two namespaces on a bridge that has no IP address. */
import { expect, test } from "vitest";
import { cidr, ip } from "../../src/wire/addr.ts";
import { badEndings, receivers, SimLab } from "../sim-lab.ts";

async function classicLab(): Promise<SimLab> {
	const lab = new SimLab("host", "ns1", "ns2");
	await lab.add("host", { kind: "link", name: "br0", link: { type: "bridge" }, up: true });
	await lab.plug("host", "br0", "veth1b", { netns: "ns1", name: "veth1a", mac: "02:00:00:00:01:0a" });
	await lab.plug("host", "br0", "veth2b", { netns: "ns2", name: "veth2a", mac: "02:00:00:00:02:0a" });
	await lab.add("ns1", { kind: "addr", dev: "veth1a", addr: cidr("10.0.0.1/24") });
	await lab.add("ns2", { kind: "addr", dev: "veth2a", addr: cidr("10.0.0.2/24") });
	for (const netns of ["host", "ns1", "ns2"]) await lab.set(netns, { kind: "link", name: "lo", up: true });
	lab.settle();
	return lab;
}

async function ping(lab: SimLab, netns: string, to: string): Promise<string> {
	const outcome: string[] = [];
	const opened = lab.kernel.sockets.openEcho(
		netns,
		ip(to),
		{},
		{
			onReply: (reply) => outcome.push(`reply from ${reply.from} ttl ${reply.ttl}`),
			onError: (report) => outcome.push(`error ${report.type}/${report.code} from ${report.from}`),
		},
	);
	if (!opened.ok) throw new Error(opened.error.message);
	const sent = opened.value.send({ seq: 1, payload: new Uint8Array(56) });
	if (!sent.ok) return sent.error.errno;
	await lab.kernel.run(() => outcome.length > 0, 10e9);
	opened.value.close();
	return outcome.join();
}

async function neighbours(lab: SimLab, netns: string): Promise<readonly string[]> {
	const dumped = await lab.kernel.dump(netns, ["neigh"]);
	if (!dumped.ok) throw new Error(dumped.error.message);
	return dumped.value.map((each) => (each.kind === "neigh" ? `${each.addr} ${each.mac} ${each.state}` : ""));
}

test("a ping crosses the bridge: one ARP exchange, then request and reply, seen once on each of five devices", async () => {
	const lab = await classicLab();
	const seen = new Map<string, number>();
	for (const [netns, dev] of [
		["ns1", "veth1a"],
		["host", "veth1b"],
		["host", "br0"],
		["host", "veth2b"],
		["ns2", "veth2a"],
	] as const) {
		lab.kernel.capture(netns, { dev }, () => seen.set(dev, (seen.get(dev) ?? 0) + 1));
	}
	expect(await ping(lab, "ns1", "10.0.0.2")).toBe("reply from 10.0.0.2 ttl 64");
	expect(Object.fromEntries(seen)).toEqual({ veth1a: 4, veth1b: 4, br0: 4, veth2b: 4, veth2a: 4 });
	expect(await neighbours(lab, "ns1")).toEqual(["10.0.0.2 02:00:00:00:02:0a REACHABLE"]);
	expect(await neighbours(lab, "ns2")).toEqual(["10.0.0.1 02:00:00:00:01:0a DELAY"]);
	expect(await neighbours(lab, "host")).toEqual([]);
	expect(badEndings(lab.settle())).toEqual([]);
});

test("without a capture br0 itself sees the broadcast only", async () => {
	const lab = await classicLab();
	await ping(lab, "ns1", "10.0.0.2");
	expect(receivers(lab.settle()).filter((each) => each === "host/br0")).toHaveLength(1);
});

test("the answerer's neighbour entry becomes REACHABLE by a unicast question 5 s later", async () => {
	const lab = await classicLab();
	await ping(lab, "ns1", "10.0.0.2");
	lab.settle();
	lab.pass(6);
	expect(await neighbours(lab, "ns2")).toEqual(["10.0.0.1 02:00:00:00:01:0a REACHABLE"]);
});

test("an absent address ends in host unreachable after three questions", async () => {
	const lab = await classicLab();
	expect(await ping(lab, "ns1", "10.0.0.9")).toBe("error 3/1 from 10.0.0.1");
	expect(lab.kernel.clock.now() / 1e9).toBeCloseTo(3.07, 2);
	expect(badEndings(lab.settle())).toEqual([]);
});

test("a bridge with an address answers, and routes between its pods and the world", async () => {
	const lab = await classicLab();
	await lab.kernel.addNetns("sv");
	const wan = { type: "veth", peer: "eth0", peerNetns: "sv" } as const;
	await lab.add("host", { kind: "link", name: "wan", link: wan, up: true });
	await lab.set("sv", { kind: "link", name: "eth0", up: true });
	await lab.add(
		"host",
		{ kind: "addr", dev: "br0", addr: cidr("10.0.0.254/24") },
		{ kind: "addr", dev: "wan", addr: cidr("203.0.113.1/24") },
	);
	await lab.add(
		"sv",
		{ kind: "addr", dev: "eth0", addr: cidr("203.0.113.9/24") },
		{ kind: "route", dst: cidr("0.0.0.0/0"), via: ip("203.0.113.1") },
	);
	await lab.add("ns1", { kind: "route", dst: cidr("0.0.0.0/0"), via: ip("10.0.0.254") });
	expect(await ping(lab, "ns1", "10.0.0.254")).toBe("reply from 10.0.0.254 ttl 64");
	expect(await ping(lab, "ns1", "203.0.113.9")).toBe("");
	await lab.set("host", { kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" });
	expect(await ping(lab, "ns1", "203.0.113.9")).toBe("reply from 203.0.113.9 ttl 63");
	expect(badEndings(lab.settle())).toEqual([]);
});

test("a connection goes through a DNAT to the neighbour on the same bridge, and back", async () => {
	const lab = await classicLab();
	await lab.add("host", { kind: "addr", dev: "br0", addr: cidr("10.0.0.254/24") });
	for (const netns of ["ns1", "ns2"]) {
		await lab.add(netns, { kind: "route", dst: cidr("0.0.0.0/0"), via: ip("10.0.0.254") });
	}
	await lab.set("host", { kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" });
	await lab.add("host", {
		kind: "xt-rule",
		family: "ipv4",
		table: "nat",
		chain: "PREROUTING",
		rule: {
			matches: [{ kind: "destination", net: cidr("10.96.0.10/32") }],
			target: { kind: "dnat", to: { minAddr: "10.0.0.2", maxAddr: "10.0.0.2" } },
		},
	});
	const heard: string[] = [];
	const { sockets } = lab.kernel;
	const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
	sockets.listenTcp("ns2", { bind: { port: 80 } }, (connection) => {
		connection.handle({
			onData: (bytes) => {
				heard.push(`server: ${text(bytes)} from ${connection.remote.addr}`);
				connection.send(Uint8Array.from([111, 107]));
				connection.close();
			},
		});
	});
	const opened = sockets.connectTcp(
		"ns1",
		{ addr: ip("10.96.0.10"), port: 80 },
		{},
		{
			onData: (bytes) => heard.push(`client: ${text(bytes)}`),
			onEnd: () => heard.push("client: end"),
		},
	);
	if (!opened.ok) throw new Error(opened.error.message);
	opened.value.send(Uint8Array.from([104, 105]));
	await lab.kernel.run(() => heard.includes("client: end"), 5e9);
	expect(heard).toEqual(["server: hi from 10.0.0.1", "client: ok", "client: end"]);
	opened.value.close();
	lab.pass(1);
	expect(badEndings(lab.settle())).toEqual([]);
});
