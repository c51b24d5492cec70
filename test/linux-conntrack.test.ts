/** Connection tracking and nfacct of the real kernel behind the port, beside the simulated kernel's. Needs root. */
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { formatConntrack } from "../src/formats/conntrack.ts";
import { parseRule } from "../src/formats/iptables-save.ts";
import type { ConntrackEntry } from "../src/kernel/conntrack.ts";
import type { Op } from "../src/kernel/kernel.ts";
import type { KernelObject, Nfacct, XtChain } from "../src/kernel/objects.ts";
import type { TableName } from "../src/kernel/xtables.ts";
import {
	ConntrackDriver,
	conntrackEntries,
	conntrackStats,
	flushConntrack,
	netlinkConntrack,
} from "../src/linux/conntrack.ts";
import { openConntrackEvents } from "../src/linux/conntrack-events.ts";
import type { ObjectDriver } from "../src/linux/driver.ts";
import { closeNetns, createNetns, type LinuxNetns } from "../src/linux/netns.ts";
import { NfacctDriver } from "../src/linux/nfacct.ts";
import { runProgram } from "../src/linux/program.ts";
import { XtablesDriver } from "../src/linux/xtables.ts";
import { ip } from "../src/wire/addr.ts";
import {
	comparable,
	isReadable,
	RealSocket,
	RealTraffic,
	SimTraffic,
	sendRawTcp,
	type Traffic,
} from "./loopback-traffic.ts";
import { canRunReal } from "./real-netns.ts";
import { SimLab } from "./sim-lab.ts";

const canRun = await canRunReal("ip", "ping", "conntrack", "iptables-legacy-restore");
const opened: LinuxNetns[] = [];
const xtables = new XtablesDriver({ backend: "legacy" });
let netns: LinuxNetns;

beforeEach(() => {
	if (!canRun) return;
	const made = createNetns("test", undefined);
	if (!made.ok) throw new Error(made.error);
	netns = made.value;
	opened.push(netns);
	command("ip", "link", "set", "lo", "up");
});

afterAll(() => {
	for (const each of opened) closeNetns(each);
});

function command(...argv: readonly [string, ...string[]]): string {
	const run = runProgram(netns, argv);
	if (run.code !== 0) throw new Error(`${argv.join(" ")}: ${run.err}`);
	return run.out;
}

function chain(table: TableName, name: string, ...rules: readonly string[]): XtChain {
	return {
		kind: "xt-chain",
		family: "ipv4",
		table,
		chain: name,
		rules: rules.map((text) => {
			const parsed = parseRule(text, "ipv4");
			if (!parsed.ok) throw new Error(parsed.error.message);
			return parsed.value;
		}),
	};
}

const RULES: readonly XtChain[] = [
	chain("filter", "INPUT", "-m conntrack --ctstate INVALID -j DROP"),
	chain("nat", "OUTPUT", "-d 127.0.0.9/32 -p udp -m udp --dport 53 -j DNAT --to-destination 127.0.0.1:5353"),
	chain("nat", "POSTROUTING", "-p udp -m udp --dport 5004 -j SNAT --to-source 127.0.0.7"),
];

function send(traffic: Traffic): void {
	traffic.udp("127.0.0.1:4000", "127.0.0.1:5000");
	traffic.udpAnswered("127.0.0.1:4001", "127.0.0.1:5001");
	traffic.tcp("127.0.0.1:4002", "127.0.0.1:5002");
	traffic.udp("127.0.0.1:4004", "127.0.0.1:5004");
}

function applied(driver: ObjectDriver, ...tx: readonly Op[]): string {
	const done = driver.apply(
		netns,
		tx.map((op, index) => ({ index, op })),
		{ undoable: false },
	);
	return done.ok ? "ok" : `${done.error.errno} ${done.error.op}: ${done.error.message}`;
}

function add(...objects: readonly KernelObject[]): readonly Op[] {
	return objects.map((object) => ({ verb: "add", object }));
}

