/**
 * For tests of IPv4: `x` 10.8.0.2 -- w0 10.8.0.1 [router `m`] v0 10.9.0.1 -- `y` 10.9.0.2, packets made by hand, and what
 * arrives as one line each. The same topology was run on a real kernel; the tests' expectations are its answers.
 */
import { concatBytes } from "../src/base/bytes.ts";
import type { KernelObject } from "../src/kernel/objects.ts";
import { devQueueXmit } from "../src/sim/core/dev.ts";
import { allocSkb } from "../src/sim/skb.ts";
import { originSkb } from "../src/sim/trace.ts";
import { cidr, ip, ipNum, ipText, mac } from "../src/wire/addr.ts";
import { ETH_HLEN, ETH_P_IP, putEthernet } from "../src/wire/ethernet.ts";
import { icmpCode, icmpRest, icmpType, putIcmp } from "../src/wire/icmpv4.ts";
import * as v4 from "../src/wire/ipv4.ts";
import { putUdp, udpDport, udpSport } from "../src/wire/udp.ts";
import { SimLab } from "./sim-lab.ts";

export const X = "10.8.0.2";
export const Y = "10.9.0.2";

const MACS = { x: 0x020000000802, w0: 0x020000000801, y: 0x020000000902, v0: 0x020000000901 } as const;

export interface Packet {
	readonly src?: string;
	readonly dst?: string;
	readonly proto?: number;
	readonly payload?: Uint8Array;
	readonly ttl?: number;
	readonly tos?: number;
	readonly id?: number;
	/** The fragment word; IP_DF when absent. */
	readonly frag?: number;
}

export function n(text: string): number {
	const value = ipNum(ip(text));
	if (typeof value !== "number") throw new Error(`not IPv4: ${text}`);
	return value;
}

/** An IPv4 packet; from `x` to `y` unless it says otherwise. */
export function packet(of: Packet): Uint8Array {
	const payload = of.payload ?? new Uint8Array(0);
	const bytes = concatBytes(new Uint8Array(20), payload);
	const { proto = 17, ttl = 64, tos = 0, id = 7, frag = v4.IP_DF } = of;
	const [src, dst] = [n(of.src ?? X), n(of.dst ?? Y)];
	v4.putIpv4(bytes, 0, { src, dst, proto, ttl, tos, id, frag, totalLength: bytes.length });
	return bytes;
}

/** A UDP datagram with `length` bytes of payload. */
export function udp(of: Packet & { length?: number; sport?: number; dport?: number } = {}): Uint8Array {
	const payload = new Uint8Array(8 + (of.length ?? 0)).fill(0x66);
	const addrs = { src: n(of.src ?? X), dst: n(of.dst ?? Y) };
	putUdp(payload, 0, payload.length, { ...addrs, sport: of.sport ?? 1000, dport: of.dport ?? 80 });
	return packet({ ...of, payload });
}

/** An ICMP message with `length` bytes behind its header. */
export function icmp(
	of: Packet & { type: number; code?: number; rest?: number; length?: number; body?: Uint8Array },
): Uint8Array {
	const payload = concatBytes(new Uint8Array(8), of.body ?? new Uint8Array(of.length ?? 56));
	putIcmp(payload, 0, payload.length, { type: of.type, code: of.code ?? 0, rest: of.rest ?? 0x50001 });
	return packet({ ...of, proto: 1, payload });
}

/** `src > dst ttl 63 DF len 28 UDP 1000>80`; tos and fragment word only when they are not 0. */
export function line(b: Uint8Array): string {
	const frag = v4.ipv4Frag(b, 0);
	const words = [`${ipText(v4.ipv4Src(b, 0))} > ${ipText(v4.ipv4Dst(b, 0))} ttl ${v4.ipv4Ttl(b, 0)}`];
	if (v4.ipv4Tos(b, 0) !== 0) words.push(`tos 0x${v4.ipv4Tos(b, 0).toString(16)}`);
	if ((frag & v4.IP_DF) !== 0) words.push("DF");
	if ((frag & v4.IP_MF) !== 0) words.push("MF");
	if ((frag & v4.IP_OFFSET) !== 0) words.push(`at ${(frag & v4.IP_OFFSET) * 8}`);
	words.push(`len ${v4.ipv4TotalLength(b, 0)}`);
	const at = v4.ipv4HeaderLength(b, 0);
	const proto = v4.ipv4Proto(b, 0);
	if ((frag & v4.IP_OFFSET) === 0 && proto === 17) words.push(`UDP ${udpSport(b, at)}>${udpDport(b, at)}`);
	if ((frag & v4.IP_OFFSET) === 0 && proto === 1) words.push(`ICMP ${icmpType(b, at)}/${icmpCode(b, at)}`);
	return words.join(" ");
}

