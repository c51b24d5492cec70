/**
 * For tests of IPVS against recorded runs of a real kernel: the director of test/golden/ipvs/record.py, its events done on the
 * simulated kernel, and what came of each in the words of the recording.
 */
import { readFileSync } from "node:fs";
import { concatBytes } from "../src/base/bytes.ts";
import { formatConntrack } from "../src/formats/conntrack.ts";
import { formatRule, parseIptablesSave } from "../src/formats/iptables-save.ts";
import type { IpvsForward, IpvsObject, IpvsProtocol, IpvsServiceKey, IpvsStats } from "../src/kernel/ipvs.ts";
import type { Verb } from "../src/kernel/kernel.ts";
import type { KernelObject, XtChain } from "../src/kernel/objects.ts";
import { devQueueXmit } from "../src/sim/core/dev.ts";
import { fillSctpChecksum } from "../src/sim/netfilter/nat/sctp-checksum.ts";
import { allocSkb } from "../src/sim/skb.ts";
import { originSkb } from "../src/sim/trace.ts";
import { cidr, ip, ipNum, ipText, mac } from "../src/wire/addr.ts";
import { foldChecksum, pseudoHeaderSum, sumBytes } from "../src/wire/checksum.ts";
import { ETH_HLEN, ETH_P_IP, ethDst, ethType, putEthernet } from "../src/wire/ethernet.ts";
import { putIcmp } from "../src/wire/icmpv4.ts";
import * as v4 from "../src/wire/ipv4.ts";
import { get16, get32, put16 } from "../src/wire/read-write.ts";
import { putTcp, tcpFlags } from "../src/wire/tcp.ts";
import { putUdp } from "../src/wire/udp.ts";
import { badEndings, SimLab } from "./sim-lab.ts";

type Key = readonly [proto: string, addr: string, port: number, fwmark: number];
type PacketEvent = readonly [
	"p",
	"c" | "s",
	"tcp" | "udp" | "sctp",
	string,
	number,
	string,
	number,
	string | number,
	number,
	number?,
	number?,
];

export type GoldenEvent =
	| readonly ["svc", "add" | "edit" | "delete", Key, string?, number?, number?, string?]
	| readonly ["dest", "add" | "edit" | "delete", Key, string, number, IpvsForward, number?, number?, number?]
	| readonly ["sysctl", string, number]
	| readonly ["set", number, number, number]
	| readonly ["wait", number]
	| PacketEvent
	/** Loads tables; lists counters, conntrack entries, statistics; a socket of the director itself connects. */
	| readonly ["ipt", string]
	| readonly ["counters" | "ct" | "stats"]
	| readonly ["local", string, number, string, number]
	| readonly ["i", "c" | "s", number, number, string, string, PacketEvent];

/** What an event changed; see `run` in record.py. */
export interface GoldenResult {
	readonly r?: string;
	readonly out?: readonly string[];
	readonly c?: Readonly<Record<string, number>>;
	readonly g?: readonly string[];
	readonly d?: string;
	/** The lines that were listed. */
	readonly k?: readonly string[];
}

export interface GoldenScenario {
	readonly n: number;
	readonly kind: string;
	readonly vip: string;
	readonly prefix: string;
	readonly events: readonly GoldenEvent[];
	readonly results: readonly GoldenResult[];
}

export function readGolden(name: string): readonly GoldenScenario[] {
	const text = readFileSync(new URL(`golden/ipvs/${name}`, import.meta.url), "utf8");
	const parsed: { readonly scenarios: readonly GoldenScenario[] } = JSON.parse(text);
	return parsed.scenarios;
}

const SERVERS = [11, 12, 13, 14, 15, 16, 17, 18];

/** How long the recorder waits after a packet. */
const SETTLE_NS = 12e6;

export class IpvsLab {
	readonly lab: SimLab = new SimLab("w", "d");
	readonly #frames: { readonly side: string; readonly frame: Uint8Array }[] = [];

	static async make(): Promise<IpvsLab> {
		const made = new IpvsLab();
		await made.#setup();
		return made;
	}

