/** ARP for IPv4 over Ethernet (RFC 826): a view over bytes at an offset, and a builder. */
import { get16, get32, get48, put16, put32, put48 } from "./read-write.ts";

export const ARP_LEN = 28;
export const ARP_REQUEST = 1;
export const ARP_REPLY = 2;

const OP = 6;
const SENDER_MAC = 8;
const SENDER_IP = 14;
const TARGET_MAC = 18;
const TARGET_IP = 24;

/** True if the bytes from `at` to `end` hold an Ethernet/IPv4 ARP packet. */
export function arpIsValid(b: Uint8Array, at: number, end: number): boolean {
	return end - at >= ARP_LEN && get16(b, at) === 1 && get16(b, at + 2) === 0x0800 && get16(b, at + 4) === 0x0604;
}

export function arpOp(b: Uint8Array, at: number): number {
	return get16(b, at + OP);
}

export function arpSenderMac(b: Uint8Array, at: number): number {
	return get48(b, at + SENDER_MAC);
}

export function arpSenderIp(b: Uint8Array, at: number): number {
	return get32(b, at + SENDER_IP);
}

export function arpTargetMac(b: Uint8Array, at: number): number {
	return get48(b, at + TARGET_MAC);
}

export function arpTargetIp(b: Uint8Array, at: number): number {
	return get32(b, at + TARGET_IP);
}

export interface ArpPacket {
	readonly op: number;
	readonly senderMac: number;
	readonly senderIp: number;
	readonly targetMac: number;
	readonly targetIp: number;
}

/** Writes the 28 bytes of the packet at `at`. */
export function putArp(b: Uint8Array, at: number, packet: ArpPacket): void {
	put16(b, at, 1);
	put16(b, at + 2, 0x0800);
	put16(b, at + 4, 0x0604);
	put16(b, at + OP, packet.op);
	put48(b, at + SENDER_MAC, packet.senderMac);
	put32(b, at + SENDER_IP, packet.senderIp);
	put48(b, at + TARGET_MAC, packet.targetMac);
	put32(b, at + TARGET_IP, packet.targetIp);
}