/** Bytes 4–7 of the ICMP header of a packet. */
export function restOf(b: Uint8Array): number {
	return icmpRest(b, v4.ipv4HeaderLength(b, 0));
}

export interface RouterOptions {
	/** Set on the router before its links come up. */
	readonly sysctls?: Readonly<Record<string, number>>;
	readonly mtu?: { readonly w0?: number; readonly v0?: number };
	/** Added on the router last. */
	readonly more?: readonly KernelObject[];
}

export class RouterLab {
	readonly lab: SimLab;

	private constructor(lab: SimLab) {
		this.lab = lab;
	}

	static async create(options: RouterOptions = {}): Promise<RouterLab> {
		const lab = new SimLab("m", "x", "y");
		const sysctls = { "net.ipv4.ip_forward": 1, ...options.sysctls };
		for (const [key, value] of Object.entries(sysctls)) {
			if (!/conf\.[wv]0/.test(key)) await lab.set("m", { kind: "sysctl", key, value: String(value) });
		}
		await wire(lab, { netns: "x", dev: "w0", mtu: options.mtu?.w0 });
		await wire(lab, { netns: "y", dev: "v0", mtu: options.mtu?.v0 });
		await lab.set("m", { kind: "link", name: "lo", up: true });
		for (const [key, value] of Object.entries(sysctls)) {
			if (/conf\.[wv]0/.test(key)) await lab.set("m", { kind: "sysctl", key, value: String(value) });
		}
		for (const object of options.more ?? []) await lab.add("m", object);
		lab.settle();
		return new RouterLab(lab);
	}

	/** Sends packets from `x` (or `y`) to the router, as frames to its MAC address or the one given. */
	send(packets: readonly Uint8Array[], from: { netns?: "x" | "y"; to?: number } = {}): void {
		const { netns = "x" } = from;
		const dst = from.to ?? (netns === "x" ? MACS.w0 : MACS.v0);
		for (const bytes of packets) {
			const skb = allocSkb(this.lab.kernel.machine, ETH_HLEN + bytes.length);
			putEthernet(skb.bytes, skb.data, { dst, src: MACS[netns], type: ETH_P_IP });
			skb.bytes.set(bytes, skb.data + ETH_HLEN);
			skb.dev = this.lab.dev(netns, "eth0");
			skb.mac = skb.data;
			originSkb(skb, skb.dev.netns, "packet_sendmsg", "a test's packet");
			devQueueXmit(skb);
			this.lab.kernel.runBacklog();
		}
	}

	/** The IP packets that `x` or `y` got since it was last asked; with `netns/dev`, those that device got. */
	got(where: string): readonly Uint8Array[] {
		const [netns, dev = "eth0"] = where.split("/");
		const frames: Uint8Array[] = [];
		const rest = this.lab.events.filter((event) => {
			if (event.step !== "receive" || event.netns !== netns || event.dev !== dev) return true;
			if (event.frame[12] === 8 && event.frame[13] === 0) frames.push(event.frame.slice(ETH_HLEN));
			return false;
		});
		this.lab.events.splice(0, this.lab.events.length, ...rest);
		return frames;
	}

	lines(where: string): readonly string[] {
		return this.got(where).map(line);
	}

	/** The reasons for which the router dropped packets since it was last asked. */
	drops(): readonly string[] {
		const reasons = this.lab.events.flatMap((event) =>
			event.step === "drop" && event.netns === "m" ? [event.reason] : [],
		);
		const rest = this.lab.events.filter((event) => event.step !== "drop");
		this.lab.events.splice(0, this.lab.events.length, ...rest);
		return reasons;
	}
}

async function wire(lab: SimLab, end: { netns: "x" | "y"; dev: "w0" | "v0"; mtu: number | undefined }): Promise<void> {
	const { netns, dev, mtu } = end;
	const text = (value: number): ReturnType<typeof mac> =>
		mac(
			value
				.toString(16)
				.padStart(12, "0")
				.replaceAll(/(..)(?=.)/g, "$1:"),
		);
	const link = { type: "veth", peer: "eth0", peerNetns: netns, peerMac: text(MACS[netns]) } as const;
	await lab.add("m", {
		kind: "link",
		name: dev,
		link,
		mac: text(MACS[dev]),
		up: true,
		...(mtu === undefined ? {} : { mtu }),
	});
	const net = netns === "x" ? "10.8.0" : "10.9.0";
	await lab.add("m", { kind: "addr", dev, addr: cidr(`${net}.1/24`) });
	await lab.add(netns, { kind: "addr", dev: "eth0", addr: cidr(`${net}.2/24`) });
	await lab.set(netns, { kind: "link", name: "eth0", up: true });
	await lab.add(netns, { kind: "route", dst: cidr("0.0.0.0/0"), via: ip(`${net}.1`) });
}