	async #setup(): Promise<void> {
		const { lab } = this;
		for (const [name, peer, address] of [
			["c0", "c1", "02:00:00:00:00:01"],
			["s0", "s1", "02:00:00:00:00:02"],
		] as const) {
			await lab.add("d", {
				kind: "link",
				name,
				mac: mac(address),
				up: true,
				link: { type: "veth", peer, peerNetns: "w" },
			});
			await lab.set("w", { kind: "link", name: peer, up: true });
			const captured = lab.kernel.capture("w", { dev: peer }, ({ frame, direction }) => {
				if (direction === "in" && ethType(frame, 0) === ETH_P_IP) this.#frames.push({ side: peer.slice(0, 1), frame });
			});
			if (!captured.ok) throw new Error(captured.error.message);
		}
		await lab.set("d", { kind: "link", name: "lo", up: true });
		for (const [key, value] of [
			["net.ipv4.ip_forward", "1"],
			["net.ipv4.icmp_ratelimit", "0"],
			["net.ipv4.conf.all.rp_filter", "0"],
			["net.ipv4.conf.c0.rp_filter", "0"],
			["net.ipv4.conf.s0.rp_filter", "0"],
		] as const) {
			await lab.set("d", { kind: "sysctl", key, value });
		}
		await lab.add(
			"d",
			{ kind: "addr", dev: "c0", addr: cidr("10.255.0.1/24") },
			{ kind: "addr", dev: "s0", addr: cidr("10.0.0.1/24") },
			{ kind: "neigh", dev: "c0", addr: ip("10.255.0.2"), mac: mac("02:00:00:00:00:c1"), state: "PERMANENT" },
			{ kind: "route", dst: cidr("172.16.0.0/12"), via: ip("10.255.0.2"), dev: "c0" },
			{ kind: "route", dst: cidr("10.96.0.0/16"), type: "local", dev: "lo", table: 255, scope: "host" },
			...SERVERS.map(
				(k) =>
					({
						kind: "neigh",
						dev: "s0",
						addr: ip(`10.0.0.${k}`),
						mac: mac(`02:00:00:00:00:${k}`),
						state: "PERMANENT",
					}) as const,
			),
		);
		lab.settle();
		this.#frames.splice(0);
	}

	/** Does one event; the result is what the kernel answered, or undefined for ok. */
	async event(event: GoldenEvent): Promise<string | undefined> {
		const { kernel } = this.lab;
		switch (event[0]) {
			case "svc": {
				const [, what, key, scheduler, flags = 0, timeout = 0, netmask = ""] = event;
				const persistent = (flags & 1) !== 0;
				return this.#apply(what, {
					kind: "ipvs-service",
					family: "ipv4",
					service: keyOf(key),
					...(scheduler === undefined ? {} : { scheduler }),
					...(persistent ? { persistence: { timeoutSeconds: timeout, netmask: ip(netmask) } } : {}),
					...((flags & 4) !== 0 ? { onePacket: true } : {}),
					schedFlags: (["flag-1", "flag-2", "flag-3"] as const).filter((_, k) => (flags & (8 << k)) !== 0),
				});
			}
			case "dest": {
				const [, what, key, addr, port, forward, weight = 1, upperThreshold = 0, lowerThreshold = 0] = event;
				return this.#apply(what, {
					kind: "ipvs-destination",
					family: "ipv4",
					service: keyOf(key),
					addr: ip(addr),
					port,
					forward,
					weight,
					upperThreshold,
					lowerThreshold,
				});
			}
			case "sysctl":
				await this.lab.set("d", { kind: "sysctl", key: `net.ipv4.vs.${event[1]}`, value: String(event[2]) });
				return undefined;
			case "set": {
				const [, tcpSeconds, tcpFinSeconds, udpSeconds] = event;
				return this.#apply("edit", { kind: "ipvs-timeouts", tcpSeconds, tcpFinSeconds, udpSeconds });
			}
			case "wait":
				kernel.machine.loop.runUntil(kernel.machine.loop.now() + event[1] * 1e9);
				return undefined;
			case "p":
				this.#send(event[1], packetOf(event));
				return undefined;
			case "i":
				this.#send(event[1], icmpOf(event));
				return undefined;
			case "ipt":
				await this.#load(event[1]);
				return undefined;
			case "counters":
			case "ct":
			case "stats":
				return undefined;
			case "local":
				return this.#connect({ from: event[1], sport: event[2], to: event[3], dport: event[4] });
		}
	}

	/** What a listing event lists, in the recorder's form. */
	async listing(event: GoldenEvent): Promise<readonly string[] | undefined> {
		switch (event[0]) {
			case "counters":
				return countersText(await this.#dumpOf("xt-chain"));
			case "ct":
				return (await this.#dumpOf("conntrack"))
					.map((entry) =>
						formatConntrack(entry)
							.split(/\s+/)
							.filter((word) => word !== "" && !/^\d+$/.test(word) && !word.startsWith("use="))
							.join(" "),
					)
					.toSorted();
			case "stats":
				return statsText(await this.dump("ipvs-service"), await this.dump("ipvs-destination"));
			default:
				return undefined;
		}
	}

	async #dumpOf<K extends "xt-chain" | "conntrack">(kind: K): Promise<readonly Extract<KernelObject, { kind: K }>[]> {
		const dumped = await this.lab.kernel.dump("d", [kind]);
		if (!dumped.ok) throw new Error(dumped.error.message);
		return dumped.value.filter((object): object is Extract<KernelObject, { kind: K }> => object.kind === kind);
	}

	async #load(text: string): Promise<void> {
		const parsed = parseIptablesSave(text, { family: "ipv4" });
		if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
		for (const table of parsed.value.tables) {
			for (const { name: chain, rules, policy } of table.chains) {
				await this.lab.set("d", {
					kind: "xt-chain",
					family: "ipv4",
					table: table.name,
					chain,
					rules,
					...(policy === undefined ? {} : { policy }),
				});
			}
		}
	}

	#connect(of: { from: string; sport: number; to: string; dport: number }): string | undefined {
		const { sockets, machine } = this.lab.kernel;
		const opened = sockets.connectTcp(
			"d",
			{ addr: ip(of.to), port: of.dport },
			{ bind: { addr: ip(of.from), port: of.sport } },
			{},
		);
		machine.loop.runUntil(machine.loop.now() + SETTLE_NS);
		return opened.ok ? undefined : opened.error.message;
	}

	/** The packets that came out since the last time. */
	out(): readonly string[] {
		return this.#frames
			.splice(0)
			.map(({ side, frame }) => `${side}${lastByte(ethDst(frame, 0))} ${describePacket(frame.slice(ETH_HLEN))}`);
	}

	/** Seconds left, by what `/proc/net/ip_vs_conn` says of a connection. */
	async connections(): Promise<Map<string, number>> {
		const found = new Map<string, number>();
		for (const object of await this.dump("ipvs-connection")) {
			if (object.kind !== "ipvs-connection") continue;
			const { proto, client, virtual, destination, state, expiresSeconds } = object;
			const at = (place: { readonly addr: string; readonly port: number }): string => `${place.addr}:${place.port}`;
			found.set(`${proto.toUpperCase()} ${at(client)} ${at(virtual)} ${at(destination)} ${state}`, expiresSeconds);
		}
		return found;
	}

	/** By service, in the kernel's order. */
	async destinations(): Promise<string> {
		const found = new Map<string, string[]>();
		for (const object of await this.dump("ipvs-destination")) {
			if (object.kind !== "ipvs-destination") continue;
			const { active, inactive } = object.connections ?? { active: 0, inactive: 0 };
			const key = JSON.stringify(object.service);
			const own = found.get(key) ?? [];
			found.set(key, [...own, `${object.addr.split(".")[3]}:${object.weight}:${active}:${inactive}`]);
		}
		return [...found]
			.toSorted(([a], [b]) => (a < b ? -1 : 1))
			.flatMap(([, own]) => own)
			.join(" ");
	}

	/** The packets of the trace so far that did not end exactly once. */
	badEndings(): readonly (readonly [number, number])[] {
		return badEndings(this.lab.events.splice(0));
	}

	async dump(kind: IpvsObject["kind"]): Promise<readonly IpvsObject[]> {
		const dumped = await this.lab.kernel.dump("d", [kind]);
		if (!dumped.ok) throw new Error(dumped.error.message);
		return dumped.value.filter((object): object is IpvsObject => object.kind === kind);
	}

	async #apply(what: "add" | "edit" | "delete", object: IpvsObject): Promise<string | undefined> {
		const verb: Verb = what === "edit" ? "replace" : what;
		const done = await this.lab.kernel.apply("d", [
			{ verb, object: what === "edit" ? { ...object, ...MUST_EXIST } : object },
		]);
		const { loop } = this.lab.kernel.machine;
		loop.runUntil(loop.now() + SETTLE_NS);
		return done.ok ? undefined : done.error.errno;
	}

	#send(side: "c" | "s", packet: Uint8Array): void {
		const { lab } = this;
		const { machine } = lab.kernel;
		const skb = allocSkb(machine, ETH_HLEN + packet.length);
		const dst = side === "c" ? 0x020000000001 : 0x020000000002;
		putEthernet(skb.bytes, skb.data, { dst, src: side === "c" ? 0x0200000000c1 : 0x020000000011, type: ETH_P_IP });
		skb.bytes.set(packet, skb.data + ETH_HLEN);
		skb.dev = lab.dev("w", `${side}1`);
		skb.mac = skb.data;
		originSkb(skb, skb.dev.netns, "packet_sendmsg", "a test's frame");
		devQueueXmit(skb);
		machine.loop.runUntil(machine.loop.now() + SETTLE_NS);
	}
}

