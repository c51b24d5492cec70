/** What podwire prints, beside what the real tools print and accept, in network namespaces of our own. Needs root. */
import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { formatBrctlShow } from "../src/formats/brctl.ts";
import { formatConntrack } from "../src/formats/conntrack.ts";
import { formatIpAddr, formatIpAddrBrief } from "../src/formats/ip-addr.ts";
import { formatIpLink, formatIpLinkBrief } from "../src/formats/ip-link.ts";
import { formatNeigh } from "../src/formats/ip-neigh.ts";
import { formatRoute } from "../src/formats/ip-route.ts";
import { formatPolicyRule } from "../src/formats/ip-rule.ts";
import { formatIptablesList } from "../src/formats/iptables-list.ts";
import {
	formatIptablesSave,
	formatParsedSave,
	formatRule,
	parseIptablesSave,
	parseRules,
} from "../src/formats/iptables-save.ts";
import { formatSysctl } from "../src/formats/sysctl.ts";
import type { ConntrackEntry } from "../src/kernel/conntrack.ts";
import type { Addr, Link, Neigh, PolicyRule, Route } from "../src/kernel/objects.ts";
import type { Table, TableName } from "../src/kernel/xtables.ts";
import { cidr, type IpFamily, ip, mac } from "../src/wire/addr.ts";
import { TYPED_RULES } from "./typed-rules.ts";

const run = promisify(execFile);
const IP = "ip";
const GOLDEN = new URL("../../shared/golden/000/iptables-save.txt", import.meta.url).pathname;
const NODE = `pwfmt-${process.pid}-n`;
const POD = `pwfmt-${process.pid}-p`;
const tools = await Promise.all(
	["iptables-save", "ip6tables-save", "ip"].map((tool) =>
		run(tool, ["-V"]).then(
			() => true,
			() => false,
		),
	),
);
const canRun = process.getuid?.() === 0 && tools.every(Boolean);

async function node(...command: string[]): Promise<string> {
	const { stdout } = await run(IP, ["netns", "exec", NODE, ...command], { maxBuffer: 1 << 26 });
	return stdout;
}

async function restore(family: IpFamily, text: string): Promise<void> {
	const program = family === "ipv4" ? "iptables-restore" : "ip6tables-restore";
	await new Promise<void>((resolve, reject) => {
		const child = spawn(IP, ["netns", "exec", NODE, program], { stdio: ["pipe", "ignore", "pipe"] });
		let complaint = "";
		child.stderr.on("data", (chunk) => {
			complaint += chunk;
		});
		child.on("error", reject);
		child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`${program}: ${complaint}`))));
		child.stdin.end(text);
	});
}

const save = (family: IpFamily, table: TableName): Promise<string> =>
	node(family === "ipv4" ? "iptables-save" : "ip6tables-save", "-t", table);

beforeAll(async () => {
	if (!canRun) return;
	await run(IP, ["netns", "add", NODE]);
	await run(IP, ["netns", "add", POD]);
});

afterAll(async () => {
	if (!canRun) return;
	await run(IP, ["netns", "delete", NODE]);
	await run(IP, ["netns", "delete", POD]);
});

/** Descriptions of what is not modelled are not the tools': those lines are left out. */
async function compareListing(family: IpFamily, tables: readonly Table[]): Promise<void> {
	for (const table of tables) {
		const program = family === "ipv4" ? "iptables" : "ip6tables";
		const real = (await node(program, "-t", table.name, "-nvL", "--line-numbers")).split("\n");
		const ours = formatIptablesList(table, { family, verbose: true, numbers: true }).split("\n");
		expect(ours.length).toBe(real.length);
		const rules = table.chains.flatMap(({ rules }) => [undefined, undefined, ...rules, undefined]);
		for (const [k, rule] of rules.entries()) {
			const isUnknown = rule !== undefined && JSON.stringify(rule).includes('"unknown-');
			if (!isUnknown) expect(ours[k]).toBe(real[k]);
		}
	}
}

const TABLES = (["ipv4", "ipv6"] as const).flatMap((family) =>
	(["filter", "nat", "mangle", "raw"] as const)
		.map((table) => ({
			family,
			table,
			rules: TYPED_RULES.filter((rule) => rule.family === family && rule.table === table),
		}))
		.filter(({ rules }) => rules.length > 0),
);

