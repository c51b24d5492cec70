/**
 * iptables, iptables-save, iptables-restore and conntrack of the shell beside the real ones (iptables 1.8.9 nf_tables,
 * conntrack 1.4.7): the same commands print the same and return the same. What the real ones said is recorded in
 * golden/iptables-commands.json; as root they are asked again, and more than that.
 *
 * Where podwire differs on purpose: modules that are not modelled are refused (exit 2); `-Z` of a table that nobody has
 * touched does nothing, where the nft backend fails; `-E` does not rename built-in chains, as the legacy backend; policies
 * count (kernel-lab-2 D2); a restore that leaves a table empty leaves it listed; help is shorter.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPing } from "../src/programs/ping.ts";
import { startUdpClient } from "../src/programs/udp-client.ts";
import { udpEcho } from "../src/programs/udp-echo.ts";
import type { CommandEntry } from "../src/shell/command.ts";
import { conntrackCommand } from "../src/shell/commands/conntrack/conntrack.ts";
import { ip6tablesCommand, iptablesCommand } from "../src/shell/commands/iptables/iptables.ts";
import { iptablesRestoreCommand } from "../src/shell/commands/iptables/restore.ts";
import { iptablesSaveCommand } from "../src/shell/commands/iptables/save.ts";
import { ip } from "../src/wire/addr.ts";
import { type CommandText, NamedNetns, type Printed, ShellMachine } from "./command-pair.ts";
import { COMMAND_GROUPS, type CommandGroup } from "./iptables-commands.ts";
import { EXTENSION_GROUPS } from "./iptables-extension-commands.ts";
import { canRunReal } from "./real-netns.ts";
import { TYPED_RULES } from "./typed-rules.ts";

const ENTRIES: readonly CommandEntry[] = [
	conntrackCommand,
	ip6tablesCommand,
	iptablesCommand,
	iptablesRestoreCommand,
	iptablesSaveCommand,
];
const PREFIX = `pwsh-ipt-${process.pid}`;
const canRun = await canRunReal("ip", "iptables", "iptables-save", "iptables-restore", "conntrack", "ping");

/** Dates are blanked. */
function undated({ code, out, err }: Printed): Printed {
	return { code, out: out.replace(/( on )\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}$/gm, "$1DATE"), err };
}

async function withNetns(name: string, work: (netns: NamedNetns) => Promise<void>): Promise<void> {
	const netns = await NamedNetns.make(`${PREFIX}-${name}`);
	try {
		await work(netns);
	} finally {
		await netns.remove();
	}
}

async function expectSame(real: NamedNetns, shell: ShellMachine, commands: readonly CommandText[]): Promise<void> {
	for (const [index, command] of commands.entries()) {
		const there = undated(await real.run(command));
		const here = undated(await shell.run(command));
		expect({ index, command, ...here }).toEqual({ index, command, ...there });
	}
}

/** What the real tools printed: exit code, standard output, standard error, dates blanked. */
type Recorded = Readonly<Record<string, readonly (readonly [code: number, out: string, err: string])[]>>;
const recordedIn = (file: string): Recorded =>
	JSON.parse(readFileSync(new URL(`./golden/${file}`, import.meta.url).pathname, "utf8"));
const RECORDED: Recorded = {
	...recordedIn("iptables-commands.json"),
	...recordedIn("iptables-extension-commands.json"),
};
const GROUPS: readonly CommandGroup[] = [...COMMAND_GROUPS, ...EXTENSION_GROUPS];

async function expectRecorded({ name, commands }: CommandGroup, run: (command: CommandText) => Promise<Printed>) {
	for (const [index, command] of commands.entries()) {
		const [code, out, err] = RECORDED[name]?.[index] ?? [-1, "not recorded", ""];
		expect({ index, command, ...undated(await run(command)) }).toEqual({ index, command, code, out, err });
	}
}

test.each(GROUPS)("$name: the shell says what the real tools said", async (group) => {
	const shell = await ShellMachine.make(ENTRIES);
	await expectRecorded(group, (command) => shell.run(command));
});

test.skipIf(!canRun).each(GROUPS)("$name: the real tools still say it", async (group) => {
	await withNetns("words", (real) => expectRecorded(group, (command) => real.run(command)));
});

