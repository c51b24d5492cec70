/**
 * Facts of ../shared/reference/kernel-lab.md about settings, objects and limits, asked of both kernels through the port; the
 * number in front is the fact's (`facts/table.ts`). Needs root, with the packages that .ci/run names.
 */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { utf8Encode } from "../src/base/bytes.ts";
import { parseIptablesSave } from "../src/formats/iptables-save.ts";
import type { CapturedFrame, Kernel, Op } from "../src/kernel/kernel.ts";
import type { KernelObject, KernelObjectKind, Link } from "../src/kernel/objects.ts";
import type { TcpConnection } from "../src/kernel/socket.ts";
import { KernelLog } from "../src/linux/kernel-log.ts";
import { openLinuxKernel } from "../src/linux/open-linux-kernel.ts";
import { ping } from "../src/programs/ping.ts";
import { SimKernel } from "../src/sim/sim-kernel.ts";
import { cidr, ip, mac } from "../src/wire/addr.ts";
import { ETH_HLEN } from "../src/wire/ethernet.ts";
import { ipv4Id } from "../src/wire/ipv4.ts";
import { summarizeFrame } from "../src/wire/summary.ts";

const MS = 1_000_000;
const SECOND = 1_000_000_000;

/** What a fresh namespace has: fact 14. */
const CONNTRACK_SETTINGS: Readonly<Record<string, number>> = {
	acct: 0,
	checksum: 1,
	events: 2,
	generic_timeout: 600,
	gre_timeout: 30,
	gre_timeout_stream: 180,
	icmp_timeout: 30,
	log_invalid: 0,
	sctp_timeout_closed: 10,
	sctp_timeout_cookie_echoed: 3,
	sctp_timeout_cookie_wait: 3,
	sctp_timeout_established: 210,
	sctp_timeout_heartbeat_sent: 30,
	sctp_timeout_shutdown_ack_sent: 3,
	sctp_timeout_shutdown_recd: 3,
	sctp_timeout_shutdown_sent: 3,
	tcp_be_liberal: 0,
	tcp_ignore_invalid_rst: 0,
	tcp_loose: 1,
	tcp_max_retrans: 3,
	tcp_timeout_close: 10,
	tcp_timeout_close_wait: 60,
	tcp_timeout_established: 432000,
	tcp_timeout_fin_wait: 120,
	tcp_timeout_last_ack: 30,
	tcp_timeout_max_retrans: 300,
	tcp_timeout_syn_recv: 60,
	tcp_timeout_syn_sent: 120,
	tcp_timeout_time_wait: 120,
	tcp_timeout_unacknowledged: 300,
	udp_timeout: 30,
	udp_timeout_stream: 120,
};

const BRIDGE_SETTINGS: Readonly<Record<string, number>> = {
	"bridge-nf-call-iptables": 1,
	"bridge-nf-call-arptables": 1,
	"bridge-nf-call-ip6tables": 1,
	"bridge-nf-filter-vlan-tagged": 0,
	"bridge-nf-filter-pppoe-tagged": 0,
	"bridge-nf-pass-vlan-input-dev": 0,
};

const NEIGH_SETTINGS: Readonly<Record<string, number>> = {
	delay_first_probe_time: 5,
	base_reachable_time_ms: 30_000,
	gc_stale_time: 60,
	ucast_solicit: 3,
	mcast_solicit: 3,
};

const TCP_SETTINGS: Readonly<Record<string, number>> = {
	tcp_syn_linear_timeouts: 4,
	tcp_syn_retries: 6,
	tcp_synack_retries: 5,
};

interface Opened {
	readonly kernel: Kernel;
	/** The kernel's own lines, not those of LOG rules only. */
	log(): readonly string[];
	close(): void;
}

function openSim(): Opened {
	const kernel = new SimKernel({ seed: 1 });
	return { kernel, log: () => kernel.log().map(({ text }) => text), close: () => {} };
}

function openReal(): Opened {
	const { kernel } = openLinuxKernel({ iptables: "legacy" });
	const log = new KernelLog();
	return {
		kernel,
		log: () => log.lines().map(({ text }) => text),
		close: () => {
			log.close();
			kernel.close();
		},
	};
}