const MUST_EXIST = { mustExist: true } as const;

/** Replays a scenario; the result says where the simulated kernel differs. */
export async function replay(scenario: GoldenScenario): Promise<readonly string[]> {
	const lab = await IpvsLab.make();
	const differences: string[] = [];
	const want = new Map<string, { seconds: number; atNs: number }>();
	let wantDests = "";
	for (const [k, event] of scenario.events.entries()) {
		const recorded = scenario.results[k] ?? {};
		const refused = await lab.event(event);
		const say = (what: string, got: unknown, wanted: unknown): void => {
			differences.push(
				`#${scenario.n} ${scenario.kind} event ${k} ${JSON.stringify(event)}: ${what} ${JSON.stringify(got)}, recorded ${JSON.stringify(wanted)}`,
			);
		};
		if (refused !== recorded.r) say("errno", refused, recorded.r);
		const out = lab.out();
		if (JSON.stringify(out) !== JSON.stringify(recorded.out ?? [])) say("packets", out, recorded.out ?? []);
		const nowNs = lab.lab.kernel.clock.now();
		for (const gone of recorded.g ?? []) want.delete(gone);
		for (const [text, seconds] of Object.entries(recorded.c ?? {})) want.set(text, { seconds, atNs: nowNs });
		// What a change of the configuration ends is seen with the next packet.
		const isChange = event[0] === "svc" || event[0] === "dest" || event[0] === "sysctl";
		const conns = isChange ? new Map<string, number>() : await lab.connections();
		for (const [text, seconds] of conns) {
			const wanted = want.get(text);
			if (wanted === undefined) say("connection", text, recorded.c ?? {});
			else if (Math.abs(seconds - wanted.seconds + (nowNs - wanted.atNs) / 1e9) > 1.5)
				say(`seconds of ${text}`, seconds, wanted.seconds);
		}
		for (const text of isChange ? [] : want.keys()) if (!conns.has(text)) say("no connection", undefined, text);
		if (recorded.d !== undefined) wantDests = recorded.d;
		const dests = await lab.destinations();
		const counted = isChange ? /:\d+:\d+(?= |$)/g : /(?!)/;
		if (dests.replace(counted, "") !== wantDests.replace(counted, "")) say("destinations", dests, wantDests);
		const listed = await lab.listing(event);
		if (listed !== undefined && JSON.stringify(listed) !== JSON.stringify(recorded.k ?? [])) {
			const missing = (recorded.k ?? []).filter((line) => !listed.includes(line));
			say(
				"listing",
				listed.filter((line) => !(recorded.k ?? []).includes(line)),
				missing,
			);
		}
		const bad = lab.badEndings();
		if (bad.length > 0) say("endings", bad, []);
		if (differences.length > 0) break;
	}
	return differences;
}

