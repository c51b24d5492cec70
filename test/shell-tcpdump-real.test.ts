/** tcpdump in the shell beside the real one: which frames filters pass, lines, messages, files, exit codes, live captures. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { diskIn } from "../src/cli/disk.ts";
import { linkTypeByName } from "../src/shell/commands/tcpdump/link-types.ts";
import { createWorld } from "../src/shell/create-world.ts";
import { Session } from "../src/shell/session.ts";
import { TextOutput } from "../src/shell/streams.ts";
import { SimKernel } from "../src/sim/sim-kernel.ts";
import { mac } from "../src/wire/addr.ts";
import { ETH_P_ARP, ethType } from "../src/wire/ethernet.ts";
import { buildPcap } from "../src/wire/pcap.ts";
import { buildPcapng } from "../src/wire/pcapng.ts";
import { NamedNetns, type Printed } from "./command-pair.ts";
import { BAD_FILTERS, FILTERS, LINK_FILTERS } from "./filter-expressions.ts";
import { filterFrames, underLink } from "./filter-frames.ts";
import { canRunReal, RealNetns } from "./real-netns.ts";
import { oddPackets, samplePackets } from "./sample-packets.ts";
import { type ShellLab, shellLab } from "./shell-lab.ts";
import { linePackets } from "./tcpdump-packets.ts";

const canRun = await canRunReal("tcpdump");
const directory = mkdtempSync(join(tmpdir(), "pwdump-"));
const START_NS = 1_763_700_000_123_456_789n;
const LINKS = ["EN10MB", "RAW", "LINUX_SLL", "LINUX_SLL2"] as const;

let lab: Machine;
let real: RealNetns;

beforeAll(async () => {
	if (!canRun) return;
	lab = await machine();
	real = await RealNetns.open();
	await real.run(["ip", "link", "set", "lo", "up"]);
	for (const name of LINKS) put(`${name}.pcap`, filterFrames(), name);
	put("sound.pcap", wholeFrames(), "EN10MB");
	put(
		"samples.pcap",
		[...samplePackets(), ...oddPackets()].map(({ frame }) => frame),
		"EN10MB",
	);
	put("lines.pcap", linePackets(), "EN10MB");
	put("lines-any.pcap", linePackets(), "LINUX_SLL2");
	put("lines-raw.pcap", linePackets(), "RAW");
	for (const [name, bytes] of oddFiles()) file(name, bytes);
});

afterAll(() => {
	real?.close();
	rmSync(directory, { recursive: true });
});

/** All but those that are cut off: there libpcap's optimizer may ask in another order and so find out something else. */
function wholeFrames(): readonly Uint8Array[] {
	return filterFrames().filter((frame) => frame.length >= (ethType(frame, 0) === ETH_P_ARP ? 42 : 80));
}

function file(name: string, bytes: Uint8Array): void {
	writeFileSync(join(directory, name), bytes);
}

interface Machine {
	sh(text: string): Promise<Printed>;
}

/** A machine whose captures are on the real disk, where the real tcpdump's are. */
async function machine(): Promise<Machine> {
	const disk = diskIn(directory);
	const created = await createWorld(new SimKernel({ seed: 1 }), { hosts: [{ name: "m" }], links: [] }, { disk });
	if (!created.ok) throw new Error(created.error.message);
	const session = new Session(created.value, { stdout: new TextOutput(), stderr: new TextOutput() });
	return {
		async sh(text) {
			const [out, err] = [new TextOutput(), new TextOutput()];
			session.stdout = out;
			session.stderr = err;
			const code = await session.run(text);
			return { code, out: out.text, err: err.text };
		},
	};
}

function put(name: string, frames: readonly Uint8Array[], link: (typeof LINKS)[number]): void {
	const packets = frames.flatMap((frame, k) => {
		const under = underLink(frame, link, k);
		return under === undefined ? [] : [{ frame: under, atNs: START_NS + BigInt(k) * 1_000_001n }];
	});
	file(name, buildPcap(packets, linkTypeByName(link)?.number ?? 1, { resolution: "nanoseconds" }));
}