/** By both ways there are. */
function entries(): readonly ConntrackEntry[] {
	const dumped = conntrackEntries(netns);
	const other = netlinkConntrack(netns);
	if (!dumped.ok || !other.ok) throw new Error("not read");
	expect(comparable(other.value)).toEqual(comparable(dumped.value));
	return dumped.value;
}

async function simEntries(): Promise<readonly ConntrackEntry[]> {
	const lab = new SimLab("n");
	await lab.set("n", { kind: "link", name: "lo", up: true });
	await lab.add("n", ...RULES);
	const traffic = new SimTraffic(lab.kernel, "n");
	send(traffic);
	traffic.udp("127.0.0.1:4009", "127.0.0.1:5353");
	const dns = lab.kernel.sockets.openUdp("n", { bind: { addr: ip("127.0.0.1"), port: 4003 } }, {});
	if (dns.ok) dns.value.send(Buffer.from("x"), { addr: ip("127.0.0.9"), port: 53 });
	const echo = lab.kernel.sockets.openEcho("n", ip("127.0.0.1"), { id: 77 }, {});
	if (echo.ok) echo.value.send({ seq: 1, payload: new Uint8Array(56) });
	await lab.kernel.run(() => false, 1e8);
	const dumped = await lab.kernel.dump("n", ["conntrack"]);
	return dumped.ok ? comparable(dumped.value) : [];
}

