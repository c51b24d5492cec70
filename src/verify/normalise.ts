/**
 * The real kernel's frame in the simulated kernel's terms: numbers drawn at random are replaced by what the simulated kernel
 * drew at the same place, and checksums follow by increment, so a wrong one stays wrong. What is then left is different.
 */
import { checksumReplace16, foldChecksum, pseudoHeaderSum, sumBytes } from "../wire/checksum.ts";
import { ETH_HLEN, ETH_P_IP } from "../wire/ethernet.ts";
import { ICMP_ECHO, ICMP_ECHOREPLY, ICMP_TIMESTAMPREPLY, icmpIsError, icmpType } from "../wire/icmpv4.ts";
import {
	IP_OFFSET,
	IPPROTO_ICMP,
	IPPROTO_IPIP,
	IPPROTO_TCP,
	IPPROTO_UDP,
	IPV4_MIN_HLEN,
	ipv4Dst,
	ipv4Frag,
	ipv4HeaderLength,
	ipv4Id,
	ipv4Proto,
	ipv4Src,
	ipv4TotalLength,
} from "../wire/ipv4.ts";
import { get16, get32, put16 } from "../wire/read-write.ts";
import { isVxlanPort } from "../wire/summary-vxlan.ts";
import { TCP_CHECK, TCP_MIN_HLEN, TCP_RST, TCP_SYN, tcpFlags, tcpHeaderLength } from "../wire/tcp.ts";
import { UDP_CHECK } from "../wire/udp.ts";
import type { Chance } from "./chance.ts";
import { isKnownPacket, packetKey } from "./known.ts";
import { VXLAN_INSIDE } from "./tunnel-inside.ts";

const VLAN_TYPES = [0x8100, 0x88a8];
const IP_ID = 4;
const IP_CHECK = 10;
const ICMP_CHECK = 2;
const ICMP_REST = 4;
const ICMP_QUOTE = 8;

export interface FramePair {
	readonly sim: Uint8Array;
	readonly real: Uint8Array;
	/** Of the scenario: within a step a packet has one IP id. */
	readonly step: number;
	/** Of a tunnel device: an IP packet. */
	readonly link?: "ip";
}

/** A copy of `real`; where the two are of different shape it is as it was. */
export function normaliseFrame(pair: FramePair, chance: Chance): Uint8Array {
	const { sim, real } = pair;
	const bytes = Uint8Array.from(real);
	if (pair.link === "ip") {
		new Rewriter(sim, bytes, { chance, step: pair.step }).ipv4(0, []);
		return bytes;
	}
	if (sim.length !== real.length || !sameBytes(sim, real, 0, ETH_HLEN)) return bytes;
	new Rewriter(sim, bytes, { chance, step: pair.step }).frame(0, []);
	return bytes;
}

/** TCP options (`-j LOG --log-tcp-options` prints them) in the simulated kernel's terms; `real` is changed. */
export function normaliseTcpOptions(
	{ sim, real, begins }: { readonly sim: Uint8Array; readonly real: Uint8Array; readonly begins: boolean },
	chance: Chance,
): void {
	const end = { to: sim.length, begins };
	if (sim.length === real.length) new Rewriter(sim, real, { chance, step: 0 }).tcpOptions(0, end, []);
}

/** Positions of checksums that cover a place, the innermost first: each also covers those before it. */
type Checks = readonly number[];

class Rewriter {
	readonly #sim: Uint8Array;
	readonly #real: Uint8Array;
	readonly #chance: Chance;
	readonly #step: number;
	/** Positions of transport checksums of packets that errors quote. */
	readonly #quoted = new Set<number>();

	constructor(sim: Uint8Array, real: Uint8Array, context: { readonly chance: Chance; readonly step: number }) {
		this.#sim = sim;
		this.#real = real;
		this.#chance = context.chance;
		this.#step = context.step;
	}

