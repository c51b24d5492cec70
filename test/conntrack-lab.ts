/** A namespace with connection tracking and hand-made packets, for tests of conntrack and NAT: no devices, no routes. */

import { Prng } from "../src/base/prng.ts";
import type { HookName } from "../src/kernel/xtables.ts";
import { EventLoop } from "../src/sim/event-loop.ts";
import { nfCtNetnsGet } from "../src/sim/netfilter/conntrack/enable.ts";
import { initConntrack } from "../src/sim/netfilter/conntrack/init.ts";
import { nfHook } from "../src/sim/netfilter/hooks.ts";
import { initNat } from "../src/sim/netfilter/nat/init.ts";
import { allocSkb } from "../src/sim/skb.ts";
import { type Fate, Machine, type NetDevice, Netns, type Skb } from "../src/sim/types.ts";
import { ip, ipNum } from "../src/wire/addr.ts";
import { ETH_P_IP } from "../src/wire/ethernet.ts";
import { putIcmp } from "../src/wire/icmpv4.ts";
import { putIpv4 } from "../src/wire/ipv4.ts";
import { putTcp } from "../src/wire/tcp.ts";
import { putUdp } from "../src/wire/udp.ts";

export interface ConntrackLab {
	readonly machine: Machine;
	readonly netns: Netns;
}

/** A machine with one namespace; conntrack is on. */
export function conntrackLab(seed = 1): ConntrackLab {
	const machine = new Machine(new EventLoop(), new Prng(seed));
	initConntrack(machine);
	initNat(machine);
	const netns = new Netns(machine, "node");
	for (const created of machine.onNetnsCreated) created(netns);
	nfCtNetnsGet(netns, "ipv4");
	return { machine, netns };
}

/** Lets virtual time pass. */
export function pass(lab: ConntrackLab, seconds: number): void {
	lab.machine.loop.runUntil(lab.machine.loop.now() + seconds * 1e9);
}

export interface Ends {
	readonly src: string;
	readonly dst: string;
	readonly sport?: number;
	readonly dport?: number;
}

export interface TcpFields {
	readonly flags: number;
	readonly seq?: number;
	readonly ack?: number;
	readonly window?: number;
	readonly options?: Uint8Array;
	readonly payload?: number;
}

export function tcpSkb(lab: ConntrackLab, ends: Ends, fields: TcpFields): Skb {
	const options = fields.options ?? new Uint8Array(0);
	const skb = ipSkb(lab, ends, { proto: 6, length: 20 + options.length + (fields.payload ?? 0) });
	putTcp(skb.bytes, skb.transport, skb.end, {
		src: num(ends.src),
		dst: num(ends.dst),
		sport: ends.sport ?? 0,
		dport: ends.dport ?? 0,
		seq: fields.seq ?? 0,
		ack: fields.ack ?? 0,
		flags: fields.flags,
		window: fields.window ?? 65535,
		options,
	});
	return skb;
}

export function udpSkb(lab: ConntrackLab, ends: Ends, payload = 4): Skb {
	const skb = ipSkb(lab, ends, { proto: 17, length: 8 + payload });
	putUdp(skb.bytes, skb.transport, skb.end, {
		src: num(ends.src),
		dst: num(ends.dst),
		sport: ends.sport ?? 0,
		dport: ends.dport ?? 0,
	});
	return skb;
}

export interface IcmpFields {
	readonly type: number;
	readonly code?: number;
	/** `id << 16 | seq` of a query. */
	readonly rest?: number;
	readonly payload?: Uint8Array;
}

export function icmpSkb(lab: ConntrackLab, ends: Ends, fields: IcmpFields): Skb {
	const payload = fields.payload ?? new Uint8Array(0);
	const skb = ipSkb(lab, ends, { proto: 1, length: 8 + payload.length });
	skb.bytes.set(payload, skb.transport + 8);
	putIcmp(skb.bytes, skb.transport, skb.end, { type: fields.type, code: fields.code ?? 0, rest: fields.rest ?? 0 });
	return skb;
}

/** A packet with an IPv4 header and `length` zero bytes behind it. */
export function ipSkb(
	lab: ConntrackLab,
	ends: Ends,
	body: { readonly proto: number; readonly length: number; readonly frag?: number },
): Skb {
	const skb = allocSkb(lab.machine, 20 + body.length);
	skb.network = skb.data;
	skb.transport = skb.data + 20;
	skb.protocol = ETH_P_IP;
	putIpv4(skb.bytes, skb.network, {
		src: num(ends.src),
		dst: num(ends.dst),
		proto: body.proto,
		ttl: 64,
		tos: 0,
		id: 1,
		frag: body.frag ?? 0x4000,
		totalLength: 20 + body.length,
	});
	return skb;
}

/** The bytes of the packet from its IP header on. */
export function bytesOf(skb: Skb): Uint8Array {
	return skb.bytes.slice(skb.network, skb.end);
}

/** Runs the packet through hooks, as a packet that is forwarded (the default) or comes in or goes out; the fate of the last. */
export function through(
	lab: ConntrackLab,
	skb: Skb,
	hooks: readonly HookName[] = ["PREROUTING", "FORWARD", "POSTROUTING"],
	outdev?: NetDevice,
): Fate {
	let fate: Fate = "queued";
	for (const hook of hooks) {
		fate = nfHook(
			{ family: "ipv4", hook, netns: lab.netns, indev: undefined, outdev, okfn: (): Fate => "delivered" },
			skb,
		);
		if (fate !== "delivered") return fate;
	}
	return fate;
}

function num(text: string): number {
	return Number(ipNum(ip(text)));
}