describe.skipIf(!canRun)("conntrack", () => {
	test("the same traffic leaves the same entries in both kernels", async () => {
		expect(applied(xtables, ...add(...RULES))).toBe("ok");
		const traffic = new RealTraffic(netns);
		send(traffic);
		traffic.udp("127.0.0.1:4009", "127.0.0.1:5353");
		new RealSocket(netns, "udp", "127.0.0.1:4003").send("x", "127.0.0.9:53");
		command("ping", "-e", "77", "-c", "1", "127.0.0.1");
		const dumped = new ConntrackDriver().dump(netns);
		traffic.close();
		if (!dumped.ok) throw new Error(dumped.error.message);
		const sim = await simEntries();
		expect(sim.length).toBe(7);
		expect(sim.some(({ dnat }) => dnat) && sim.some(({ snat }) => snat) && sim.some(({ assured }) => assured)).toBe(
			true,
		);
		expect(comparable(dumped.value)).toEqual(sim);
		const lines = command("conntrack", "-L").trimEnd().split("\n");
		const seconds = (line: string): string => line.replace(/^(\S+ +\d+ )\d+/, "$1N").replace(/use=\d/, "use=1");
		expect(
			entries()
				.map((entry) => seconds(formatConntrack(entry)))
				.sort(),
		).toEqual(lines.map(seconds).sort());
		// Time goes on between the two listings.
		for (const { timeoutSeconds } of entries()) expect(timeoutSeconds).toBeGreaterThan(0);
	});

	test("marks, zones, states and IPv6 are read", () => {
		const make = (...words: readonly string[]): string => command("conntrack", "-I", "-t", "100", ...words);
		make(
			"-p",
			"tcp",
			"-s",
			"1.1.1.1",
			"-d",
			"2.2.2.2",
			"--sport",
			"1",
			"--dport",
			"2",
			"--state",
			"FIN_WAIT",
			"-u",
			"ASSURED,SEEN_REPLY",
			"-m",
			"5",
		);
		make("-p", "udp", "-s", "1.1.1.1", "-d", "2.2.2.2", "--sport", "1", "--dport", "2", "-w", "7");
		make("-p", "udp", "-s", "1.1.1.1", "-d", "2.2.2.2", "--sport", "1", "--dport", "2", "-w", "8");
		make("-p", "udp", "-s", "fd00::1", "-d", "fd00::2", "--sport", "1", "--dport", "2");
		make(
			"-p",
			"icmpv6",
			"-s",
			"fd00::1",
			"-d",
			"fd00::2",
			"--icmpv6-type",
			"128",
			"--icmpv6-code",
			"0",
			"--icmpv6-id",
			"9",
		);
		make("-p", "gre", "-s", "1.1.1.1", "-d", "2.2.2.2", "--srckey", "1", "--dstkey", "2");
		const there = { src: ip("1.1.1.1"), dst: ip("2.2.2.2") };
		const back = { src: ip("2.2.2.2"), dst: ip("1.1.1.1") };
		const ports = { sport: 1, dport: 2 };
		const turned = { sport: 2, dport: 1 };
		const six = { there: { src: ip("fd00::1"), dst: ip("fd00::2") }, back: { src: ip("fd00::2"), dst: ip("fd00::1") } };
		const common = { kind: "conntrack", timeoutSeconds: 0, mark: 0 } as const;
		const udp = {
			...common,
			family: "ipv4",
			proto: 17,
			unreplied: true,
			original: { proto: 17, ...there, ...ports },
			reply: { proto: 17, ...back, ...turned },
		} as const;
		expect(comparable(entries())).toEqual(
			comparable([
				{
					...common,
					family: "ipv4",
					proto: 6,
					tcpState: "FIN_WAIT",
					assured: true,
					mark: 5,
					original: { proto: 6, ...there, ...ports },
					reply: { proto: 6, ...back, ...turned },
				},
				{ ...udp, zone: 7 },
				{ ...udp, zone: 8 },
				{
					...udp,
					family: "ipv6",
					original: { proto: 17, ...six.there, ...ports },
					reply: { proto: 17, ...six.back, ...turned },
				},
				{
					...common,
					family: "ipv6",
					proto: 58,
					unreplied: true,
					original: { proto: 58, ...six.there, icmp: { type: 128, code: 0, id: 9 } },
					reply: { proto: 58, ...six.back, icmp: { type: 129, code: 0, id: 9 } },
				},
				{
					...common,
					family: "ipv4",
					proto: 47,
					unreplied: true,
					original: { proto: 47, ...there },
					reply: { proto: 47, ...back },
				},
			]),
		);
		for (const { timeoutSeconds } of entries()) expect([98, 99, 100]).toContain(timeoutSeconds);
	});

	test("one entry is deleted by its tuple and zone, all are flushed, others are refused", () => {
		const driver = new ConntrackDriver();
		for (const zone of ["0", "7", "8"]) {
			command(
				"conntrack",
				"-I",
				"-t",
				"100",
				"-p",
				"udp",
				"-s",
				"1.1.1.1",
				"-d",
				"2.2.2.2",
				"--sport",
				"1",
				"--dport",
				"2",
				"-w",
				zone,
			);
		}
		const seventh = entries().find(({ zone }) => zone === 7);
		if (seventh === undefined) throw new Error("no entry in zone 7");
		expect(applied(driver, { verb: "delete", object: seventh })).toBe("ok");
		expect(new Set(entries().map(({ zone }) => zone ?? 0))).toEqual(new Set([0, 8]));
		expect(applied(driver, { verb: "delete", object: seventh })).toBe(
			"ENOENT 0: conntrack: Operation failed: such conntrack doesn't exist",
		);
		const [one] = entries();
		if (one === undefined) throw new Error("no entry");
		expect(applied(driver, { verb: "delete", object: one }, { verb: "delete", object: seventh })).toMatch(/^ENOENT 1/);
		expect(entries().length).toBe(2);
		expect(applied(driver, { verb: "add", object: seventh })).toMatch(/^EOPNOTSUPP 0/);
		expect(flushConntrack(netns)).toEqual({ ok: true, value: undefined });
		expect(entries()).toEqual([]);
	});

	test("a deletion is taken back, translations included", () => {
		expect(applied(xtables, ...add(...RULES))).toBe("ok");
		const traffic = new RealTraffic(netns);
		send(traffic);
		new RealSocket(netns, "udp", "127.0.0.1:4003").send("x", "127.0.0.9:53");
		command("ping", "-e", "77", "-c", "1", "127.0.0.1");
		const before = comparable(entries());
		const ops = entries().map((object, index) => ({ index, op: { verb: "delete", object } as const }));
		const done = new ConntrackDriver().apply(netns, ops, { undoable: true });
		if (!done.ok) throw new Error(done.error.message);
		expect(entries()).toEqual([]);
		done.value();
		expect(comparable(entries())).toEqual(before);
		traffic.close();
	});

	test("events tell of a UDP flow from its first packet to its deletion", () => {
		expect(applied(xtables, ...add(...RULES))).toBe("ok");
		let clock = 1000;
		const source = openConntrackEvents(netns, () => clock);
		if (!source.ok) throw new Error(source.error.message);
		const events = source.value;
		expect(isReadable(events.fd)).toBe(false);
		expect(events.read()).toEqual([]);
		const traffic = new RealTraffic(netns);
		traffic.udpAnswered("127.0.0.1:4001", "127.0.0.1:5001");
		traffic.close();
		expect(isReadable(events.fd)).toBe(true);
		const told = events.read();
		expect(told.map(({ type, entry }) => [type, entry.unreplied ?? false])).toEqual([
			["new", true],
			["update", false],
		]);
		expect(told[0]).toMatchObject({ atNs: 1000, entry: { proto: 17, original: { sport: 4001, dport: 5001 } } });
		const [entry] = entries();
		if (entry === undefined) throw new Error("no entry");
		clock = 2000;
		expect(applied(new ConntrackDriver(), { verb: "delete", object: entry })).toBe("ok");
		expect(events.read()).toMatchObject([
			{ type: "destroy", atNs: 2000, byUser: true, entry: { original: { sport: 4001 } } },
		]);
		traffic.udp("127.0.0.1:4000", "127.0.0.1:5000");
		traffic.close();
		command("conntrack", "-D", "-p", "udp");
		expect(events.read().map(({ type, byUser }) => [type, byUser ?? false])).toEqual([
			["new", false],
			["destroy", true],
		]);
		events.close();
	});

	test("an entry that ends by itself has no seconds left and no user", async () => {
		expect(applied(xtables, ...add(...RULES))).toBe("ok");
		const source = openConntrackEvents(netns, () => 0);
		if (!source.ok) throw new Error(source.error.message);
		runProgram(netns, ["sysctl", "-qw", "net.netfilter.nf_conntrack_udp_timeout=0"]);
		const traffic = new RealTraffic(netns);
		traffic.udp("127.0.0.1:4000", "127.0.0.1:5000");
		expect(source.value.read().map(({ type }) => type)).toEqual(["new"]);
		await new Promise((resolve) => setTimeout(resolve, 1100));
		// Looking for it ends it.
		expect(entries()).toEqual([]);
		const told = source.value.read();
		expect(told).toMatchObject([{ type: "destroy", entry: { timeoutSeconds: 0 } }]);
		expect(told[0]?.byUser).toBeUndefined();
		traffic.close();
		source.value.close();
	});

	test("what it counts is read", () => {
		expect(applied(xtables, ...add(...RULES))).toBe("ok");
		expect(conntrackStats(netns)).toEqual({
			ok: true,
			value: { invalid: 0, insertFailed: 0, drop: 0, earlyDrop: 0, clashResolve: 0 },
		});
		sendRawTcp(netns, "127.0.0.1:0", "too short to be a segment".slice(0, 8));
		const stats = conntrackStats(netns);
		expect(stats.ok && stats.value.invalid > 0).toBe(true);
		const printed = command("conntrack", "-S")
			.split("\n")
			.filter((line) => line !== "");
		const total = (name: string): number =>
			printed.reduce((sum, line) => sum + Number(new RegExp(` ${name}=(\\d+)`).exec(line)?.[1] ?? 0), 0);
		expect(stats).toEqual({
			ok: true,
			value: {
				invalid: total("invalid"),
				insertFailed: total("insert_failed"),
				drop: total("drop"),
				earlyDrop: total("early_drop"),
				clashResolve: total("clash_resolve"),
			},
		});
	});
});

