/** ICMP for IPv4 (RFC 792): a view over bytes at an offset, and a builder. */
import { foldChecksum, sumBytes } from "./checksum.ts";
import { get16, get32, put16, put32 } from "./read-write.ts";

export const ICMP_HLEN = 8;
export const ICMP_ECHOREPLY = 0;
export const ICMP_DEST_UNREACH = 3;
export const ICMP_REDIRECT = 5;
export const ICMP_ECHO = 8;
export const ICMP_TIME_EXCEEDED = 11;
export const ICMP_PARAMETERPROB = 12;
export const ICMP_TIMESTAMP = 13;
export const ICMP_TIMESTAMPREPLY = 14;

/** Codes of ICMP_DEST_UNREACH. */
export const ICMP_NET_UNREACH = 0;
export const ICMP_HOST_UNREACH = 1;
export const ICMP_PROT_UNREACH = 2;
export const ICMP_PORT_UNREACH = 3;
export const ICMP_FRAG_NEEDED = 4;
export const ICMP_NET_ANO = 9;
export const ICMP_HOST_ANO = 10;
export const ICMP_PKT_FILTERED = 13;

const CHECK = 2;
/** Identifier and sequence number of echo; "rest of header" (e.g. next-hop MTU) of errors. */
const REST = 4;

export function icmpType(b: Uint8Array, at: number): number {
	return b[at] ?? 0;
}

export function icmpCode(b: Uint8Array, at: number): number {
	return b[at + 1] ?? 0;
}

export function icmpId(b: Uint8Array, at: number): number {
	return get16(b, at + REST);
}

export function icmpSeq(b: Uint8Array, at: number): number {
	return get16(b, at + REST + 2);
}

/** The 32-bit rest of the header. */
export function icmpRest(b: Uint8Array, at: number): number {
	return get32(b, at + REST);
}

/** True for the types that quote the packet they are about. */
export function icmpIsError(type: number): boolean {
	return (
		type === ICMP_DEST_UNREACH ||
		type === ICMP_REDIRECT ||
		type === ICMP_TIME_EXCEEDED ||
		type === ICMP_PARAMETERPROB ||
		type === 4
	);
}

export interface IcmpHeader {
	readonly type: number;
	readonly code: number;
	/** Bytes 4–7: `id << 16 | seq` for echo, the MTU for frag-needed, else 0. */
	readonly rest: number;
}

/** Writes the header at `at` and the checksum over `b[at, end)`. */
export function putIcmp(b: Uint8Array, at: number, end: number, header: IcmpHeader): void {
	b[at] = header.type;
	b[at + 1] = header.code;
	put32(b, at + REST, header.rest);
	fillIcmpChecksum(b, at, end);
}

export function fillIcmpChecksum(b: Uint8Array, at: number, end: number): void {
	put16(b, at + CHECK, 0);
	put16(b, at + CHECK, foldChecksum(sumBytes(b, at, end)));
}

export function icmpChecksumIsValid(b: Uint8Array, at: number, end: number): boolean {
	return foldChecksum(sumBytes(b, at, end)) === 0;
}