/** As `describe` in record.py. */
export function describePacket(frame: Uint8Array): string {
	const p = frame.subarray(0, v4.ipv4TotalLength(frame, 0));
	const hlen = v4.ipv4HeaderLength(p, 0);
	const proto = v4.ipv4Proto(p, 0);
	const [src, dst] = [ipText(v4.ipv4Src(p, 0)), ipText(v4.ipv4Dst(p, 0))];
	const df = (v4.ipv4Frag(p, 0) & v4.IP_DF) === 0 ? "" : "D";
	const head = `t${v4.ipv4Ttl(p, 0)}${df}${v4.ipv4ChecksumIsValid(p, 0) ? "" : " BADIP"}`;
	const word = v4.ipv4Frag(p, 0);
	if (v4.ipv4IsFragment(p, 0)) return `${src}>${dst} ${proto} fragment ${word} of ${p.length - hlen} ${head}`;
	if (proto === v4.IPPROTO_IPIP) return `${src}>${dst} ipip ${head} [${describePacket(p.subarray(hlen))}]`;
	if (proto === v4.IPPROTO_ICMP) {
		const good = foldChecksum(sumBytes(p, hlen, p.length)) === 0 ? "" : " BADICMP";
		return `${src}>${dst} icmp ${p[hlen]}/${p[hlen + 1]}${good} ${head} [${quotedText(p, hlen + 8)}]`;
	}
	const sum = pseudoHeaderSum(v4.ipv4Src(p, 0), v4.ipv4Dst(p, 0), proto, p.length - hlen);
	const good = foldChecksum(sum + sumBytes(p, hlen, p.length)) === 0 ? "" : " BADSUM";
	const ends = `${src}:${get16(p, hlen)}>${dst}:${get16(p, hlen + 2)}`;
	if (proto === v4.IPPROTO_SCTP) {
		const checked = p.slice();
		fillSctpChecksum(checked, hlen, checked.length);
		const ok = get32(checked, hlen + 8) === get32(p, hlen + 8) ? "" : " BADCRC";
		return `${ends} sctp ${p[hlen + 12]}${ok} ${head}`;
	}
	if (proto === v4.IPPROTO_UDP) return `${ends} udp ${p.length - hlen - 8}${good} ${head}`;
	const flags = ["F", "S", "R", "P", "A"].filter((flag) => (tcpFlags(p, hlen) & (FLAGS[flag] ?? 0)) !== 0).join("");
	return `${ends} tcp ${flags}${good} ${head}`;
}

const FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16 };

function quotedText(p: Uint8Array, at: number): string {
	if (p.length - at < 24) return "short";
	const [src, dst] = [ipText(v4.ipv4Src(p, at)), ipText(v4.ipv4Dst(p, at))];
	return `${src}:${get16(p, at + 20)}>${dst}:${get16(p, at + 22)} ${v4.ipv4Proto(p, at)} t${v4.ipv4Ttl(p, at)}`;
}

function keyOf([proto, addr, port, fwmark]: Key): IpvsServiceKey {
	return fwmark === 0 ? { proto: protocol(proto), addr: ip(addr), port } : { fwmark };
}

function protocol(name: string): IpvsProtocol {
	if (name === "tcp" || name === "udp" || name === "sctp") return name;
	throw new Error(`no protocol: ${name}`);
}

function num(text: string): number {
	const n = ipNum(ip(text));
	if (typeof n !== "number") throw new Error(`not IPv4: ${text}`);
	return n;
}

function packetOf([, , proto, from, sport, to, dport, flags, length, seq = 1000, ack = 2000]: PacketEvent): Uint8Array {
	const [src, dst] = [num(from), num(to)];
	if (proto === "udp") {
		const payload = new Uint8Array(8 + length).fill(0x78);
		putUdp(payload, 0, payload.length, { src, dst, sport, dport });
		return ipPacket(from, to, 17, payload);
	}
	if (proto === "sctp") {
		const chunk = new Uint8Array(20);
		put16(chunk, 0, sport);
		put16(chunk, 2, dport);
		chunk[7] = 7;
		chunk[12] = Number(flags);
		chunk[15] = 8;
		fillSctpChecksum(chunk, 0, chunk.length);
		return ipPacket(from, to, 132, chunk);
	}
	const bits = String(flags)
		.split("")
		.reduce((all, flag) => all | (FLAGS[flag] ?? 0), 0);
	const payload = new Uint8Array(20 + length).fill(0x78);
	putTcp(payload, 0, payload.length, {
		src,
		dst,
		sport,
		dport,
		seq,
		ack,
		flags: bits,
		window: 1000,
		options: NO_OPTIONS,
	});
	return ipPacket(from, to, 6, payload);
}