test.skipIf(!canRun).each(["filter", "nat", "mangle", "raw"] as const)(
	"every typed rule of table %s that is modelled is listed as the real tool lists it",
	async (table) => {
		await withNetns(`list-${table}`, async (real) => {
			const shell = await ShellMachine.make(ENTRIES);
			let loaded = 0;
			for (const rule of TYPED_RULES) {
				if (rule.family !== "ipv4" || rule.table !== table) continue;
				const command = `iptables -t ${table} -A R${loaded} ${rule.typed}`;
				const chain = `iptables -t ${table} -N R${loaded}`;
				await shell.run(chain);
				if ((await shell.run(command)).code !== 0) {
					await shell.run(`iptables -t ${table} -X R${loaded}`);
					continue;
				}
				await real.run(chain);
				expect({ command, ...(await real.run(command)) }).toEqual({ command, code: 0, out: "", err: "" });
				loaded += 1;
			}
			for (const how of ["-L", "-nL", "-vL", "-nvxL --line-numbers", "-L --line-numbers", "-S", "-vS"]) {
				await expectSame(real, shell, [`iptables -t ${table} ${how}`]);
			}
			await expectSame(real, shell, ["iptables-save", "iptables-save -c", `iptables-save -t ${table}`]);
			expect(loaded).toBeGreaterThan(5);
		});
	},
);

let a: NamedNetns | undefined;
let b: NamedNetns | undefined;

beforeAll(async () => {
	if (!canRun) return;
	a = await NamedNetns.make(`${PREFIX}-a`);
	b = await NamedNetns.make(`${PREFIX}-b`);
	await a.run(`ip link add va type veth peer name vb netns ${b.name}`);
	for (const [netns, dev, address] of [
		[a, "va", "10.9.0.2/24"],
		[b, "vb", "10.9.0.3/24"],
	] as const) {
		await netns.run("ip link set lo up");
		await netns.run(`ip addr add ${address} dev ${dev}`);
		await netns.run(`ip link set ${dev} up`);
	}
});

afterAll(async () => {
	await a?.remove();
	await b?.remove();
});

const RULES: readonly string[] = [
	"iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
	"iptables -A OUTPUT -p icmp",
	"iptables -A OUTPUT -p udp -d 10.9.0.3 --dport 5353 -j ACCEPT",
	"iptables -A OUTPUT -p tcp --syn",
	"iptables -t nat -A OUTPUT -d 10.9.0.9 -p udp --dport 53 -j DNAT --to-destination 10.9.0.3:5353",
	"iptables -t raw -A OUTPUT -p udp",
];

/** One ping, one answered datagram to a translated address, one refused connection, one that both ends close. */
const REAL_SERVER = `
	require("dgram").createSocket("udp4").on("message", function (m, from) { this.send(m, from.port, from.address); }).bind(5353, "10.9.0.3", () => {
		require("net").createServer({ allowHalfOpen: true }, (s) => s.on("data", () => s.write("hi")).on("end", () => setTimeout(() => s.end(), 100)))
			.listen(9090, "10.9.0.3", () => console.log("ready"));
	});`;
const REAL_CLIENT = `
	const net = require("net");
	const socket = require("dgram").createSocket("udp4");
	socket.bind(40002, () => socket.send("x", 53, "10.9.0.9"));
	socket.on("message", () => {
		socket.close();
		net.connect({ host: "10.9.0.3", port: 54, localAddress: "10.9.0.2", localPort: 40003 }).on("error", () => {
			const c = net.connect({ host: "10.9.0.3", port: 9090, localAddress: "10.9.0.2", localPort: 40001 }, () => c.write("hello"));
			c.on("data", () => c.end()).on("close", () => process.exit());
		});
	});`;

async function realTraffic(): Promise<void> {
	if (a === undefined || b === undefined) return;
	await a.run("ping -c 1 -W 1 -e 77 10.9.0.3");
	await a.runWords([process.execPath, "-e", REAL_CLIENT]);
}

async function simTraffic({ kernel, world }: ShellMachine): Promise<void> {
	let done = false;
	const [clientNetns, serverNetns] = ["host/a", "host/b"];
	udpEcho(kernel, serverNetns, { port: 5353 });
	kernel.sockets.listenTcp(serverNetns, { bind: { port: 9090 } }, (connection) =>
		connection.handle({
			onData: () => connection.send(new TextEncoder().encode("hi")),
			onEnd: () => void kernel.clock.after(100e6, () => connection.close()),
		}),
	);
	const connectGood = (): void => {
		const to = { addr: ip("10.9.0.3"), port: 9090 };
		const made = kernel.sockets.connectTcp(
			clientNetns,
			to,
			{ bind: { port: 40001 } },
			{
				onConnect: () => void (made.ok && made.value.send(new TextEncoder().encode("hello"))),
				onData: () => void (made.ok && made.value.close()),
				onClose: () => {
					done = true;
				},
			},
		);
	};
	const connectBad = (): void => {
		const to = { addr: ip("10.9.0.3"), port: 54 };
		kernel.sockets.connectTcp(clientNetns, to, { bind: { port: 40003 } }, { onError: connectGood });
	};
	startPing(kernel, clientNetns, { to: ip("10.9.0.3"), id: 77 }, () => {
		const to = { addr: ip("10.9.0.9"), port: 53 };
		const options = { to, payload: new Uint8Array(1), socket: { bind: { port: 40002 } } };
		startUdpClient(kernel, clientNetns, options, connectBad);
	});
	await world.run(() => world.wait(() => done, { timeoutNs: 20e9 }));
	expect(done).toBe(true);
}

