/** UDP (RFC 768): a view over bytes at an offset, and a builder. */
import { foldChecksum, pseudoHeaderSum, sumBytes } from "./checksum.ts";
import { get16, put16 } from "./read-write.ts";

export const UDP_HLEN = 8;
/** Where the ports stand, the same in UDP, TCP and SCTP. */
export const PORT_SRC = 0;
export const PORT_DST = 2;
export const UDP_CHECK = 6;

export function udpSport(b: Uint8Array, at: number): number {
	return get16(b, at + PORT_SRC);
}

export function udpDport(b: Uint8Array, at: number): number {
	return get16(b, at + PORT_DST);
}

/** Header and payload, in bytes. */
export function udpLength(b: Uint8Array, at: number): number {
	return get16(b, at + 4);
}

/** 0 means that the sender computed none. */
export function udpChecksum(b: Uint8Array, at: number): number {
	return get16(b, at + UDP_CHECK);
}

/** Writes the header at `at` for a datagram that ends at `end`; the checksum is for IPv4 addresses `src`, `dst`. */
export function putUdp(b: Uint8Array, at: number, end: number, header: UdpHeader): void {
	put16(b, at + PORT_SRC, header.sport);
	put16(b, at + PORT_DST, header.dport);
	put16(b, at + 4, end - at);
	fillUdpChecksum(b, at, end, header);
}

export function fillUdpChecksum(
	b: Uint8Array,
	at: number,
	end: number,
	addrs: { readonly src: number; readonly dst: number },
): void {
	put16(b, at + UDP_CHECK, 0);
	const sum = foldChecksum(sumBytes(b, at, end) + pseudoHeaderSum(addrs.src, addrs.dst, 17, end - at));
	put16(b, at + UDP_CHECK, sum === 0 ? 0xffff : sum);
}

export function udpChecksumIsValid(
	b: Uint8Array,
	at: number,
	end: number,
	addrs: { readonly src: number; readonly dst: number },
): boolean {
	return (
		udpChecksum(b, at) === 0 ||
		foldChecksum(sumBytes(b, at, end) + pseudoHeaderSum(addrs.src, addrs.dst, 17, end - at)) === 0
	);
}

export interface UdpHeader {
	readonly src: number;
	readonly dst: number;
	readonly sport: number;
	readonly dport: number;
}