test.skipIf(!canRun).each(TABLES)(
	"$family $table: the kernel understands typed and printed rules alike",
	async ({ family, table, rules }) => {
		if (rules.some(({ typed }) => typed.includes("--match-set"))) await node("ipset", "create", "foo", "hash:ip,port");
		const chains: string[] = [];
		const lines: string[] = [];
		for (const [k, { typed }] of rules.entries()) {
			const parsed = parseRules(typed, family);
			if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
			chains.push(`:TYPED-${k} - [0:0]`, `:PRINTED-${k} - [0:0]`);
			lines.push(`-A TYPED-${k} ${typed}`, ...parsed.value.map((rule) => formatRule(rule, `PRINTED-${k}`)));
		}
		await restore(family, `*${table}\n${[...chains, ...lines].join("\n")}\nCOMMIT\n`);
		const text = await save(family, table);
		const of = (chain: string): readonly string[] =>
			text
				.split("\n")
				.filter((line) => line === `-A ${chain}` || line.startsWith(`-A ${chain} `))
				.map((line) => line.slice(chain.length + 4));
		for (const [k, { typed, saved }] of rules.entries()) {
			expect({ typed, saved: of(`TYPED-${k}`) }).toEqual({ typed, saved: saved ?? [typed] });
			expect({ typed, saved: of(`PRINTED-${k}`) }).toEqual({ typed, saved: saved ?? [typed] });
		}
		const parsed = parseIptablesSave(text, { family });
		if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
		expect(formatParsedSave(parsed.value)).toBe(text);
		await compareListing(family, parsed.value.tables);
	},
);

test.skipIf(!canRun || !existsSync(GOLDEN))(
	"kube-proxy's rules are loaded from our text and saved as they were",
	async () => {
		const parsed = parseIptablesSave(readFileSync(GOLDEN, "utf8"), { family: "ipv4" });
		if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
		// The named counters of -m nfacct would have to be made first.
		const tables = parsed.value.tables.map((table) => ({
			...table,
			chains: table.chains.map((chain) => ({
				...chain,
				rules: chain.rules.filter((rule) => rule.matches.every((match) => match.kind !== "nfacct")),
			})),
		}));
		await restore("ipv4", formatIptablesSave(tables));
		for (const table of tables) {
			const lines = (await save("ipv4", table.name)).split("\n").filter((line) => !line.startsWith("#"));
			expect(lines.join("\n")).toBe(formatIptablesSave([table]));
		}
	},
);

const MAC = (last: string) => mac(`02:00:00:00:00:${last}`);