const TWO_HOSTS = {
	hosts: [
		{ name: "a", interfaces: [{ name: "va", addresses: ["10.9.0.2/24"] }] },
		{ name: "b", interfaces: [{ name: "vb", addresses: ["10.9.0.3/24"] }] },
	],
	links: [{ ends: ["a:va", "b:vb"] }],
};

/** Lines in order of the alphabet (Linux lists by hash), the seconds that are left and the ids blanked. */
function entries(printed: Printed): Printed {
	const blanked = printed.out
		.replace(/^((?:ipv4 +2 )?[a-z]+ +\d+) \d+/gm, "$1 N")
		.replace(/ use=\d+/g, "")
		.replace(/ id=\d{5,}$/gm, " id=N");
	return { ...printed, out: `${blanked.split("\n").sort().join("\n")}` };
}

/** Events: ids, times of day, the deleter's number and what is left of the time at the end blanked. */
function events(printed: Printed): Printed {
	const out = printed.out
		.replace(/^\[\d+\.\d{6}\]/gm, "[TIME]")
		.replace(/ id=\d{5,}/g, " id=N")
		.replace(/ \[USERSPACE\].*$/gm, " [USERSPACE]")
		.replace(/^(\S*\s*\[DESTROY\] (?:ipv4 +2 )?[a-z]+ +\d+) \d+ /gm, "$1 N ");
	return { ...printed, out };
}

test.skipIf(!canRun)("counters, entries and events of the same traffic are the same", async () => {
	if (a === undefined || b === undefined) return;
	const shell = await ShellMachine.make(ENTRIES, TWO_HOSTS);
	await expectSame(a, shell, RULES);
	const realServer = b.start([process.execPath, "-e", REAL_SERVER], "ready");
	await realServer.started;
	const watches = [
		"conntrack -E",
		"conntrack -E -o extended,id,timestamp",
		"conntrack -E -e NEW,DESTROY -p udp",
		"conntrack -E -p tcp --dport 9090",
		"conntrack -E -e UPDATES -s 10.9.0.2",
		"conntrack -E -d 10.9.9.9",
	];
	const node = a;
	const real = watches.map((command) => node.start(command.split(" ")));
	await a.listenToNetfilter(watches.length);
	const stops = [];
	for (const command of watches) stops.push(await shell.start(command));
	await realTraffic();
	await simTraffic(shell);

	for (const command of ["iptables -nvL OUTPUT", "iptables -t nat -nvL OUTPUT 1", "iptables -t raw -S -v OUTPUT 1"]) {
		expect({ command, ...countersOf(await shell.run(command)) }).toEqual({
			command,
			...countersOf(await a.run(command)),
		});
	}
	for (const command of LISTINGS) {
		expect({ command, ...entries(await shell.run(command)) }).toEqual({ command, ...entries(await a.run(command)) });
	}
	await realServer.stop();
	for (const [index, command] of watches.entries()) {
		const here = await stops[index]?.();
		await real[index]?.printedLines((here?.out.split("\n").length ?? 1) - 1);
		const there = await real[index]?.stop();
		if (there === undefined || here === undefined) throw new Error(command);
		expect({ command, ...events(here) }).toEqual({ command, ...events(there) });
	}
});

/** Of a policy the nft backend counts nothing here. */
function countersOf(printed: Printed): Printed {
	return { ...printed, out: printed.out.replace(/\(policy .*\)/, "(policy)") };
}