	/** The frame at `at`, VLAN tags and all. */
	frame(at: number, outer: Checks, isQuoted = false): void {
		let type = at + ETH_HLEN - 2;
		while (VLAN_TYPES.includes(get16(this.#sim, type)) && type + 4 < this.#sim.length) type += 4;
		const network = type + 2;
		if (get16(this.#sim, type) === ETH_P_IP && sameBytes(this.#sim, this.#real, at, network)) {
			this.ipv4(network, outer, isQuoted);
		}
	}

	/** The packet at `at`; `outer` are the checksums of a message that quotes it or of a packet around it. */
	ipv4(at: number, outer: Checks, isQuoted = false): void {
		const [sim, real] = [this.#sim, this.#real];
		const hlen = ipv4HeaderLength(sim, at);
		if (hlen < IPV4_MIN_HLEN || at + hlen > sim.length || !this.#sameHeader(at, hlen)) return;
		this.#ipId(at, outer);
		const l4 = at + hlen;
		if ((ipv4Frag(sim, at) & IP_OFFSET) !== 0 || l4 + 8 > sim.length) return;
		switch (ipv4Proto(sim, at)) {
			case IPPROTO_TCP:
				this.#ports(at, { check: l4 + TCP_CHECK, isQuoted }, outer);
				this.#tcp(l4, this.#checks(at, l4 + TCP_CHECK, outer));
				this.#offload(at, l4 + TCP_CHECK, outer);
				return;
			case IPPROTO_UDP: {
				const isNone = get16(real, l4 + UDP_CHECK) === 0;
				this.#ports(at, { check: l4 + UDP_CHECK, isQuoted }, outer);
				this.#offload(at, l4 + UDP_CHECK, outer);
				if (isVxlanPort(get16(sim, l4 + 2)) && l4 + VXLAN_INSIDE + ETH_HLEN <= sim.length) {
					this.frame(l4 + VXLAN_INSIDE, isNone ? outer : this.#checks(at, l4 + UDP_CHECK, outer), isQuoted);
				}
				return;
			}
			case IPPROTO_IPIP:
				this.ipv4(l4, outer, isQuoted);
				return;
			case IPPROTO_ICMP:
				this.#icmp(l4, [l4 + ICMP_CHECK, ...outer]);
				return;
		}
	}

	/** `begins`: they are a SYN's. */
	tcpOptions(from: number, { to, begins }: { readonly to: number; readonly begins: boolean }, checks: Checks): void {
		const sim = this.#sim;
		for (let at = from; at < to && sim[at] !== 0; ) {
			const kind = sim[at] ?? 0;
			const length = kind === 1 ? 1 : (sim[at + 1] ?? 0);
			if (length < 1 || at + length > to || sim[at] !== this.#real[at]) return;
			if (kind === 8 && length === 10) {
				this.#set32(at + 2, checks, (a, b) => this.#chance.timestamp(a, b, begins));
				this.#set32(at + 6, checks, (a, b) => this.#chance.timestamp(a, b, false));
			} else if (kind === 5) {
				for (let edge = at + 2; edge + 4 <= at + length; edge += 4) {
					this.#set32(edge, checks, (a, b) => this.#chance.seq(a, b, false));
				}
			}
			at += length;
		}
	}

	/** All but id and checksum is the same. */
	#sameHeader(at: number, hlen: number): boolean {
		return (
			sameBytes(this.#sim, this.#real, at, at + IP_ID) &&
			sameBytes(this.#sim, this.#real, at + IP_ID + 2, at + IP_CHECK) &&
			sameBytes(this.#sim, this.#real, at + IP_CHECK + 2, at + hlen)
		);
	}

	#ipId(at: number, outer: Checks): void {
		const [sim, real] = [this.#sim, this.#real];
		if (ipv4Id(sim, at) === ipv4Id(real, at)) return;
		const { known } = this.#chance;
		if (isKnownPacket(known, sim, at) || isKnownPacket(known, real, at)) return;
		const key = `${this.#step} ${packetKey(sim, at)}`;
		this.#set16(at + IP_ID, [at + IP_CHECK, ...outer], (a, b) => this.#chance.ipId(a, b, key));
	}

	/** Those that cover the ports: a checksum left to the device does not yet. */
	#checks(at: number, check: number, outer: Checks): Checks {
		return this.#isPartial(at, check) ? outer : [check, ...outer];
	}

	/** Only the pseudo-header is summed up (`CHECKSUM_PARTIAL`). */
	#isPartial(at: number, check: number): boolean {
		const b = this.#real;
		if (check + 2 > b.length) return false;
		const length = ipv4TotalLength(b, at) - ipv4HeaderLength(b, at);
		const sum = foldChecksum(pseudoHeaderSum(ipv4Src(b, at), ipv4Dst(b, at), ipv4Proto(b, at), length));
		return get16(b, check) === (~sum & 0xffff);
	}

	/** In a quote it is bytes like others: both kernels must have it open. */
	#offload(at: number, check: number, outer: Checks): void {
		if (this.#quoted.has(check) || !this.#isPartial(at, check)) return;
		this.#set16(check, outer, () => this.#chance.count("checksum offload"));
	}

	/** The simulated packet has the checksum of what it holds, so that of ports before its translation nothing is in it. */
	#isRight(at: number): boolean {
		const b = this.#sim;
		const l4 = at + ipv4HeaderLength(b, at);
		const length = Math.min(ipv4TotalLength(b, at) - (l4 - at), b.length - l4);
		const pseudo = pseudoHeaderSum(ipv4Src(b, at), ipv4Dst(b, at), ipv4Proto(b, at), length);
		return foldChecksum(sumBytes(b, l4, l4 + length) + pseudo) === 0;
	}

	/** Ports of the packet at `at`, and in an open checksum that was quoted and translated those from before its translation. */
	#ports(at: number, { check, isQuoted }: { readonly check: number; readonly isQuoted: boolean }, outer: Checks): void {
		const proto = ipv4Proto(this.#sim, at);
		const l4 = at + ipv4HeaderLength(this.#sim, at);
		const isNone = proto === IPPROTO_UDP && get16(this.#real, check) === 0;
		const checks = isNone ? outer : this.#checks(at, check, outer);
		if (isQuoted) this.#quoted.add(check);
		this.#set16(l4, checks, (a, b) => this.#chance.port(proto, a, b));
		this.#set16(l4 + 2, checks, (a, b) => this.#chance.port(proto, a, b));
		if (!isQuoted || check + 2 > this.#sim.length || this.#isRight(at)) return;
		this.#set16(check, outer, (a, b) => this.#chance.portInChecksum(proto, a, b));
	}

	#tcp(l4: number, checks: Checks): void {
		const sim = this.#sim;
		const isWhole = l4 + TCP_MIN_HLEN <= sim.length;
		const begins = isWhole && (tcpFlags(sim, l4) & TCP_SYN) !== 0;
		// A quote may end after the sequence number; a connection is known by then.
		this.#set32(l4 + 4, checks, (a, b) => this.#chance.seq(a, b, begins));
		if (!isWhole) return;
		const mayBegin = (tcpFlags(sim, l4) & TCP_RST) !== 0 && get32(sim, l4 + 4) === 0 && get32(this.#real, l4 + 4) === 0;
		this.#set32(l4 + 8, checks, (a, b) =>
			mayBegin ? this.#chance.seqOfUnseenSyn(a, b) : this.#chance.seq(a, b, false),
		);
		const to = Math.min(l4 + tcpHeaderLength(sim, l4), sim.length);
		this.tcpOptions(l4 + TCP_MIN_HLEN, { to, begins }, checks);
	}

	#icmp(l4: number, checks: Checks): void {
		const type = icmpType(this.#sim, l4);
		if (type !== icmpType(this.#real, l4)) return;
		if (icmpIsError(type)) this.ipv4(l4 + ICMP_QUOTE, checks, true);
		else if (type === ICMP_ECHO || type === ICMP_ECHOREPLY) {
			this.#set16(l4 + ICMP_REST, checks, (a, b) => this.#chance.icmpId(a, b));
		} else if (type === ICMP_TIMESTAMPREPLY && l4 + 20 <= this.#sim.length) {
			for (const at of [12, 16]) this.#set32(l4 + at, checks, () => this.#chance.count("ICMP timestamp"));
		}
	}

	/**
	 * One that was open when it was quoted, and then translated, covers the ports that NAT changed, but not what else of the
	 * packet is drawn: with the ports taken over it is the simulated one while that still differs, which one that covered it
	 * could not be.
	 */
	#isSettled(check: number): boolean {
		return this.#quoted.has(check) && get16(this.#real, check) === get16(this.#sim, check);
	}

	/** Takes over the simulated kernel's 16 bits, if they differ and `may`. */
	#set16(at: number, checks: Checks, may: (sim: number, real: number) => boolean): void {
		const [sim, real] = [get16(this.#sim, at), get16(this.#real, at)];
		if (sim !== real && may(sim, real)) this.#put(at, sim, checks);
	}

	#set32(at: number, checks: Checks, may: (sim: number, real: number) => boolean): void {
		const [sim, real] = [get32(this.#sim, at), get32(this.#real, at)];
		if (sim === real || !may(sim, real)) return;
		this.#put(at, sim >>> 16, checks);
		this.#put(at + 2, sim & 0xffff, checks);
	}

	#put(at: number, value: number, checks: Checks): void {
		const before = get16(this.#real, at);
		put16(this.#real, at, value);
		for (const [index, check] of checks.entries()) {
			if (check + 2 > this.#real.length || this.#isSettled(check)) continue;
			const [from, to] = (at - check) % 2 === 0 ? [before, value] : [swapped(before), swapped(value)];
			const mended = checksumReplace16(get16(this.#real, check), from, to);
			// Ones' complement has two zeroes, and which one comes out depends on the way to it.
			const isZero = (mended === 0 || mended === 0xffff) && (get16(this.#sim, check) + 1) % 0x10000 <= 1;
			this.#put(check, isZero ? get16(this.#sim, check) : mended, checks.slice(index + 1));
		}
	}
}

function swapped(word: number): number {
	return ((word & 0xff) << 8) | (word >> 8);
}

function sameBytes(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
	for (let at = from; at < to; at += 1) if (a[at] !== b[at]) return false;
	return true;
}