function oddFiles(): readonly (readonly [string, Uint8Array])[] {
	const packets = samplePackets()
		.slice(0, 5)
		.map(({ frame }, k) => ({ frame, atNs: START_NS + BigInt(k) }));
	const whole = buildPcap(packets, 1);
	const short = packets.map(({ frame, atNs }) => ({ frame: frame.slice(0, 30), atNs, originalLength: frame.length }));
	const interfaces = [{ name: "eth0", linkType: 1 }];
	const ng = buildPcapng({ interfaces, packets: packets.map((packet) => ({ interface: 0, ...packet })) });
	return [
		["empty.pcap", new Uint8Array()],
		["stub.pcap", whole.slice(0, 10)],
		["none.pcap", whole.slice(0, 24)],
		["cut-header.pcap", whole.slice(0, whole.length - 50)],
		["cut.pcap", whole.slice(0, whole.length - 7)],
		["text.pcap", new TextEncoder().encode("this is not a capture file at all, is it?")],
		["short.pcap", buildPcap(short, 1, { snaplen: 30, resolution: "microseconds" })],
		["new.pcapng", ng],
	];
}

interface Both {
	readonly theirs: Printed;
	readonly ours: Printed;
}

async function both(args: readonly string[]): Promise<Both> {
	const [theirs, ours] = await Promise.all([realTcpdump(args), shellTcpdump(args)]);
	return { theirs, ours };
}

function shellTcpdump(args: readonly string[]): Promise<Printed> {
	return lab.sh(["tcpdump", ...args].map((word) => `'${word}'`).join(" "));
}

/** In a namespace without a network, so that no name server is asked. */
function realTcpdump(args: readonly string[]): Promise<Printed> {
	return new Promise((resolve) => {
		const argv = ["tcpdump", ...args];
		const options = { cwd: directory, env: { ...process.env, TZ: "UTC" }, maxBuffer: 1 << 27 };
		execFile("unshare", ["-n", ...argv], { ...options, encoding: "utf8" }, (error, out, err) =>
			resolve({ code: error === null ? 0 : Number(error.code), out, err }),
		);
	});
}

/** What passes, as a capture file each. */
async function filtered(name: string, expression: string): Promise<{ theirs: unknown; ours: unknown }> {
	const args = (out: string): readonly string[] => [
		"-r",
		name,
		"-w",
		out,
		"--",
		...(expression === "" ? [] : [expression]),
	];
	const [theirs, ours] = await Promise.all([realTcpdump(args("theirs.out")), shellTcpdump(args("ours.out"))]);
	const passed = (code: number, name: string): string =>
		code === 0 ? readFileSync(join(directory, name)).toString("hex") : "";
	return {
		theirs: { ...theirs, passed: passed(theirs.code, "theirs.out") },
		ours: { ...ours, passed: passed(ours.code, "ours.out") },
	};
}

async function differences(
	cases: readonly (readonly [file: string, expression: string])[],
): Promise<readonly string[]> {
	const found: string[] = [];
	for (const [name, expression] of cases) {
		const { theirs, ours } = await filtered(name, expression);
		const [a, b] = [JSON.stringify(theirs), JSON.stringify(ours)];
		if (a !== b) found.push(`${name} "${expression}"\n  real    ${a.slice(0, 300)}\n  podwire ${b.slice(0, 300)}`);
	}
	return found;
}

test.skipIf(!canRun)("filters pass the frames that the real tcpdump's pass", async () => {
	expect(FILTERS.length).toBeGreaterThan(80);
	const simple = FILTERS.filter((expression) => !/ (and|or) |&&/.test(expression));
	const cases = [
		...FILTERS.map((text) => ["sound.pcap", text] as const),
		...simple.map((text) => ["EN10MB.pcap", text] as const),
	];
	expect(await differences(cases)).toEqual([]);
});

test.skipIf(!canRun)("what is wrong with a filter is told as the real tcpdump tells it", async () => {
	expect(await differences(BAD_FILTERS.map((expression) => ["EN10MB.pcap", expression] as const))).toEqual([]);
});