const LISTINGS: readonly string[] = [
	"conntrack -L",
	"conntrack -L -o extended",
	"conntrack -L -o id",
	"conntrack -L -o extended,id,timestamp",
	"conntrack -L -p tcp",
	"conntrack -L -p udp",
	"conntrack -L -p icmp --icmp-type 8",
	"conntrack -L -p icmp --icmp-id 77",
	"conntrack -L -p icmp --icmp-id 78",
	"conntrack -L -p tcp --dport 9090",
	"conntrack -L -p tcp --sport 9090",
	"conntrack -L -p tcp --reply-port-src 9090",
	"conntrack -L -p tcp --state TIME_WAIT",
	"conntrack -L -p tcp --state ESTABLISHED",
	"conntrack -L -u ASSURED",
	"conntrack -L -u SEEN_REPLY",
	"conntrack -L -u UNREPLIED",
	"conntrack -L --src-nat -p udp",
	"conntrack -L --dst-nat -p udp",
	"conntrack -L --dst-nat 10.9.0.3",
	"conntrack -L --dst-nat 10.9.0.4",
	"conntrack -L --any-nat -p udp",
	"conntrack -L --any-nat -p tcp",
	"conntrack -L -s 10.9.0.0/24",
	"conntrack -L -d 10.9.0.9",
	"conntrack -L -q 10.9.0.2",
	"conntrack -L -r 10.9.0.3 -p udp",
	"conntrack -L -m 0",
	"conntrack -L -m 1",
	"conntrack -C",
	"conntrack -G -p tcp -s 10.9.0.2 -d 10.9.0.3 --sport 40001 --dport 9090",
	"conntrack -G -p udp -s 10.9.0.2 -d 10.9.0.9 --sport 40002 --dport 53 -o extended",
	"conntrack -G -p udp -s 10.9.0.2 -d 10.9.0.8 --sport 40002 --dport 53",
	"conntrack -D -p udp",
	"conntrack -D -p udp",
	"conntrack -D -p icmp -o extended",
	"conntrack -F",
	"conntrack -L",
	"conntrack -C",
];

test("what is not modelled is refused by name", async () => {
	const shell = await ShellMachine.make(ENTRIES);
	const refusals: readonly (readonly [CommandText, string])[] = [
		["ip6tables -A INPUT -j DROP", "podwire: ip6tables: IPv6 packet filtering is not modelled\n"],
		["ip6tables-save", "podwire: ip6tables-save: IPv6 packet filtering is not modelled\n"],
		["iptables -A INPUT -m cpu --cpu 1 -j DROP", "podwire: iptables -m cpu --cpu 1 is not modelled\n"],
		["iptables -t raw -A PREROUTING -j CT --helper ftp", "podwire: iptables -j CT --helper ftp is not modelled\n"],
		[
			["iptables-restore", "*filter\n-A INPUT -m u32 --u32 x\nCOMMIT\n"],
			"podwire: iptables -m u32 --u32 x is not modelled\n",
		],
		["conntrack -I -p tcp", "podwire: conntrack -I is not modelled\n"],
		["conntrack -L -o xml", "podwire: conntrack -o xml is not modelled\n"],
	];
	for (const [command, err] of refusals)
		expect({ command, ...(await shell.run(command)) }).toEqual({ command, code: 2, out: "", err });
});

test("an entry that nobody uses any more ends on time while somebody listens, and then says no seconds", async () => {
	const shell = await ShellMachine.make(ENTRIES, TWO_HOSTS);
	await shell.run("iptables -A INPUT -m conntrack --ctstate NEW");
	const stop = await shell.start("conntrack -E");
	const to = { addr: ip("10.9.0.3"), port: 7 };
	const opened = shell.kernel.sockets.openUdp("host/a", { bind: { port: 40002 }, connect: to }, {});
	if (opened.ok) opened.value.send(new Uint8Array(1));
	await shell.pass(31);
	expect(await stop()).toEqual({
		code: 0,
		out:
			"    [NEW] udp      17 30 src=10.9.0.2 dst=10.9.0.3 sport=40002 dport=7 [UNREPLIED] src=10.9.0.3 dst=10.9.0.2 sport=7 dport=40002\n" +
			"[DESTROY] udp      17 src=10.9.0.2 dst=10.9.0.3 sport=40002 dport=7 [UNREPLIED] src=10.9.0.3 dst=10.9.0.2 sport=7 dport=40002\n",
		err: "conntrack v1.4.7 (conntrack-tools): 2 flow events have been shown.\n",
	});
});

test("a name in -s is looked up in the machine's files, and listed by it", async () => {
	const shell = await ShellMachine.make(ENTRIES, {
		hosts: [{ name: "node", files: { "/etc/hosts": "10.1.2.3 web.example web\n" } }],
	});
	expect(await shell.run("iptables -A INPUT -s web -d 10.9.9.9 -j DROP")).toEqual({ code: 0, out: "", err: "" });
	expect((await shell.run("iptables -S INPUT 1")).out).toBe("-A INPUT -s 10.1.2.3/32 -d 10.9.9.9/32 -j DROP\n");
	expect((await shell.run("iptables -L INPUT 1")).out).toBe(
		"DROP       all  --  web.example          10.9.9.9            \n",
	);
});
