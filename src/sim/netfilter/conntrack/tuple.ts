/** Tuples of packets: reading, inverting, hashing, comparing, and as values for traces and dumps. */
import type { Tuple } from "../../../kernel/conntrack.ts";
import { type IpNum, ipText } from "../../../wire/addr.ts";
import {
	IP_OFFSET,
	IPPROTO_ICMP,
	IPPROTO_SCTP,
	IPPROTO_TCP,
	IPPROTO_UDP,
	IPV4_MIN_HLEN,
	ipv4Dst,
	ipv4Frag,
	ipv4HeaderLength,
	ipv4Proto,
	ipv4Src,
} from "../../../wire/ipv4.ts";
import { get16 } from "../../../wire/read-write.ts";
import type { CtTuple } from "./types.ts";

/** The most specific of the protocols with ports that a tuple knows. */
export function hasPorts(proto: number): boolean {
	return proto === IPPROTO_TCP || proto === IPPROTO_UDP || proto === IPPROTO_SCTP;
}

/**
 * Reads the tuple of the IPv4 packet at `at` (the packet's own header or one quoted in an ICMP error) into `into`;
 * false: it has none, for it is a later fragment or too short (`nf_ct_get_tuplepr`). The zone is left as it is.
 */
export function readIpv4Tuple(b: Uint8Array, at: number, end: number, into: CtTuple): boolean {
	if (end - at < IPV4_MIN_HLEN || (ipv4Frag(b, at) & IP_OFFSET) !== 0) return false;
	const proto = ipv4Proto(b, at);
	const l4 = at + ipv4HeaderLength(b, at);
	into.src = ipv4Src(b, at);
	into.dst = ipv4Dst(b, at);
	into.proto = proto;
	if (hasPorts(proto)) {
		if (l4 + 4 > end) return false;
		into.sport = get16(b, l4);
		into.dport = get16(b, l4 + 2);
		return true;
	}
	if (proto === IPPROTO_ICMP) {
		if (l4 + 8 > end) return false;
		into.sport = get16(b, l4 + 4);
		into.dport = get16(b, l4);
		return true;
	}
	into.sport = 0;
	into.dport = 0;
	return l4 <= end;
}

/** The tuple of an answer; false: an ICMP type that nothing answers (`nf_ct_invert_tuple`). `into` may not be `of`. */
export function invertTuple(of: CtTuple, into: CtTuple): boolean {
	into.src = of.dst;
	into.dst = of.src;
	into.proto = of.proto;
	into.zone = of.zone;
	if (of.proto !== IPPROTO_ICMP) {
		into.sport = of.dport;
		into.dport = of.sport;
		return true;
	}
	const answer = ICMP_INVERSE[of.dport >>> 8];
	if (answer === undefined) return false;
	into.sport = of.sport;
	into.dport = (answer << 8) | (of.dport & 0xff);
	return true;
}

export function copyTuple(from: CtTuple, to: CtTuple): void {
	to.src = from.src;
	to.dst = from.dst;
	to.proto = from.proto;
	to.sport = from.sport;
	to.dport = from.dport;
	to.zone = from.zone;
}

export function sameTuple(a: CtTuple, b: CtTuple): boolean {
	return (
		a.src === b.src &&
		a.dst === b.dst &&
		a.sport === b.sport &&
		a.dport === b.dport &&
		a.proto === b.proto &&
		a.zone === b.zone
	);
}

/** A signed 32-bit hash of the whole tuple (MurmurHash3's mixing). */
export function hashTuple(t: CtTuple): number {
	let h = mix(t.zone, low32(t.src));
	h = mix(h, low32(t.dst));
	h = mix(h, (t.sport << 16) | t.dport);
	return finish(mix(h, t.proto));
}

/** The hash by which a flow's source is found: zone, source address, source port (or ICMP id) and protocol. */
export function hashSource(t: CtTuple, zone: number): number {
	return finish(mix(mix(mix(zone, low32(t.src)), t.sport), t.proto));
}

/** The address of an IPv4 tuple; any other is a bug, for only IPv4 packets are tracked. */
export function ipv4Of(n: IpNum): number {
	if (typeof n !== "number") throw new Error("conntrack: an IPv6 address in an IPv4 tuple");
	return n;
}

export function tupleValue(t: CtTuple): Tuple {
	const base = { proto: t.proto, src: ipText(t.src), dst: ipText(t.dst) };
	if (hasPorts(t.proto)) return { ...base, sport: t.sport, dport: t.dport };
	if (t.proto === IPPROTO_ICMP) {
		return { ...base, icmp: { type: t.dport >>> 8, code: t.dport & 0xff, id: t.sport } };
	}
	return base;
}

/** ICMP types that come in pairs: echo, timestamp, information and address mask. */
const ICMP_INVERSE: readonly (number | undefined)[] = Array.from({ length: 19 }, (_, type) => {
	switch (type) {
		case 0:
			return 8;
		case 8:
			return 0;
		case 13:
		case 15:
		case 17:
			return type + 1;
		case 14:
		case 16:
		case 18:
			return type - 1;
		default:
			return undefined;
	}
});

function low32(n: IpNum): number {
	if (typeof n === "number") return n | 0;
	return Number(BigInt.asIntN(32, n ^ (n >> 32n) ^ (n >> 64n) ^ (n >> 96n)));
}

function mix(h: number, word: number): number {
	let k = Math.imul(word, 0xcc9e2d51);
	k = Math.imul((k << 15) | (k >>> 17), 0x1b873593) ^ h;
	return (Math.imul((k << 13) | (k >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(h: number): number {
	h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
	h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
	return (h ^ (h >>> 16)) | 0;
}