const NO_OPTIONS = new Uint8Array(0);

function icmpOf([, , type, code, src, dst, quoted]: Extract<GoldenEvent, readonly ["i", ...unknown[]]>): Uint8Array {
	const payload = concatBytes(new Uint8Array(8), packetOf(quoted).subarray(0, 28));
	putIcmp(payload, 0, payload.length, { type, code, rest: type === 3 && code === 4 ? 1400 : 0 });
	return ipPacket(src, dst, 1, payload);
}

function ipPacket(src: string, dst: string, proto: number, payload: Uint8Array): Uint8Array {
	const bytes = concatBytes(new Uint8Array(20), payload);
	const addrs = { src: num(src), dst: num(dst) };
	const frag = proto === v4.IPPROTO_ICMP ? 0 : v4.IP_DF;
	v4.putIpv4(bytes, 0, { ...addrs, proto, ttl: 64, tos: 0, id: 7, frag, totalLength: bytes.length });
	return bytes;
}

function lastByte(address: number): string {
	return (address % 256).toString(16).padStart(2, "0");
}

/** Counting rules in the order of iptables-save's tables. */
function countersText(chains: readonly XtChain[]): readonly string[] {
	return ["mangle", "raw", "filter", "nat"].flatMap((table) =>
		chains
			.filter((chain) => chain.table === table)
			.flatMap((chain) =>
				chain.rules
					.filter((rule) => (rule.counters?.packets ?? 0) > 0)
					.map(
						(rule) => `[${rule.counters?.packets}:${rule.counters?.bytes}] ${formatRule(rule, chain.chain).trimEnd()}`,
					),
			),
	);
}

/** As `ipvsadm -Ln --stats --exact`, spaces squeezed. */
function statsText(services: readonly IpvsObject[], destinations: readonly IpvsObject[]): readonly string[] {
	const numbers = (stats: IpvsStats | undefined): string => {
		const c = stats?.counters;
		return `${c?.conns} ${c?.inPackets} ${c?.outPackets} ${c?.inBytes} ${c?.outBytes}`;
	};
	return services.flatMap((svc) => {
		if (svc.kind !== "ipvs-service" || !("proto" in svc.service)) return [];
		const { proto, addr, port } = svc.service;
		const own = destinations.flatMap((dest) => {
			if (dest.kind !== "ipvs-destination" || JSON.stringify(dest.service) !== JSON.stringify(svc.service)) return [];
			return [`-> ${dest.addr}:${dest.port} ${numbers(dest.stats)}`];
		});
		return [`${proto.toUpperCase()} ${addr}:${port} ${numbers(svc.stats)}`, ...own];
	});
}