test.skipIf(!canRun)("on other link types filters look elsewhere, or are refused", async () => {
	const modelled = LINK_FILTERS.filter((expression) => expression !== "vlan" && expression !== "mpls");
	const cases = LINKS.flatMap((link) => {
		const filters = link === "EN10MB" || link === "RAW" ? modelled : LINK_FILTERS;
		return filters.map((expression) => [`${link}.pcap`, expression] as const);
	});
	expect(await differences(cases)).toEqual([]);
});

test.skipIf(!canRun)("combinations of filters pass what the real tcpdump's pass", async () => {
	const primitives = FILTERS.filter((text) => text !== "" && !/ (or|and) /.test(text) && !text.includes("="));
	const tested = [...primitives, "tcp[13] & 2 != 0", "icmp[0] = 8", "udp[4:2] > 20", "ip[8] = 64", "ether[0] & 1 = 1"];
	const { expression } = fc.letrec<{ expression: string }>((tie) => ({
		expression: fc.oneof(
			{ depthSize: "small", withCrossShrink: true },
			fc.constantFrom(...tested),
			fc.constantFrom(...tested).map((text) => `not (${text})`),
			fc
				.tuple(tie("expression"), fc.constantFrom("and", "or"), tie("expression"), fc.nat(3))
				.map(
					([left, join, right, form]) =>
						[
							`(${left}) ${join} (${right})`,
							`not ((${left}) ${join} ${right})`,
							`(${left}) ${join} ${right}`,
							`${left} ${join} ${right}`,
						][form] ?? left,
				),
		),
	}));
	let agreed = 0;
	const wrong: string[] = [];
	for (const text of fc.sample(expression, { numRuns: 300, seed: 20261121 })) {
		const { theirs, ours } = await filtered("sound.pcap", text);
		// podwire sees more contradictions than libpcap's optimizer: then the real one captures nothing instead of saying so.
		if (JSON.stringify(ours).includes("expression rejects all packets")) {
			const none = Buffer.from(buildPcap([], 1, { resolution: "microseconds" })).toString("hex");
			if ([`"passed":"${none}"`, "rejects all"].some((sign) => JSON.stringify(theirs).includes(sign))) continue;
		}
		const [a, b] = [JSON.stringify(theirs), JSON.stringify(ours)];
		if (a !== b) wrong.push(`${text}\n  real    ${a.slice(100, 300)}\n  podwire ${b.slice(100, 300)}`);
		agreed += 1;
	}
	expect(wrong).toEqual([]);
	expect(agreed).toBeGreaterThan(200);
});

const FORMS: readonly string[] = [
	"-nn",
	"-n",
	"-nn -S",
	"-nn -e",
	"-nn -v",
	"-nn -vv",
	"-nn -vvv",
	"-nn -ve",
	"-nn -q",
	"-nn -qq",
	"-nn -qv",
	"-nn -qvv",
	"-nn -qe",
	"-nn -K -v",
	"-nn -t",
	"-nn -tt",
	"-nn -ttt",
	"-nn -tttt",
	"-nn -ttttt",
	"-nn -#",
	"-nn -x",
	"-nn -xx",
	"-nn -X",
	"-nn -XX",
	"-nn -A",
	"-nn -AA",
	"-nn -e -X -v",
	"-nn --nano",
	"-nn -tt --time-stamp-precision=nano",
	"-nn -c 3",
	"-c 4 -nnvvXS",
	"--count",
	"-nn --number -c2",
	"",
	"-e",
	"-v",
	"-N",
];

test.skipIf(!canRun)("lines have the real tcpdump's forms", async () => {
	const wrong: string[] = [];
	for (const form of FORMS) {
		for (const name of ["samples", "lines", "lines-any", "lines-raw"]) {
			const { theirs, ours } = await both([...form.split(" ").filter((word) => word !== ""), "-r", `${name}.pcap`]);
			expect(theirs.out.length).toBeGreaterThan(5);
			wrong.push(...lineDifferences(`${form} ${name}`, theirs, ours));
		}
	}
	expect(wrong).toEqual([]);
});