test.skipIf(!canRun)(
	"devices, addresses, routes, rules and neighbours are printed as ip, brctl and sysctl print them",
	async () => {
		const batch = [
			"link set lo up",
			"link add br0 address 02:00:00:00:00:b0 type bridge",
			"link add br1 type bridge",
			`link add v1 address 02:00:00:00:00:01 type veth peer name eth0 address 02:00:00:00:00:02 netns ${POD}`,
			"link add v2 address 02:00:00:00:00:03 type veth peer name v3 address 02:00:00:00:00:04",
			"link set v1 master br0",
			"link set br0 up",
			"link set br1 up",
			"link set v1 up",
			"link set v2 up",
			"addr add 10.1.0.1/24 brd + dev br0",
			"addr add 10.1.0.2/24 dev br0",
			"addr add 10.2.0.1/24 dev v2",
			"route add default via 10.1.0.9",
			"route add 10.5.0.0/16 via 10.1.0.9 mtu 1400 metric 5 proto static",
			"route add 10.6.0.0/16 via 172.16.0.1 dev br0 onlink proto bird",
			"route add blackhole 10.8.0.0/16 proto 80",
			"route add throw 10.9.0.0/16",
			"route add unreachable 10.16.0.0/16 metric 7",
			"route add table 100 10.4.0.0/16 via 10.1.0.8",
			"rule add fwmark 0x64 lookup 100",
			"rule add from 10.1.0.0/16 to 10.2.0.1 iif br0 lookup 100 priority 1000",
			"neigh add 10.1.0.9 lladdr 02:00:00:00:00:09 dev br0",
			"neigh add 10.1.0.8 lladdr 02:00:00:00:00:08 dev br0 nud reachable",
		];
		const off = ["all", "default", "lo"].map((name) => `net.ipv6.conf.${name}.disable_ipv6=1`);
		await node("sysctl", "-w", ...off);
		for (const line of batch) await run(IP, ["-n", NODE, ...line.split(" ")]);
		await run(IP, ["-n", POD, "link", "set", "eth0", "up"]);
		await expect
			.poll(async () => (await node("ip", "-br", "link")).includes("v1@if2           UP"), { timeout: 10_000 })
			.toBe(true);

		const base = { kind: "link", mtu: 1500, up: true, carrier: true } as const;
		const index = async (name: string): Promise<number> =>
			Number((await node("ip", "-o", "link", "show", name)).split(":")[0]);
		const randomMac = mac(/ether (\S+)/.exec(await node("ip", "link", "show", "br1"))?.[1] ?? "");
		const peerIfindex = Number((await run(IP, ["-n", POD, "-o", "link", "show", "eth0"])).stdout.split(":")[0]);
		const links: Link[] = [
			{ ...base, name: "lo", link: { type: "loopback" }, mtu: 65536 },
			{ ...base, name: "br0", link: { type: "bridge" }, mac: MAC("b0") },
			{ ...base, name: "br1", link: { type: "bridge" }, mac: randomMac },
			{
				...base,
				name: "v1",
				link: { type: "veth", peer: "eth0", peerNetns: POD },
				peerIfindex,
				mac: MAC("01"),
				master: "br0",
			},
			{ ...base, name: "v3", link: { type: "veth", peer: "v2" }, mac: MAC("04"), up: false, carrier: false },
			{ ...base, name: "v2", link: { type: "veth", peer: "v3" }, mac: MAC("03"), carrier: false },
		];
		for (const [k, link] of links.entries()) links[k] = { ...link, ifindex: await index(link.name) };
		const addrs: readonly Addr[] = [
			{ kind: "addr", dev: "lo", addr: cidr("127.0.0.1/8"), scope: "host" },
			{ kind: "addr", dev: "br0", addr: cidr("10.1.0.1/24"), broadcast: ip("10.1.0.255"), scope: "global" },
			{ kind: "addr", dev: "br0", addr: cidr("10.1.0.2/24"), scope: "global", secondary: true },
			{ kind: "addr", dev: "v2", addr: cidr("10.2.0.1/24"), scope: "global" },
		];
		expect(formatIpLink(links)).toBe(await node("ip", "link"));
		expect(formatIpLinkBrief(links)).toBe(await node("ip", "-br", "link"));
		expect(formatIpAddr(links, addrs)).toBe(await node("ip", "addr"));
		expect(formatIpAddrBrief(links, addrs)).toBe(await node("ip", "-br", "addr"));
		expect(formatBrctlShow(links)).toBe(await node("brctl", "show"));
		expect((await node("sysctl", "net.ipv4.conf.br0.rp_filter")).trimEnd()).toBe(
			formatSysctl({ kind: "sysctl", key: "net.ipv4.conf.br0.rp_filter", value: "0" }),
		);

		const connected = { protocol: "kernel", scope: "link" } as const;
		const routes: readonly Omit<Route, "kind">[] = [
			{ dst: cidr("10.4.0.0/16"), via: ip("10.1.0.8"), dev: "br0", table: 100 },
			{ dst: cidr("0.0.0.0/0"), via: ip("10.1.0.9"), dev: "br0", scope: "global", protocol: "boot" },
			{ dst: cidr("10.1.0.0/24"), dev: "br0", src: ip("10.1.0.1"), ...connected },
			{ dst: cidr("10.2.0.0/24"), dev: "v2", src: ip("10.2.0.1"), linkdown: true, ...connected },
			{ dst: cidr("10.5.0.0/16"), via: ip("10.1.0.9"), dev: "br0", protocol: "static", metric: 5, mtu: 1400 },
			{ dst: cidr("10.6.0.0/16"), via: ip("172.16.0.1"), dev: "br0", protocol: "bird", onlink: true },
			{ dst: cidr("10.8.0.0/16"), type: "blackhole", protocol: "80" },
			{ dst: cidr("10.9.0.0/16"), type: "throw" },
			{ dst: cidr("10.16.0.0/16"), type: "unreachable", metric: 7 },
		];
		const real = (await node("ip", "-4", "route", "show", "table", "all")).trimEnd().split("\n");
		const ours = routes.map((route) => formatRoute({ kind: "route", ...route }, { table: true }));
		expect(real.filter((line) => !line.includes("table local")).map((line) => `${line.trimEnd()} `)).toEqual(ours);
		const local: Route = {
			kind: "route",
			dst: cidr("10.1.0.255/32"),
			type: "broadcast",
			table: 255,
			dev: "br0",
			src: ip("10.1.0.1"),
			...connected,
		};
		expect(real).toContain(formatRoute(local, { table: true }));

		const rules: readonly Omit<PolicyRule, "kind" | "family">[] = [
			{ priority: 0, table: 255 },
			{ priority: 1000, from: cidr("10.1.0.0/16"), to: cidr("10.2.0.1/32"), iif: "br0", table: 100 },
			{ priority: 32765, fwmark: { value: 0x64, mask: 0xffffffff }, table: 100 },
			{ priority: 32766, table: 254 },
			{ priority: 32767, table: 253 },
		];
		const ruleLines = rules.map((rule) => `${formatPolicyRule({ kind: "rule", family: "ipv4", ...rule })}\n`);
		expect(ruleLines.join("")).toBe(await node("ip", "rule"));

		const neighs: readonly Neigh[] = [
			{ kind: "neigh", dev: "br0", addr: ip("10.1.0.9"), mac: MAC("09"), state: "PERMANENT" },
			{ kind: "neigh", dev: "br0", addr: ip("10.1.0.8"), mac: MAC("08"), state: "REACHABLE" },
		];
		expect(
			(await node("ip", "neigh"))
				.trim()
				.split("\n")
				.map((line) => `${line.trimEnd()} `)
				.sort(),
		).toEqual(neighs.map(formatNeigh).sort());
	},
);