describe.each([
	["simulated", openSim],
	["real", openReal],
] as const)("the %s kernel", (_, open) => {
	let opened: Opened;
	let kernel: Kernel;

	beforeEach(() => {
		opened = open();
		kernel = opened.kernel;
	});
	afterEach(() => opened.close());

	const must = async (netns: string, ...ops: readonly Op[]): Promise<void> => {
		const done = await kernel.apply(netns, ops);
		if (!done.ok) throw new Error(`${netns}: ${JSON.stringify(done.error)}`);
	};
	const pass = (ns: number): Promise<boolean> => kernel.run(() => false, ns);
	const dump = async (netns: string, kind: KernelObjectKind): Promise<readonly KernelObject[]> => {
		const dumped = await kernel.dump(netns, [kind]);
		if (!dumped.ok) throw new Error(JSON.stringify(dumped.error));
		return dumped.value;
	};
	const link = async (netns: string, name: string): Promise<Link> => {
		const found = (await dump(netns, "link")).find((object) => object.kind === "link" && object.name === name);
		if (found?.kind !== "link") throw new Error(`no device ${name}`);
		return found;
	};
	const load = async (netns: string, text: string): Promise<void> => {
		const parsed = parseIptablesSave(text, { family: "ipv4" });
		if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
		const chains = parsed.value.tables.flatMap((table) =>
			table.chains.map(({ name: chain, ...rest }) =>
				set({ kind: "xt-chain", family: "ipv4", table: table.name, chain, ...rest }),
			),
		);
		await must(netns, ...chains);
	};
	/** Values by the last part of their keys. */
	const settings = async (netns: string, prefix: string): Promise<Readonly<Record<string, number>>> => {
		const found = (await dump(netns, "sysctl")).flatMap((object) =>
			object.kind === "sysctl" && object.key.startsWith(prefix)
				? [[object.key.slice(prefix.length), Number(object.value)] as const]
				: [],
		);
		return Object.fromEntries(found);
	};

	/** Namespaces `a` (10.0.0.1) and `b` (10.0.0.2) on one cable, `eth0` in both. */
	async function cable(): Promise<void> {
		for (const netns of ["a", "b"]) await kernel.addNetns(netns);
		const peer = { type: "veth", peer: "eth0", peerNetns: "b", peerMac: MAC_B } as const;
		await must("a", add({ kind: "link", name: "eth0", mac: MAC_A, link: peer }));
		for (const [netns, addr] of [
			["a", "10.0.0.1/24"],
			["b", "10.0.0.2/24"],
		] as const) {
			await must(netns, set({ kind: "link", name: "lo", up: true }), set({ kind: "link", name: "eth0", up: true }));
			await must(netns, add({ kind: "addr", dev: "eth0", addr: cidr(addr) }));
		}
	}

	/** Adds a bridge `br0` to `n` and veths with these MAC addresses, their far ends up in `far`; none is a port yet. */
	async function bridge(macs: Readonly<Record<string, string>>): Promise<void> {
		for (const netns of ["n", "far"]) await kernel.addNetns(netns);
		await must("n", add({ kind: "link", name: "br0", link: { type: "bridge" } }));
		for (const [name, address] of Object.entries(macs)) {
			const peer = { type: "veth", peer: `far-${name}`, peerNetns: "far" } as const;
			await must("n", add({ kind: "link", name, mac: mac(address), link: peer }));
			await must("far", set({ kind: "link", name: `far-${name}`, up: true }));
		}
	}

	test("1a: net.bridge settings of a fresh namespace", async () => {
		await kernel.addNetns("n");
		expect(await settings("n", "net.bridge.")).toEqual(BRIDGE_SETTINGS);
	});

	test("1b: the events of a connection through DNAT", async () => {
		await cable();
		await load("b", "*nat\n-A PREROUTING -p tcp -m tcp --dport 8090 -j DNAT --to-destination 10.0.0.2:9090\nCOMMIT\n");
		const events: string[] = [];
		const watch = kernel.conntrackEvents("b", ({ type, entry }) => {
			const flags = `${entry.unreplied === true ? " UNREPLIED" : ""}${entry.assured === true ? " ASSURED" : ""}`;
			events.push(`${type} ${entry.tcpState} ${entry.timeoutSeconds} ${entry.reply.sport}${flags}`);
		});
		if (!watch.ok) throw new Error(watch.error.message);
		kernel.sockets.listenTcp("b", { bind: { port: 9090 } }, (connection) => {
			connection.handle({
				onData: () => {},
				// Later than the ACK of the FIN, which waits 40 ms at most.
				onEnd: () => void kernel.clock.after(80 * MS, () => connection.close()),
			});
		});
		await connectAndClose("a", { addr: ip("10.0.0.2"), port: 8090 });
		await pass(150 * MS);
		watch.value();
		expect(events).toEqual([
			"new SYN_SENT 120 9090 UNREPLIED",
			"update SYN_RECV 60 9090",
			"update ESTABLISHED 432000 9090 ASSURED",
			"update FIN_WAIT 120 9090 ASSURED",
			"update CLOSE_WAIT 60 9090 ASSURED",
			"update LAST_ACK 30 9090 ASSURED",
			"update TIME_WAIT 120 9090 ASSURED",
		]);
	});

	test("1c: a connection that gets no port is dropped and counted", async () => {
		await cable();
		await load("a", "*nat\n-A POSTROUTING -p udp -j MASQUERADE --to-ports 17000-17001\nCOMMIT\n");
		const stats = () => {
			const read = kernel.conntrackStats("a");
			if (!read.ok) throw new Error(read.error.message);
			return [read.value.insertFailed, read.value.drop];
		};
		expect(stats()).toEqual([0, 0]);
		const got = await datagrams(9000, async (send) => {
			for (const port of [8001, 8002, 8003]) await send(port);
		});
		expect(got.sort()).toEqual(["17000", "17001"]);
		expect(stats()).toEqual([1, 1]);
	});

	test("1: a translated flow whose rule is gone goes on until its entry is deleted", async () => {
		await cable();
		const dnat = "-p udp -m udp --dport 5300 -j DNAT --to-destination 10.0.0.2:5400";
		await load("b", `*nat\n-A PREROUTING ${dnat}\nCOMMIT\n*filter\n-A INPUT -m conntrack --ctstate INVALID\nCOMMIT\n`);
		const arrived: number[] = [];
		kernel.sockets.openUdp("b", { bind: { port: 5400 } }, { onDatagram: () => arrived.push(1) });
		const client = kernel.sockets.openUdp("a", { bind: { port: 6000 } }, {});
		if (!client.ok) throw new Error(client.error.message);
		const send = async (): Promise<number> => {
			client.value.send(utf8Encode("x"), { addr: ip("10.0.0.2"), port: 5300 });
			await pass(20 * MS);
			return arrived.length;
		};
		expect(await send()).toBe(1);
		await must("b", del({ kind: "xt-chain", family: "ipv4", table: "nat", chain: "PREROUTING", rules: [] }));
		expect(await send()).toBe(2);
		const [entry] = (await dump("b", "conntrack")).filter(
			(object) => object.kind === "conntrack" && object.proto === 17,
		);
		if (entry === undefined) throw new Error("no entry");
		await must("b", del(entry));
		expect(await send()).toBe(2);
	});

	test("14: connection tracking's settings in a fresh namespace", async () => {
		await kernel.addNetns("n");
		expect(await settings("n", "net.netfilter.nf_conntrack_")).toMatchObject(CONNTRACK_SETTINGS);
	});

	test("17: a TCP connection to oneself by the router's address", async () => {
		for (const [hairpin, nf, expected] of [
			[false, 1, "silence"],
			[true, 1, "connected"],
			[false, 0, "connected"],
		] as const) {
			await bridge({ v1: "02:00:00:00:00:31" });
			await must("n", set({ kind: "link", name: "br0", mac: MAC_A, up: true }));
			await must("n", set({ kind: "link", name: "v1", master: "br0", up: true, port: { hairpin } }));
			await must("n", add({ kind: "addr", dev: "br0", addr: cidr("10.0.0.1/24") }));
			await must("far", add({ kind: "addr", dev: "far-v1", addr: cidr("10.0.0.2/24") }));
			for (const [key, value] of [
				["net.ipv4.ip_forward", 1],
				["net.bridge.bridge-nf-call-iptables", nf],
			] as const) {
				await must("n", set({ kind: "sysctl", key, value: `${value}` }));
			}
			await load(
				"n",
				"*nat\n-A PREROUTING -p tcp -m tcp --dport 8055 -j DNAT --to-destination 10.0.0.2:90\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n",
			);
			kernel.sockets.listenTcp("far", { bind: { port: 90 } }, () => {});
			let said = "silence";
			const to = { addr: ip("10.0.0.1"), port: 8055 };
			kernel.sockets.connectTcp(
				"far",
				to,
				{},
				{
					onConnect: () => {
						said = "connected";
					},
				},
			);
			await kernel.run(() => said !== "silence", 300 * MS);
			expect({ hairpin, nf, said }).toEqual({ hairpin, nf, said: expected });
			for (const netns of ["n", "far"]) await kernel.deleteNetns(netns);
		}
	});

	test("21: with a primary address its secondaries go", async () => {
		await cable();
		for (const more of ["203.0.113.1/24", "203.0.113.50/24", "198.51.100.1/24", "198.51.100.0/32"]) {
			await must("a", add({ kind: "addr", dev: "eth0", addr: cidr(more) }));
		}
		await must("a", del({ kind: "addr", dev: "eth0", addr: cidr("203.0.113.1/24") }));
		const left = (await dump("a", "addr")).flatMap((object) =>
			object.kind === "addr" && object.dev === "eth0" ? [`${object.addr.addr}/${object.addr.prefix}`] : [],
		);
		expect(left.filter((addr) => !addr.includes(":"))).toEqual(["10.0.0.1/24", "198.51.100.1/24", "198.51.100.0/32"]);
	});

	test("31: an echo request that must not be fragmented has id 0", async () => {
		await cable();
		const frames: CapturedFrame[] = [];
		kernel.capture("a", {}, (frame) => frames.push(frame));
		await ping(kernel, "a", { to: ip("10.0.0.2"), timeoutNs: SECOND, socket: { pmtudisc: "do" } });
		await ping(kernel, "a", { to: ip("10.0.0.2"), timeoutNs: SECOND });
		await pass(20 * MS);
		const requests = frames.filter(({ frame }) => summarizeFrame(frame, { link: "ethernet" }).includes("echo request"));
		const ids = requests.map(({ frame }) => ipv4Id(frame, ETH_HLEN));
		expect(ids).toHaveLength(2);
		expect(ids[0]).toBe(0);
		expect(ids[1]).not.toBe(0);
	});

	test("33: how often TCP asks", async () => {
		await kernel.addNetns("n");
		expect(await settings("n", "net.ipv4.")).toMatchObject(TCP_SETTINGS);
	});

	test("34: a learnt path MTU shows in the routing decision", async () => {
		await cable();
		await must("b", add({ kind: "link", name: "x0", link: X }));
		await must(
			"b",
			set({ kind: "link", name: "x0", up: true, mtu: 1400 }),
			set({ kind: "link", name: "x1", up: true }),
		);
		await must("b", add({ kind: "addr", dev: "x0", addr: cidr("10.1.0.1/24") }));
		await must("b", set({ kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" }));
		await must("b", add({ kind: "neigh", dev: "x0", addr: ip("10.1.0.9"), mac: MAC_A, state: "PERMANENT" }));
		await must("a", add({ kind: "route", dst: cidr("10.1.0.0/24"), via: ip("10.0.0.2") }));
		const ask = async (): Promise<number | undefined> => {
			const answer = await kernel.routeGet("a", { dst: ip("10.1.0.9") });
			return answer.ok ? answer.value.mtu : undefined;
		};
		expect(await ask()).toBe(undefined);
		const socket = kernel.sockets.openUdp("a", { pmtudisc: "do" }, {});
		if (!socket.ok) throw new Error(socket.error.message);
		socket.value.send(new Uint8Array(1472), { addr: ip("10.1.0.9"), port: 9 });
		await pass(20 * MS);
		expect(await ask()).toBe(1400);
		expect(socket.value.send(new Uint8Array(1472), { addr: ip("10.1.0.9"), port: 9 })).toMatchObject({
			ok: false,
			error: { errno: "EMSGSIZE", mtu: 1400 },
		});
	});

	test("38: the times and counts of neighbours", async () => {
		await cable();
		expect(await settings("a", "net.ipv4.neigh.eth0.")).toMatchObject(NEIGH_SETTINGS);
	});

	test("43: a bridge has the lowest MAC address of its ports, and none without", async () => {
		await bridge({ v3: "02:00:00:00:00:30", v2: "02:00:00:00:00:20", v4: "02:00:00:00:00:40" });
		const now = async () => (await link("n", "br0")).mac;
		expect(await now()).not.toBe("00:00:00:00:00:00");
		const seen: (string | undefined)[] = [];
		for (const [name, master] of [
			["v3", "br0"],
			["v2", "br0"],
			["v4", "br0"],
			["v2", ""],
			["v3", ""],
			["v4", ""],
		] as const) {
			await must("n", set({ kind: "link", name, master }));
			seen.push((await now())?.slice(-2));
		}
		expect(seen).toEqual(["30", "20", "20", "30", "40", "00"]);
		expect(await now()).toBe("00:00:00:00:00:00");
		await must("n", set({ kind: "link", name: "br0", mac: mac("02:00:00:00:00:99") }));
		await must("n", set({ kind: "link", name: "v2", master: "br0" }));
		expect(await now()).toBe("02:00:00:00:00:99");
	});

	test("44: a bridge has a carrier before its first port, then while one port has", async () => {
		await bridge({ v1: "02:00:00:00:00:31", v2: "02:00:00:00:00:32" });
		const seen: string[] = [];
		const step = async (what: string, ...ops: readonly Op[]): Promise<void> => {
			await must("n", ...ops);
			await pass(50 * MS);
			seen.push(`${what}: ${(await link("n", "br0")).carrier}`);
		};
		await step("no port yet", set({ kind: "link", name: "br0", up: true }));
		await step("a port that is down", set({ kind: "link", name: "v1", master: "br0" }));
		await step("it is up", set({ kind: "link", name: "v1", up: true }));
		await step("another", set({ kind: "link", name: "v2", up: true, master: "br0" }));
		await step("the first is down", set({ kind: "link", name: "v1", up: false }));
		await step(
			"both left",
			set({ kind: "link", name: "v1", master: "" }),
			set({ kind: "link", name: "v2", master: "" }),
		);
		expect(seen).toEqual([
			"no port yet: true",
			"a port that is down: false",
			"it is up: true",
			"another: true",
			"the first is down: true",
			"both left: false",
		]);
	});

	test("45: a veth whose peer is down has no carrier, its port is disabled; routes go with the device", async () => {
		await bridge({ v1: "02:00:00:00:00:31" });
		await must(
			"n",
			set({ kind: "link", name: "br0", up: true }),
			set({ kind: "link", name: "v1", master: "br0", up: true }),
		);
		const state = async (): Promise<readonly unknown[]> => {
			await pass(50 * MS);
			const { carrier, port } = await link("n", "v1");
			return [carrier, port?.state];
		};
		expect(await state()).toEqual([true, "forwarding"]);
		await must("far", set({ kind: "link", name: "far-v1", up: false }));
		expect(await state()).toEqual([false, "disabled"]);
		await must("far", set({ kind: "link", name: "far-v1", up: true }));
		expect(await state()).toEqual([true, "forwarding"]);
		await must("far", add({ kind: "addr", dev: "far-v1", addr: cidr("10.0.0.2/24") }));
		await must("far", add({ kind: "route", dst: cidr("10.9.0.0/16"), via: ip("10.0.0.1") }));
		const routes = async () =>
			(await dump("far", "route")).flatMap((route) =>
				route.kind === "route" && route.dst.addr.includes(".") && (route.table ?? 254) === 254 ? [route.dst.addr] : [],
			);
		expect(await routes()).toEqual(["10.0.0.0", "10.9.0.0"]);
		await must("far", set({ kind: "link", name: "far-v1", up: false }));
		expect(await routes()).toEqual([]);
		await must("far", set({ kind: "link", name: "far-v1", up: true }));
		expect(await routes()).toEqual(["10.0.0.0"]);
	});

	test("46: forwarding entries age in 300 s unless told otherwise", async () => {
		await bridge({});
		expect((await link("n", "br0")).link).toMatchObject({ type: "bridge", ageingTimeSeconds: 300 });
	});

	test("47: a martian source is logged where log_martians is set", async () => {
		await cable();
		for (const [key, value] of [
			["all.log_martians", 1],
			["eth0.rp_filter", 1],
		] as const) {
			await must("b", set({ kind: "sysctl", key: `net.ipv4.conf.${key}`, value: `${value}` }));
		}
		// Nobody else's line on this machine has this address in it.
		const stranger = `198.18.${1 + (process.pid % 250)}.77`;
		await must("a", add({ kind: "addr", dev: "eth0", addr: cidr(`${stranger}/32`) }));
		const socket = kernel.sockets.openUdp("a", { bind: { addr: ip(stranger), port: 6000 } }, {});
		if (!socket.ok) throw new Error(socket.error.message);
		await must("b", add({ kind: "neigh", dev: "eth0", addr: ip("10.0.0.1"), mac: MAC_A, state: "PERMANENT" }));
		await must("a", add({ kind: "neigh", dev: "eth0", addr: ip("10.0.0.2"), mac: MAC_B, state: "PERMANENT" }));
		opened.log();
		socket.value.send(utf8Encode("x"), { addr: ip("10.0.0.2"), port: 9 });
		await pass(50 * MS);
		const said = opened.log().filter((line) => line.includes(stranger));
		expect(said).toEqual([`IPv4: martian source 10.0.0.2 from ${stranger}, on dev eth0`]);
	});

	test("48: the source address suits the route and its gateway", async () => {
		await cable();
		for (const addr of ["203.0.113.1/24", "203.0.113.50/24", "198.51.100.1/24"]) {
			await must("a", add({ kind: "addr", dev: "eth0", addr: cidr(addr) }));
		}
		await must(
			"a",
			add({ kind: "route", dst: cidr("10.1.0.0/16"), via: ip("198.51.100.9") }),
			add({ kind: "route", dst: cidr("10.2.0.0/16"), via: ip("203.0.113.9") }),
			add({ kind: "route", dst: cidr("10.3.0.0/16"), dev: "eth0" }),
		);
		const sources: (string | undefined)[] = [];
		for (const dst of ["203.0.113.9", "10.1.0.1", "10.2.0.1", "10.3.0.1"]) {
			const answer = await kernel.routeGet("a", { dst: ip(dst) });
			sources.push(answer.ok ? answer.value.prefsrc : answer.error.errno);
		}
		expect(sources).toEqual(["203.0.113.1", "198.51.100.1", "203.0.113.1", "10.0.0.1"]);
	});

	test("49: a vxlan device's MTU is 50 less than that of the device below", async () => {
		await cable();
		await must("a", set({ kind: "link", name: "eth0", mtu: 1490 }));
		const over = { type: "vxlan", id: 42, dev: "eth0", remote: ip("10.0.0.2"), port: 4789 } as const;
		await must("a", add({ kind: "link", name: "vx42", link: over }));
		await must("a", add({ kind: "link", name: "vx43", link: { ...over, id: 43, dev: "lo" } }));
		expect([(await link("a", "vx42")).mtu, (await link("a", "vx43")).mtu]).toEqual([1440, 65486]);
	});

	test("50: a chain's name has at most 28 characters", async () => {
		await kernel.addNetns("n");
		const chain = (length: number): Op =>
			add({ kind: "xt-chain", family: "ipv4", table: "filter", chain: "A".repeat(length), rules: [] });
		expect(await kernel.apply("n", [chain(28)])).toMatchObject({ ok: true });
		const refused = await kernel.apply("n", [chain(29)]);
		expect(refused.ok ? "ok" : [refused.error.errno, refused.error.message]).toEqual([
			"ENAMETOOLONG",
			`chain name \`${"A".repeat(29)}' too long (must be under 29 chars)`,
		]);
	});

	test("51: chains may jump 40 deep, and not in a circle that a hook reaches", async () => {
		await kernel.addNetns("n");
		const deep = Array.from({ length: 40 }, (_, k) => `:J${k + 1} -`).join("\n");
		const jumps = Array.from({ length: 39 }, (_, k) => `-A J${k + 1} -j J${k + 2}`).join("\n");
		await load("n", `*filter\n${deep}\n-A INPUT -j J1\n${jumps}\n-A J40 -j RETURN\nCOMMIT\n`);
		await load("n", "*mangle\n:A -\n:B -\n-A A -j B\n-A B -j A\nCOMMIT\n");
		const parsed = parseIptablesSave("*mangle\n:A -\n-A INPUT -j A\nCOMMIT\n", { family: "ipv4" });
		const [rule] = parsed.ok ? (parsed.value.tables[0]?.chains.find(({ name }) => name === "INPUT")?.rules ?? []) : [];
		if (rule === undefined) throw new Error("no rule");
		const hooked = add({ kind: "xt-rule", family: "ipv4", table: "mangle", chain: "INPUT", rule });
		expect(await kernel.apply("n", [hooked])).toMatchObject({ ok: false, error: { errno: "ELOOP" } });
	});

	test("53: a probability of one half is met about half the time", async () => {
		await cable();
		await load("b", "*filter\n-A INPUT -p udp -m statistic --mode random --probability 0.5\nCOMMIT\n");
		await datagrams(9000, async (send) => {
			for (let k = 0; k < 200; k += 1) await send(8000);
		});
		const [chain] = (await dump("b", "xt-chain")).filter(
			(object) => object.kind === "xt-chain" && object.table === "filter" && object.chain === "INPUT",
		);
		const hits = chain?.kind === "xt-chain" ? (chain.rules[0]?.counters?.packets ?? 0) : 0;
		// Six standard deviations on both sides.
		expect(Math.abs(hits - 100)).toBeLessThan(43);
	});

	/** What arrived at 10.0.0.2 from `a`: source ports. */
	async function datagrams(
		to: number,
		work: (send: (from: number) => Promise<void>) => Promise<void>,
	): Promise<string[]> {
		const got: string[] = [];
		kernel.sockets.openUdp("b", { bind: { port: to } }, { onDatagram: (_bytes, from) => got.push(`${from.port}`) });
		const sockets = new Map<number, ReturnType<Kernel["sockets"]["openUdp"]>>();
		await work(async (from) => {
			const socket = sockets.get(from) ?? kernel.sockets.openUdp("a", { bind: { port: from } }, {});
			sockets.set(from, socket);
			if (!socket.ok) throw new Error(socket.error.message);
			socket.value.send(utf8Encode("x"), { addr: ip("10.0.0.2"), port: to });
			await pass(MS);
		});
		await pass(20 * MS);
		return got;
	}

	/** A connection that sends a little and is closed by this end first. */
	async function connectAndClose(netns: string, to: { readonly addr: ReturnType<typeof ip>; readonly port: number }) {
		let connection: TcpConnection | undefined;
		let ended = false;
		const connected = kernel.sockets.connectTcp(
			netns,
			to,
			{},
			{
				onConnect: () => connection?.send(utf8Encode("hello")),
				onData: () => {},
				onClose: () => {
					ended = true;
				},
			},
		);
		if (!connected.ok) throw new Error(connected.error.message);
		connection = connected.value;
		await pass(50 * MS);
		connection.close();
		await kernel.run(() => ended, SECOND);
	}
});

test("38: the sizes of the neighbour table, which only the machine's first namespace has", () => {
	const read = (key: string): number => Number(readFileSync(`/proc/sys/net/ipv4/neigh/default/${key}`, "utf8"));
	expect([1, 2, 3].map((k) => read(`gc_thresh${k}`))).toEqual([128, 512, 1024]);
});

test("51: of the nft backend a jump goes 15 chains deep", async () => {
	const { kernel } = openLinuxKernel({ iptables: "nft" });
	try {
		const depth = async (count: number): Promise<string> => {
			await kernel.addNetns("n");
			const ops = Array.from({ length: count }, (_, k) => {
				const rules = k + 1 < count ? [{ matches: [], target: { kind: "jump", chain: `J${k + 2}` } as const }] : [];
				return add({ kind: "xt-chain", family: "ipv4", table: "filter", chain: `J${k + 1}`, rules });
			});
			const rule = { matches: [], target: { kind: "jump", chain: "J1" } } as const;
			const hook = add({ kind: "xt-rule", family: "ipv4", table: "filter", chain: "INPUT", rule });
			const done = await kernel.apply("n", [...ops.reverse(), hook]);
			await kernel.deleteNetns("n");
			return done.ok ? "ok" : done.error.errno;
		};
		expect([await depth(15), await depth(16)]).toEqual(["ok", "EMLINK"]);
	} finally {
		kernel.close();
	}
});

const MAC_A = mac("02:00:00:00:00:0a");
const MAC_B = mac("02:00:00:00:00:0b");
const X = { type: "veth", peer: "x1" } as const;

function add(object: KernelObject): Op {
	return { verb: "add", object };
}

function set(object: KernelObject): Op {
	return { verb: "replace", object };
}

function del(object: KernelObject): Op {
	return { verb: "delete", object };
}