function lineDifferences(what: string, theirs: Printed, ours: Printed): readonly string[] {
	if (theirs.out === ours.out && theirs.err === ours.err && theirs.code === ours.code) return [];
	const [a, b] = [theirs.out.split("\n"), ours.out.split("\n")];
	const at = a.findIndex((line, k) => line !== b[k]);
	return [`${what}: exit ${theirs.code} ${ours.code}, ${theirs.err === ours.err}\n  ${a[at]}\n  ${b[at]}`];
}

const COMMANDS: readonly string[] = [
	"-D",
	"-L -i lo",
	"-L",
	"-J -i lo",
	"-i nope",
	"-i nope foo bar",
	"-i 99",
	"-i lo foo bar",
	"-i lo -c 0",
	"-i lo -c x",
	"-i lo -s x",
	"-i lo -s 300000",
	"-i lo -Q up",
	"-i lo -B x",
	"-i lo -T foo",
	"-i lo -j foo",
	"-i lo -y RAW",
	"-i lo -y NOPE",
	"-i any -y EN10MB",
	"-i lo --time-stamp-precision=foo",
	"-i lo -w /nope/x",
	"-F /nope",
	"-Y",
	"--foo",
	"-c",
	"-tttttt -r samples.pcap",
	"-r nope.pcap",
	"-r nope.pcap foo bar",
	"-r empty.pcap",
	"-r stub.pcap",
	"-r none.pcap",
	"-nn -r cut-header.pcap",
	"-nn -r cut.pcap",
	"-nn -r cut.pcap -c 2",
	"-r text.pcap",
	"-nn -r short.pcap",
	"-nn -v -e -r short.pcap",
	"-nn -r short.pcap greater 50",
	"-nn -r new.pcapng",
	"-nn -tttt --nano -r new.pcapng icmp or arp",
	"-h",
	"--help",
	"--version",
	"-r samples.pcap -w /nope/x",
];

test.skipIf(!canRun)("messages, lists and exit codes are the real tcpdump's", async () => {
	const wrong: string[] = [];
	for (const command of COMMANDS) {
		const args = command.split(" ");
		const ours = await shellTcpdump(args);
		const theirs = await realHere(args);
		if (JSON.stringify(ours) !== JSON.stringify({ ...theirs, out: modelled(theirs.out) })) {
			wrong.push(`tcpdump ${command}\n  real    ${JSON.stringify(theirs)}\n  podwire ${JSON.stringify(ours)}`);
		}
	}
	expect(wrong).toEqual([]);
});

/** In the namespace that has what the shell's machine has; files are in the directory. */
function realHere(args: readonly string[]): Promise<Printed> {
	const quoted = args.map((word) => `'${word}'`).join(" ");
	return real.run(["sh", "-c", `cd ${directory} && TZ=UTC exec tcpdump ${quoted}`]);
}

/** `-D` without what no namespace of podwire has. */
function modelled(out: string): string {
	return out.replace(/^\d+\.(bluetooth-monitor|nflog|nfqueue|dbus-\w+|\w+ \[none, Disconnected\]).*\n/gm, "");
}

test.skipIf(!canRun)("what -w wrote is read by the real tcpdump, and back", async () => {
	for (const args of [
		["-r", "samples.pcap", "tcp or arp"],
		["--nano", "-r", "samples.pcap", "icmp"],
		["-r", "short.pcap"],
		["-r", "LINUX_SLL2.pcap", "-c", "5"],
	]) {
		const theirs = await realTcpdump([...args, "-w", "theirs.pcap"]);
		expect(await shellTcpdump([...args, "-w", "ours.pcap"])).toEqual(theirs);
		expect(readFileSync(join(directory, "ours.pcap"))).toEqual(readFileSync(join(directory, "theirs.pcap")));
	}
});

interface LiveCase {
	readonly args: string;
	/** What is done meanwhile. */
	readonly commands: readonly string[];
}

