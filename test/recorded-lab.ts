/**
 * Scenarios that were run on Linux 6.18 (test/golden/netfilter/record.py) with what came of them: `a` 10.9.0.2
 * and `b` 10.9.0.3 on br0 (10.9.0.1) of `m`, `x` 10.8.0.2 behind w0 (10.8.0.1) of `m`; frames are put on a device by hand.
 */
import { readFileSync } from "node:fs";
import { formatConntrack } from "../src/formats/conntrack.ts";
import { formatIpSetSave } from "../src/formats/ipset/listing.ts";
import { parseIpSetSave } from "../src/formats/ipset/parse-listing.ts";
import type { KernelObject } from "../src/kernel/objects.ts";
import { devQueueXmit } from "../src/sim/core/dev.ts";
import { SimKernel } from "../src/sim/sim-kernel.ts";
import { allocSkb } from "../src/sim/skb.ts";
import { originSkb } from "../src/sim/trace.ts";
import { cidr, ip, mac } from "../src/wire/addr.ts";
import { chainsOf, replaceOps } from "./xtables-lab.ts";

export interface Recorded {
	readonly name: string;
	readonly rules: string;
	readonly sysctl?: Readonly<Record<string, number>>;
	/** The port of `a` sends frames back to where they came from. */
	readonly hairpin?: boolean;
	/** `m` has to ask for the MAC address of `b`. */
	readonly noNeighB?: boolean;
	/** `m` has `blackhole 10.96.0.0/12`: what no DNAT rule takes ends there. */
	readonly blackhole?: boolean;
	/** `ipset restore` text for `m`. */
	readonly ipsets?: string;
	/** `ipset save` of `m` afterwards. */
	readonly ipsetSaved?: string;
	/** `["inject", netns, dev, hex]`. */
	readonly steps: readonly (readonly [string, string, string, string])[];
	/** What the devices of `m` saw: `[dev, host|bcast|mcast|other|out, hex]`, blanked as `blanked` does. */
	readonly frames: readonly (readonly [string, string, string])[];
	/** `iptables-legacy-save -c` of `m` afterwards. */
	readonly saved: readonly string[];
	/** Conntrack's entries of `m` afterwards, as /proc has them; life blanked, sorted. */
	readonly entries?: readonly string[];
	/** What LOG rules wrote: level and text, IP identification blanked. */
	readonly log?: readonly string[];
}

export interface Seen {
	/** By device. */
	readonly frames: Readonly<Record<string, readonly string[]>>;
	/** `table chain`: the counters of its rules, then of its policy. */
	readonly counters: Readonly<Record<string, string>>;
	readonly log: readonly string[];
	/** Undefined where they were not recorded. */
	readonly entries: readonly string[] | undefined;
	/** `ipset save`, without the seconds left. */
	readonly ipsets: string;
}

/** The scenarios of a file in test/golden/netfilter: one a line, after a line with their provenance. */
export function readRecorded(file: string): readonly Recorded[] {
	const text = readFileSync(new URL(`golden/netfilter/${file}`, import.meta.url), "utf8");
	return text
		.split("\n")
		.slice(1, -1)
		.map((line) => JSON.parse(line) as Recorded);
}

export function recordedOutcome(scenario: Recorded): Seen {
	const frames: Record<string, string[]> = {};
	for (const [dev, direction, hex] of scenario.frames) push(frames, dev, `${direction} ${hex}`);
	return {
		frames,
		counters: countersOf(chainsOf(scenario.saved.join("\n"))),
		log: scenario.log ?? [],
		entries: scenario.entries,
		ipsets: withoutSeconds(scenario.ipsetSaved ?? ""),
	};
}

