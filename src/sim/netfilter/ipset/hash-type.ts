/**
 * The hash types: their components, and how their elements lie in the kernel's memory (`struct hash_*_elem` of
 * net/netfilter/ipset/ip_set_hash_*.c). The hash function runs over those bytes, so they decide in which order a set lists
 * its elements; sizes decide what `Size in memory` says (asked of Linux 6.18; of 6.1 for what that kernel here has not).
 */
import type { HashSetType } from "../../../kernel/ipset.ts";
import type { IpFamily, IpNum } from "../../../wire/addr.ts";
import type { Elem, NetField } from "./elem.ts";

export type Dim = "ip" | "net" | "port" | "mac" | "mark" | "iface";

interface Bytes {
	readonly ipv4: number;
	readonly ipv6: number;
}

export interface HashType {
	readonly dims: readonly Dim[];
	/** Its networks, in the order in which their prefix lengths are tried. */
	readonly nets: readonly NetField[];
	readonly revision: number;
	/** A network of prefix length 0 can be stored. */
	readonly zeroNet: boolean;
	readonly elemBytes: Bytes;
	/** The whole set without buckets, with a table of one region. */
	readonly setBytes: Bytes;
	/** The key as 32-bit words, as a little-endian machine reads them. */
	words(elem: Elem): number[];
}

export const HASH_TYPES: Readonly<Record<HashSetType, HashType>> = {
	"hash:ip": {
		...type("ip", 6),
		elemBytes: { ipv4: 4, ipv6: 16 },
		setBytes: { ipv4: 216, ipv6: 224 },
		words: (e) => addr(e.ip),
	},
	"hash:mac": {
		...type("mac", 1),
		elemBytes: { ipv4: 8, ipv6: 8 },
		setBytes: { ipv4: 200, ipv6: 200 },
		words: (e) => ether(e.mac),
	},
	"hash:ip,mac": {
		...type("ip,mac", 1),
		elemBytes: { ipv4: 12, ipv6: 24 },
		setBytes: { ipv4: 208, ipv6: 216 },
		words: (e) => [...addr(e.ip), ...ether(e.mac)],
	},
	"hash:ip,mark": {
		...type("ip,mark", 3),
		elemBytes: { ipv4: 8, ipv6: 20 },
		setBytes: { ipv4: 200, ipv6: 216 },
		words: (e) => [...addr(e.ip), e.mark],
	},
	"hash:ip,port": {
		...type("ip,port", 7),
		elemBytes: { ipv4: 8, ipv6: 20 },
		setBytes: { ipv4: 216, ipv6: 232 },
		words: (e) => [...addr(e.ip), be16(e.port) | (e.proto << 16)],
	},
	"hash:ip,port,ip": {
		...type("ip,port,ip", 6),
		elemBytes: { ipv4: 12, ipv6: 36 },
		setBytes: { ipv4: 208, ipv6: 232 },
		words: (e) => [...addr(e.ip), ...addr(e.ip2), be16(e.port) | (e.proto << 16)],
	},
	"hash:ip,port,net": {
		...type("ip,port,net", 8),
		elemBytes: { ipv4: 12, ipv6: 36 },
		setBytes: { ipv4: 464, ipv6: 1256 },
		words: (e) => [...addr(e.ip), ...addr(e.ip2), be16(e.port) | ((e.cidr2 - 1) << 16) | (e.proto << 24)],
	},
	"hash:net": {
		...type("net", 7),
		elemBytes: { ipv4: 8, ipv6: 20 },
		setBytes: { ipv4: 456, ipv6: 1240 },
		words: (e) => [...addr(e.ip), e.cidr << 24],
	},
	"hash:net,port": {
		...type("net,port", 8),
		elemBytes: { ipv4: 8, ipv6: 20 },
		setBytes: { ipv4: 456, ipv6: 1240 },
		words: (e) => [...addr(e.ip), be16(e.port) | (e.proto << 16) | ((e.cidr - 1) << 24)],
	},
	"hash:net,net": {
		...type("net,net", 4),
		elemBytes: { ipv4: 16, ipv6: 36 },
		setBytes: { ipv4: 608, ipv6: 1784 },
		words: (e) => [
			...addr(e.ip),
			...addr(e.ip2),
			(e.cidr << 16) | (e.cidr2 << 24),
			...(typeof e.ip === "number" ? [0] : []),
		],
	},
	"hash:net,port,net": {
		...type("net,port,net", 3),
		zeroNet: true,
		elemBytes: { ipv4: 16, ipv6: 40 },
		setBytes: { ipv4: 608, ipv6: 1784 },
		words: (e) => [...addr(e.ip), ...addr(e.ip2), be16(e.port) | (e.cidr << 16) | (e.cidr2 << 24), e.proto << 24],
	},
	"hash:net,iface": {
		...type("net,iface", 8),
		zeroNet: true,
		elemBytes: { ipv4: 28, ipv6: 40 },
		setBytes: { ipv4: 488, ipv6: 1264 },
		// The device's name is not part of the hash.
		words: (e) => [...addr(e.ip), (e.physdev ? 1 : 0) | (e.cidr << 8) | (1 << 24)],
	},
};

/** A region holds the locks and counts of 1024 buckets. */
export const REGION_BYTES = 24;

function type(text: string, revision: number): Pick<HashType, "dims" | "nets" | "revision" | "zeroNet"> {
	const dims: readonly Dim[] = text.split(",").filter(isDim);
	const addresses = dims.filter((dim) => dim === "ip" || dim === "net");
	const nets = addresses.flatMap((dim, at): readonly NetField[] => (dim === "net" ? [at === 0 ? "ip" : "ip2"] : []));
	return { dims, nets, revision, zeroNet: false };
}

function isDim(text: string): text is Dim {
	return ["ip", "net", "port", "mac", "mark", "iface"].includes(text);
}

export function hostPrefix(family: IpFamily): number {
	return family === "ipv4" ? 32 : 128;
}

function addr(ip: IpNum): number[] {
	if (typeof ip === "number") return [be32(ip)];
	return [96n, 64n, 32n, 0n].map((shift) => be32(Number((ip >> shift) & 0xffffffffn)));
}

/** Six bytes in two words. */
function ether(mac: number): number[] {
	const high = Math.floor(mac / 0x10000);
	return [be32(high), be16(mac & 0xffff)];
}

function be32(n: number): number {
	return ((n >>> 24) | ((n >>> 8) & 0xff00) | ((n << 8) & 0xff0000) | (n << 24)) >>> 0;
}

function be16(n: number): number {
	return (n >> 8) | ((n & 0xff) << 8);
}
