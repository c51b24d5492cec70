/** Ethernet II frames: a view over bytes at an offset, and a builder. */
import { get16, get48, put16, put48 } from "./read-write.ts";

export const ETH_HLEN = 14;
export const ETH_P_IP = 0x0800;
export const ETH_P_ARP = 0x0806;
export const ETH_P_8021Q = 0x8100;
export const ETH_P_IPV6 = 0x86dd;

const DST = 0;
const SRC = 6;
const TYPE = 12;

export function ethDst(b: Uint8Array, at: number): number {
	return get48(b, at + DST);
}

export function ethSrc(b: Uint8Array, at: number): number {
	return get48(b, at + SRC);
}

export function ethType(b: Uint8Array, at: number): number {
	return get16(b, at + TYPE);
}

/** Writes the 14 header bytes at `at`. MAC addresses are numbers. */
export function putEthernet(b: Uint8Array, at: number, header: EthernetHeader): void {
	put48(b, at + DST, header.dst);
	put48(b, at + SRC, header.src);
	put16(b, at + TYPE, header.type);
}

export function setEthDst(b: Uint8Array, at: number, dst: number): void {
	put48(b, at + DST, dst);
}

export function setEthSrc(b: Uint8Array, at: number, src: number): void {
	put48(b, at + SRC, src);
}

export interface EthernetHeader {
	readonly dst: number;
	readonly src: number;
	readonly type: number;
}