/** Runs the scenario on the simulated kernel. */
export async function simulatedOutcome(scenario: Recorded): Promise<Seen> {
	const kernel = new SimKernel({ seed: 1 });
	for (const netns of ["m", "a", "b", "x"]) await kernel.addNetns(netns);
	for (const [netns, object] of topology(scenario)) await apply(kernel, netns, [object]);
	if (scenario.ipsets !== undefined) await apply(kernel, "m", ipSetsOf(scenario.ipsets));
	const rules = await kernel.apply("m", replaceOps(scenario.rules));
	if (!rules.ok) throw new Error(JSON.stringify(rules.error));
	kernel.machine.loop.runUntil(1e9);
	const frames: Record<string, string[]> = {};
	kernel.capture("m", { promisc: false }, ({ dev, direction, pktType, frame }) => {
		const who = direction === "out" ? "out" : (SHORT[pktType] ?? pktType);
		push(frames, dev, `${who} ${blanked(frame)}`);
	});
	for (const [, netns, dev, hex] of scenario.steps) {
		inject(kernel, netns, dev, Uint8Array.from(Buffer.from(hex, "hex")));
		kernel.runBacklog();
	}
	const dumped = await kernel.dump("m", ["xt-chain"]);
	const log = kernel.log().map((line) => `${line.level} ${line.text.replaceAll(/(TTL=\d+) ID=\d+/g, "$1 ID=*")}`);
	const entries = scenario.entries === undefined ? undefined : await entriesOf(kernel);
	const sets = await kernel.dump("m", ["ipset"]);
	const ipsets = sets.ok ? formatIpSetSave(sets.value.filter((object) => object.kind === "ipset")) : "";
	return {
		frames: scenario.ipsets === undefined ? frames : {},
		counters: countersOf(dumped.ok ? dumped.value : []),
		log: scenario.ipsets === undefined ? log : [],
		entries,
		ipsets: withoutSeconds(ipsets),
	};
}

async function entriesOf(kernel: SimKernel): Promise<readonly string[]> {
	const dumped = await kernel.dump("m", ["conntrack"]);
	const lines = (dumped.ok ? dumped.value : []).flatMap((entry) =>
		entry.kind === "conntrack" ? [formatConntrack(entry, { extended: true, use: 2 })] : [],
	);
	return lines.map((line) => line.replace(/^(ipv4 +2 \w+ +\d+) \d+/, "$1 *")).sort();
}

function ipSetsOf(text: string): readonly KernelObject[] {
	const parsed = parseIpSetSave(text);
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
	return parsed.value;
}

function withoutSeconds(save: string): string {
	return save.replaceAll(/^(add .*) timeout [1-9]\d*/gm, "$1 timeout N");
}

const SHORT: Readonly<Record<string, string>> = { broadcast: "bcast", multicast: "mcast", otherhost: "other" };
const MACS = { a: "02:00:00:00:00:02", b: "02:00:00:00:00:03", x: "02:00:00:00:08:02" } as const;
const BRIDGE = "02:00:00:00:00:01";

function topology(scenario: Recorded): readonly (readonly [string, KernelObject])[] {
	const veth = (name: string, address: string, peer: "a" | "b" | "x"): KernelObject => ({
		...{ kind: "link", name, mac: mac(address), up: true },
		link: { type: "veth", peer: "eth0", peerNetns: peer, peerMac: mac(MACS[peer]) },
	});
	const port = (name: string): KernelObject => ({ kind: "link", name, master: "br0" });
	const addr = (dev: string, text: string): KernelObject => ({ kind: "addr", dev, addr: cidr(text) });
	const neigh = (dev: string, text: string, address: string): KernelObject => ({
		...{ kind: "neigh", dev, addr: ip(text), mac: mac(address), state: "PERMANENT" },
	});
	const host = (netns: "a" | "b" | "x", net: string, own: string, gatewayMac: string): [string, KernelObject][] => [
		[netns, addr("eth0", `${net}.${own}/24`)],
		[netns, { kind: "link", name: "eth0", up: true }],
		[netns, { kind: "route", dst: cidr("0.0.0.0/0"), via: ip(`${net}.1`) }],
		[netns, neigh("eth0", `${net}.1`, gatewayMac)],
	];
	const sysctls = Object.entries({ "net.ipv4.ip_forward": 1, ...scenario.sysctl }).map(
		([key, value]): [string, KernelObject] => ["m", { kind: "sysctl", key, value: String(value) }],
	);
	const isLate = ([, object]: [string, KernelObject]): boolean =>
		object.kind === "sysctl" && /\.conf\.(?!all\.|default\.)/.test(object.key);
	return [
		...sysctls.filter((each) => !isLate(each)),
		["m", { kind: "link", name: "br0", mac: mac(BRIDGE), link: { type: "bridge" }, up: true }],
		["m", veth("va", "02:00:00:00:01:02", "a")],
		["m", veth("vb", "02:00:00:00:01:03", "b")],
		["m", veth("w0", "02:00:00:00:08:01", "x")],
		["m", port("va")],
		["m", port("vb")],
		["m", addr("br0", "10.9.0.1/24")],
		["m", addr("w0", "10.8.0.1/24")],
		["m", neigh("br0", "10.9.0.2", MACS.a)],
		["m", neigh("w0", "10.8.0.2", MACS.x)],
		...(scenario.noNeighB === true ? [] : [["m", neigh("br0", "10.9.0.3", MACS.b)] as [string, KernelObject]]),
		...host("a", "10.9.0", "2", BRIDGE),
		...host("b", "10.9.0", "3", BRIDGE),
		...host("x", "10.8.0", "2", "02:00:00:00:08:01"),
		["a", neigh("eth0", "10.9.0.3", MACS.b)],
		["b", neigh("eth0", "10.9.0.2", MACS.a)],
		...(scenario.blackhole === true
			? [["m", { kind: "route", type: "blackhole", dst: cidr("10.96.0.0/12") }] as [string, KernelObject]]
			: []),
		...sysctls.filter(isLate),
		...(scenario.hairpin === true
			? [["m", { kind: "link", name: "va", port: { hairpin: true } }] as [string, KernelObject]]
			: []),
	];
}

