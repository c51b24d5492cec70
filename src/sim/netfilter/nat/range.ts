/** The range of addresses and ports that a NAT rule allows (`struct nf_nat_range2`), compiled to numbers. */
import type { NatRange } from "../../../kernel/xtables.ts";
import { type IpNum, ipNum, parseIp } from "../../../wire/addr.ts";
import { IPPROTO_ICMP } from "../../../wire/ipv4.ts";
import { hasPorts } from "../conntrack/tuple.ts";
import type { CtTuple } from "../conntrack/types.ts";

/** Which end of the packet is rewritten (`enum nf_nat_manip_type`). */
export type Manip = "src" | "dst";

export interface NatRangeNum {
	/** Both or neither: the addresses to choose from. */
	readonly minAddr?: IpNum | undefined;
	readonly maxAddr?: IpNum | undefined;
	/** Both or neither: the ports (ICMP: ids) to choose from. */
	readonly minPort?: number | undefined;
	readonly maxPort?: number | undefined;
	/** Ports are shifted: `basePort` becomes `minPort`. */
	readonly basePort?: number | undefined;
	readonly random?: boolean | undefined;
	readonly randomFully?: boolean | undefined;
	/** The same source always gets the same address, whatever the destination. */
	readonly persistent?: boolean | undefined;
}

/** Compiles a rule's range; throws when an address is none, which the loader has checked. */
export function natRangeNum(
	to: NatRange,
	options: Pick<NatRangeNum, "random" | "randomFully" | "persistent"> = {},
): NatRangeNum {
	const minAddr = to.minAddr === undefined ? undefined : addrNum(to.minAddr);
	return {
		minAddr,
		maxAddr: to.maxAddr === undefined ? minAddr : addrNum(to.maxAddr),
		minPort: to.minPort,
		maxPort: to.maxPort ?? to.minPort,
		basePort: to.basePort,
		...options,
	};
}

/** Whether the tuple's source lies in the range (`nf_in_range`). */
export function sourceInRange(tuple: CtTuple, range: NatRangeNum): boolean {
	const { minAddr, maxAddr } = range;
	if (minAddr !== undefined && maxAddr !== undefined && (tuple.src < minAddr || tuple.src > maxAddr)) return false;
	return range.minPort === undefined || portInRange(tuple, "src", range);
}

/** Whether the port (ICMP: id) that `manip` would change lies in the range; a protocol without ports is always in. */
export function portInRange(tuple: CtTuple, manip: Manip, range: NatRangeNum): boolean {
	if (!hasPorts(tuple.proto) && tuple.proto !== IPPROTO_ICMP) return true;
	const port = manip === "src" || tuple.proto === IPPROTO_ICMP ? tuple.sport : tuple.dport;
	return port >= (range.minPort ?? 0) && port <= (range.maxPort ?? 0xffff);
}

/**
 * An address of the range for the flow, the same one for the same ends (`find_best_ips_proto`): by Jenkins' hash over
 * the source and, unless persistent, the destination and the zone.
 */
export function addrInRange(tuple: CtTuple, range: NatRangeNum, zone: number): IpNum | undefined {
	const { minAddr, maxAddr } = range;
	if (minAddr === undefined || maxAddr === undefined || minAddr === maxAddr) return minAddr;
	if (typeof minAddr !== "number" || typeof maxAddr !== "number" || typeof tuple.dst !== "number") {
		throw new Error("nat: a range of IPv6 addresses is not modelled");
	}
	const hash = jhashOfAddr(Number(tuple.src), range.persistent === true ? 0 : swap32(tuple.dst) ^ zone);
	const count = maxAddr - minAddr + 1;
	return minAddr + Math.floor((hash / 0x1_0000_0000) * count);
}

function addrNum(text: string): IpNum {
	const parsed = parseIp(text);
	if (!parsed.ok) throw new Error(`nat: not an IP address: ${text}`);
	return ipNum(parsed.value);
}

/** Bob Jenkins' lookup3 (public domain) over the four words of an address field that holds an IPv4 address. */
function jhashOfAddr(addr: number, initval: number): number {
	const seed = (0xdeadbeef + (4 << 2) + initval) | 0;
	let a = (seed + swap32(addr)) | 0;
	let b = seed;
	let c = seed;
	a = ((a - c) | 0) ^ rotate(c, 4);
	c = (c + b) | 0;
	b = ((b - a) | 0) ^ rotate(a, 6);
	a = (a + c) | 0;
	c = ((c - b) | 0) ^ rotate(b, 8);
	b = (b + a) | 0;
	a = ((a - c) | 0) ^ rotate(c, 16);
	c = (c + b) | 0;
	b = ((b - a) | 0) ^ rotate(a, 19);
	a = (a + c) | 0;
	c = ((c - b) | 0) ^ rotate(b, 4);
	b = (b + a) | 0;
	// The last word is zero.
	c = ((c ^ b) - rotate(b, 14)) | 0;
	a = ((a ^ c) - rotate(c, 11)) | 0;
	b = ((b ^ a) - rotate(a, 25)) | 0;
	c = ((c ^ b) - rotate(b, 16)) | 0;
	a = ((a ^ c) - rotate(c, 4)) | 0;
	b = ((b ^ a) - rotate(a, 14)) | 0;
	c = ((c ^ b) - rotate(b, 24)) | 0;
	return c >>> 0;
}

/** The kernel hashes addresses as they lie in memory: on the machines it runs on, the last byte is the highest. */
function swap32(n: number): number {
	return ((n & 0xff) << 24) | ((n & 0xff00) << 8) | ((n >>> 8) & 0xff00) | (n >>> 24);
}

function rotate(n: number, by: number): number {
	return (n << by) | (n >>> (32 - by));
}
