/** netfilter's netlink: the head that its messages begin with, and numbers in network byte order. */
import type { Attributes } from "./netlink/reader.ts";
import type { MessageWriter } from "./netlink/writer.ts";

export const NETLINK_NETFILTER = 12;
export const NFNL_SUBSYS_CTNETLINK = 1;
export const NFNL_SUBSYS_ACCT = 7;
/** struct nfgenmsg. */
export const NFGENMSG_BYTES = 4;

/** A message's type: which subsystem, which of its commands. */
export function nfnlType(subsystem: number, command: number): number {
	return (subsystem << 8) | command;
}

/** struct nfgenmsg: the family, version 0, resource 0. */
export function nfgenmsg(to: MessageWriter, family: number): void {
	to.u8(family, 0, 0, 0);
}

export function attrBe32(to: MessageWriter, type: number, value: number): void {
	to.attr(type, (inner) => inner.u8(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255));
}

/** Exact up to 2^53. */
export function attrBe64(to: MessageWriter, type: number, value: number): void {
	const bytes = new Uint8Array(8);
	new DataView(bytes.buffer).setBigUint64(0, BigInt(value), false);
	to.attrBytes(type, bytes);
}

export function be32(attrs: Attributes | undefined, type: number): number | undefined {
	const bytes = attrs?.bytes(type);
	return bytes?.length === 4 ? dataView(bytes).getUint32(0, false) : undefined;
}

/** Exact up to 2^53. */
export function be64(attrs: Attributes, type: number): number | undefined {
	const bytes = attrs.bytes(type);
	return bytes?.length === 8 ? Number(dataView(bytes).getBigUint64(0, false)) : undefined;
}

function dataView(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