describe.skipIf(!canRun)("nfacct", () => {
	const driver = new NfacctDriver();
	const acct = (name: string, packets?: number, bytes = 0): Nfacct => ({
		kind: "nfacct",
		name,
		...(packets === undefined ? {} : { counters: { packets, bytes } }),
	});
	const list = (): readonly KernelObject[] => {
		const dumped = driver.dump(netns);
		if (!dumped.ok) throw new Error(dumped.error.message);
		return dumped.value;
	};

	test("objects are made, listed, set, deleted", () => {
		expect(list()).toEqual([]);
		expect(applied(driver, ...add(acct("b"), acct("a", 3, 300)))).toBe("ok");
		expect(list()).toEqual([acct("b", 0, 0), acct("a", 3, 300)]);
		expect(
			applied(driver, { verb: "replace", object: acct("a") }, { verb: "replace", object: acct("c", 2 ** 40, 1) }),
		).toBe("ok");
		expect(
			applied(driver, { verb: "replace", object: acct("b", 9, 9) }, { verb: "replace", object: acct("a", 0) }),
		).toBe("ok");
		expect(list()).toEqual([acct("a", 0, 0), acct("c", 2 ** 40, 1), acct("b", 9, 9)]);
		expect(applied(driver, { verb: "delete", object: acct("c") })).toBe("ok");
		expect(list().length).toBe(2);
	});

	test("what cannot be done says why, and nothing of the transaction remains", () => {
		expect(applied(driver, ...add(acct("a", 3, 300)))).toBe("ok");
		const faults: readonly (readonly [RegExp, Op])[] = [
			[/^EEXIST 1: .*already exists/, { verb: "add", object: acct("a") }],
			[/^ENOENT 1: .*does not exist/, { verb: "delete", object: acct("no") }],
			[/^EINVAL 1/, { verb: "add", object: acct("") }],
			[/^EINVAL 1/, { verb: "add", object: acct("n".repeat(32)) }],
		];
		for (const [said, op] of faults) {
			for (const first of [
				...add(acct("first")),
				{ verb: "replace", object: acct("a", 0) } as const,
				{ verb: "delete", object: acct("a") } as const,
			]) {
				if (first.verb === "delete" && op.object.kind === "nfacct" && op.object.name === "a") continue;
				expect(applied(driver, first, op)).toMatch(said);
				expect(list()).toEqual([acct("a", 3, 300)]);
			}
		}
	});

	test.each(["nft", "legacy"] as const)("rules count in it, and keep it from being deleted: %s", (backend) => {
		const rules = new XtablesDriver({ backend });
		const rule = chain("filter", "INPUT", "-p icmp -m nfacct --nfacct-name pings");
		expect(applied(rules, ...add(rule))).toMatch(/^(ENOENT|EINVAL) 0/);
		expect(applied(driver, ...add(acct("pings")))).toBe("ok");
		expect(applied(rules, ...add(rule))).toBe("ok");
		command("ping", "-c", "2", "-i", "0.01", "127.0.0.1");
		expect(list()).toEqual([acct("pings", 4, 336)]);
		expect(applied(driver, { verb: "delete", object: acct("pings") })).toMatch(/^EBUSY 0: .*in use/);
		expect(applied(driver, { verb: "replace", object: acct("pings", 5, 5) })).toMatch(/^EBUSY 0/);
		expect(applied(driver, { verb: "replace", object: acct("pings", 0, 0) })).toBe("ok");
		expect(list()).toEqual([acct("pings", 0, 0)]);
	});
});
