/** IPv4 (RFC 791): a view over bytes at an offset, and a builder. */
import { checksumReplace16, checksumReplace32, foldChecksum, sumBytes } from "./checksum.ts";
import { get16, get32, put16, put32 } from "./read-write.ts";

export const IPV4_MIN_HLEN = 20;
export const IPPROTO_ICMP = 1;
export const IPPROTO_IGMP = 2;
export const IPPROTO_IPIP = 4;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_ICMPV6 = 58;
export const IPPROTO_SCTP = 132;
/** The don't-fragment and more-fragments bits of the 16-bit fragment word, and its offset mask (in 8-byte units). */
export const IP_DF = 0x4000;
export const IP_MF = 0x2000;
export const IP_OFFSET = 0x1fff;

const TOS = 1;
const TOTAL_LENGTH = 2;
const ID = 4;
const FRAG = 6;
const TTL = 8;
const PROTO = 9;
const CHECK = 10;
const SRC = 12;
const DST = 16;

/** Header length in bytes, options included. */
export function ipv4HeaderLength(b: Uint8Array, at: number): number {
	return ((b[at] ?? 0) & 15) * 4;
}

export function ipv4Version(b: Uint8Array, at: number): number {
	return (b[at] ?? 0) >> 4;
}

export function ipv4Tos(b: Uint8Array, at: number): number {
	return b[at + TOS] ?? 0;
}

export function ipv4TotalLength(b: Uint8Array, at: number): number {
	return get16(b, at + TOTAL_LENGTH);
}

export function ipv4Id(b: Uint8Array, at: number): number {
	return get16(b, at + ID);
}

/** The fragment word: flags (IP_DF, IP_MF) and offset (IP_OFFSET). */
export function ipv4Frag(b: Uint8Array, at: number): number {
	return get16(b, at + FRAG);
}

/** True for every piece of a fragmented packet, the first included. */
export function ipv4IsFragment(b: Uint8Array, at: number): boolean {
	return (get16(b, at + FRAG) & (IP_MF | IP_OFFSET)) !== 0;
}

export function ipv4Ttl(b: Uint8Array, at: number): number {
	return b[at + TTL] ?? 0;
}

export function ipv4Proto(b: Uint8Array, at: number): number {
	return b[at + PROTO] ?? 0;
}

export function ipv4Src(b: Uint8Array, at: number): number {
	return get32(b, at + SRC);
}

export function ipv4Dst(b: Uint8Array, at: number): number {
	return get32(b, at + DST);
}

/** What `ip_rcv_core` checks: version, lengths and header checksum of the packet in `b[at, end)`. */
export function ipv4IsValid(b: Uint8Array, at: number, end: number): boolean {
	if (end - at < IPV4_MIN_HLEN || ipv4Version(b, at) !== 4) return false;
	const hlen = ipv4HeaderLength(b, at);
	const total = ipv4TotalLength(b, at);
	return hlen >= IPV4_MIN_HLEN && total >= hlen && total <= end - at && ipv4ChecksumIsValid(b, at);
}

export function ipv4ChecksumIsValid(b: Uint8Array, at: number): boolean {
	return foldChecksum(sumBytes(b, at, at + ipv4HeaderLength(b, at))) === 0;
}

/** Sets the TTL and mends the header checksum. */
export function setIpv4Ttl(b: Uint8Array, at: number, ttl: number): void {
	const before = get16(b, at + TTL);
	b[at + TTL] = ttl;
	put16(b, at + CHECK, checksumReplace16(get16(b, at + CHECK), before, get16(b, at + TTL)));
}

/** Sets the type-of-service byte and mends the header checksum. */
export function setIpv4Tos(b: Uint8Array, at: number, tos: number): void {
	const before = get16(b, at);
	b[at + TOS] = tos;
	put16(b, at + CHECK, checksumReplace16(get16(b, at + CHECK), before, get16(b, at)));
}

/** Sets the total length and mends the header checksum. */
export function setIpv4TotalLength(b: Uint8Array, at: number, lengthBytes: number): void {
	put16(b, at + CHECK, checksumReplace16(get16(b, at + CHECK), get16(b, at + TOTAL_LENGTH), lengthBytes));
	put16(b, at + TOTAL_LENGTH, lengthBytes);
}

/** Sets the source address and mends the header checksum (not the transport's). */
export function setIpv4Src(b: Uint8Array, at: number, src: number): void {
	put16(b, at + CHECK, checksumReplace32(get16(b, at + CHECK), get32(b, at + SRC), src));
	put32(b, at + SRC, src);
}

/** Sets the destination address and mends the header checksum (not the transport's). */
export function setIpv4Dst(b: Uint8Array, at: number, dst: number): void {
	put16(b, at + CHECK, checksumReplace32(get16(b, at + CHECK), get32(b, at + DST), dst));
	put32(b, at + DST, dst);
}

/** Recomputes the header checksum from scratch. */
export function fillIpv4Checksum(b: Uint8Array, at: number): void {
	put16(b, at + CHECK, 0);
	put16(b, at + CHECK, foldChecksum(sumBytes(b, at, at + ipv4HeaderLength(b, at))));
}

export interface Ipv4Header {
	readonly src: number;
	readonly dst: number;
	readonly proto: number;
	readonly ttl: number;
	readonly tos: number;
	readonly id: number;
	/** The 16-bit fragment word, e.g. `IP_DF`. */
	readonly frag: number;
	/** Header and payload, in bytes. */
	readonly totalLength: number;
}

/** Writes a 20-byte header without options at `at`, checksum included. */
export function putIpv4(b: Uint8Array, at: number, header: Ipv4Header): void {
	b[at] = 0x45;
	b[at + TOS] = header.tos;
	put16(b, at + TOTAL_LENGTH, header.totalLength);
	put16(b, at + ID, header.id);
	put16(b, at + FRAG, header.frag);
	b[at + TTL] = header.ttl;
	b[at + PROTO] = header.proto;
	put32(b, at + SRC, header.src);
	put32(b, at + DST, header.dst);
	fillIpv4Checksum(b, at);
}