const PING = "ping -c 1 10.7.0.2";
const LIVE: readonly LiveCase[] = [
	{ args: "-nn -i eth0", commands: [PING] },
	{ args: "-nn -e -i eth0 icmp", commands: [PING] },
	{ args: "-nn -v -i eth0 icmp", commands: [PING] },
	{ args: "-nn -q -t -i eth0 arp", commands: [PING] },
	{ args: "-nn -i any", commands: [PING, "ping -c 1 127.0.0.1"] },
	{ args: "-nn -e -i any icmp and host 10.7.0.2", commands: [PING] },
	{ args: "-i any -y LINUX_SLL -nn icmp", commands: [PING] },
	{ args: "-i any -y LINUX_SLL -nn -e icmp", commands: [PING] },
	{ args: "-i any -nn outbound and icmp", commands: [PING] },
	{ args: "-i eth0 -c 1 -nn icmp", commands: [PING] },
	{ args: "-i eth0 -s 40 -nn icmp", commands: [PING] },
	{ args: "-i eth0 -X -nn -c 1 icmp[0] = 0", commands: [PING] },
	{ args: "-i eth0 udp", commands: [PING] },
	{ args: "-i eth0 -w live.pcap", commands: [PING] },
];

test.skipIf(!canRun)("live captures look like the real ones", async () => {
	const [a, b] = [await NamedNetns.make("pwsh-td1"), await NamedNetns.make("pwsh-td2")];
	try {
		await a.run(
			"ip link add eth0 address 02:00:00:00:07:01 type veth peer name eth0 netns pwsh-td2 address 02:00:00:00:07:02",
		);
		for (const [netns, addr] of [
			[a, "10.7.0.1/24"],
			[b, "10.7.0.2/24"],
		] as const) {
			for (const command of [`addr add ${addr} dev eth0`, "link set eth0 up", "link set lo up"]) {
				await netns.run(`ip ${command}`);
			}
		}
		const pair = await shellLab({
			hosts: [
				{ name: "a", interfaces: [liveInterface(1)] },
				{ name: "b", interfaces: [liveInterface(2)] },
			],
			links: [{ ends: ["a:eth0", "b:eth0"] }],
		});
		for (const live of LIVE) {
			const theirs = await realLive(a, live);
			const ours = await shellLive(pair, live);
			expect([live.args, shown(ours)]).toEqual([live.args, shown(theirs)]);
		}
	} finally {
		await a.remove();
		await b.remove();
	}
});

function liveInterface(n: 1 | 2) {
	return { name: "eth0", addresses: [`10.7.0.${n}/24`], mac: mac(`02:00:00:00:07:0${n}`) };
}

async function realLive(netns: NamedNetns, { args, commands }: LiveCase): Promise<Printed> {
	await netns.run("ip neigh flush all");
	const words = args.replace("live.pcap", join(directory, "live.pcap")).split(" ");
	const job = netns.start(["tcpdump", "--immediate-mode", ...words]);
	await new Promise((resolve) => setTimeout(resolve, 400));
	for (const command of commands) await netns.run(command);
	await new Promise((resolve) => setTimeout(resolve, 200));
	return job.stop();
}

async function shellLive(pair: ShellLab, { args, commands }: LiveCase): Promise<Printed> {
	await pair.sh("ip neigh flush all");
	const run = await pair.sh(
		`tcpdump ${args.replace(/icmp\[0\].*/, "'$&'")} &\n${commands.map((line) => `${line} > /dev/null`).join("\n")}`,
	);
	const end = await pair.finish();
	return { code: end.code, out: run.out + end.out, err: run.err + end.err };
}

/** Without times, chance and how many packets the kernel threw away after the last. */
function shown({ code, out, err }: Printed): Printed {
	const plain = (text: string): string =>
		text
			.replace(/^\d\d:\d\d:\d\d\.\d{6} /gm, "TIME ")
			.replace(/\bid \d+/g, "id N")
			.replace(/^\t0x[0-9a-f]+: .*\n/gm, "\t0x\n")
			.replace(/^\d+ packets? received by filter/m, "N packets received by filter");
	return { code, out: plain(out), err: plain(err) };
}