async function apply(kernel: SimKernel, netns: string, objects: readonly KernelObject[]): Promise<void> {
	const done = await kernel.apply(
		netns,
		objects.map((object) => ({ verb: "replace", object })),
	);
	if (!done.ok) throw new Error(`${netns}: ${JSON.stringify(done.error)}`);
}

/** What a packet socket does. */
function inject(kernel: SimKernel, netns: string, dev: string, frame: Uint8Array): void {
	const device = kernel.machine.netns.get(netns)?.devicesByName.get(dev);
	if (device === undefined) throw new Error(`no device ${dev} in ${netns}`);
	const skb = allocSkb(kernel.machine, frame.length);
	skb.bytes.set(frame, skb.data);
	skb.dev = device;
	skb.mac = skb.data;
	originSkb(skb, device.netns, "packet_sendmsg", "a recorded frame");
	devQueueXmit(skb);
}

const QUOTING: readonly number[] = [3, 4, 5, 11, 12];

/** The frame in hex, without what the kernel chooses by chance or leaves to the device: IP id, IP and transport checksums. */
function blanked(frame: Uint8Array): string {
	const b = frame.slice();
	if (b[12] === 8 && b[13] === 0 && b.length >= 34) {
		b.fill(0, 18, 20);
		b.fill(0, 24, 26);
		const transport = 14 + ((b[14] ?? 0) & 15) * 4;
		const first = ((((b[20] ?? 0) & 0x1f) << 8) | (b[21] ?? 0)) === 0;
		const at = { 1: 2, 6: 16, 17: 6 }[b[23] ?? 0];
		if (first && at !== undefined && b.length >= transport + at + 2) b.fill(0, transport + at, transport + at + 2);
		// What an ICMP error quotes may be a packet of the kernel's own.
		if (first && b[23] === 1 && QUOTING.includes(b[transport] ?? 0)) {
			b.fill(0, transport + 12, transport + 14);
			b.fill(0, transport + 18, transport + 20);
		}
	}
	return Buffer.from(b).toString("hex");
}

function countersOf(objects: readonly KernelObject[]): Readonly<Record<string, string>> {
	const counters: Record<string, string> = {};
	for (const object of objects) {
		if (object.kind !== "xt-chain") continue;
		const all = object.rules.map((rule) => rule.counters);
		if (object.policy !== undefined) all.push(object.counters);
		counters[`${object.table} ${object.chain}`] = all.map((each) => `${each?.packets}/${each?.bytes}`).join(" ");
	}
	return counters;
}

function push(into: Record<string, string[]>, key: string, value: string): void {
	const list = into[key];
	if (list === undefined) into[key] = [value];
	else list.push(value);
}