const CONNTRACK = await run("conntrack", ["--version"]).then(
	() => true,
	() => false,
);

test.skipIf(!canRun || !CONNTRACK)("connections are printed as conntrack -L prints them", async () => {
	const common = ["-I", "-s", "1.1.1.1", "-d", "2.2.2.2", "-t", "1000"];
	await node(
		"conntrack",
		...common,
		"-p",
		"tcp",
		"--sport",
		"5",
		"--dport",
		"6",
		"--state",
		"ESTABLISHED",
		"-u",
		"ASSURED,SEEN_REPLY",
		"-w",
		"5",
		"-m",
		"7",
	);
	await node("conntrack", ...common, "-p", "udp", "--sport", "5", "--dport", "7", "-u", "SEEN_REPLY", "-g", "3.3.3.3");
	await node("conntrack", ...common, "-p", "icmp", "--icmp-type", "8", "--icmp-code", "0", "--icmp-id", "77");
	const [src, dst] = [ip("1.1.1.1"), ip("2.2.2.2")];
	const base = { kind: "conntrack", family: "ipv4", timeoutSeconds: 0, mark: 0 } as const;
	const entries: readonly ConntrackEntry[] = [
		{
			...base,
			proto: 6,
			original: { proto: 6, src, dst, sport: 5, dport: 6 },
			reply: { proto: 6, src: dst, dst: src, sport: 6, dport: 5 },
			tcpState: "ESTABLISHED",
			assured: true,
			mark: 7,
			zone: 5,
		},
		{
			...base,
			proto: 17,
			original: { proto: 17, src, dst, sport: 5, dport: 7 },
			reply: { proto: 17, src: ip("3.3.3.3"), dst: src, sport: 7, dport: 5 },
			dnat: true,
		},
		{
			...base,
			proto: 1,
			original: { proto: 1, src, dst, icmp: { type: 8, code: 0, id: 77 } },
			reply: { proto: 1, src: dst, dst: src, icmp: { type: 0, code: 0, id: 77 } },
			unreplied: true,
		},
	];
	const lines = (text: string): readonly string[] =>
		text
			.trimEnd()
			.split("\n")
			.filter((line) => !line.includes("unknown"))
			.map((line) => line.replace(/ (99\d|1000) /, " 0 "))
			.sort();
	expect(lines(await node("conntrack", "-L"))).toEqual(entries.map((entry) => formatConntrack(entry)).sort());
	expect(lines(await node("conntrack", "-L", "-o", "extended"))).toEqual(
		entries.map((entry) => formatConntrack(entry, { extended: true })).sort(),
	);
});
