/**
 * Addresses: canonical text at the port, numbers in hot tables.
 *
 * An IP address as a number (`IpNum`) is a `number` for IPv4 (0 … 2^32-1) and a `bigint` for IPv6, so the family can be
 * read off the value. A MAC address as a number is its 48 bits.
 */
import type { Brand } from "../base/brand.ts";
import { err, ok, type Result } from "../base/result.ts";

export type Ipv4Addr = Brand<string, "Ipv4Addr">;
export type Ipv6Addr = Brand<string, "Ipv6Addr">;
export type IpAddr = Ipv4Addr | Ipv6Addr;
export type MacAddr = Brand<string, "MacAddr">;
export type IpFamily = "ipv4" | "ipv6";
/** IPv4 as an unsigned 32-bit `number`, IPv6 as a 128-bit `bigint`. */
export type IpNum = number | bigint;

/** An address with a prefix length. `addr` may have host bits (an interface address); `networkOf` clears them. */
export interface Cidr {
	readonly addr: IpAddr;
	readonly prefix: number;
}

export interface AddrError {
	readonly text: string;
	readonly expected: "IP address" | "CIDR" | "MAC address";
}

export function parseIp(text: string): Result<IpAddr, AddrError> {
	const n = text.includes(":") ? ipv6FromText(text) : ipv4FromText(text);
	return n === undefined ? err({ text, expected: "IP address" }) : ok(ipText(n));
}

/** An address literal; throws when the text is none. */
export function ip(text: string): IpAddr {
	const parsed = parseIp(text);
	if (!parsed.ok) throw new Error(`not an IP address: ${text}`);
	return parsed.value;
}

/** Parses `ADDR/PREFIX`, keeping host bits; a bare address gets the full prefix. */
export function parseCidr(text: string): Result<Cidr, AddrError> {
	const slash = text.indexOf("/");
	const addr = parseIp(slash < 0 ? text : text.slice(0, slash));
	if (!addr.ok) return err({ text, expected: "CIDR" });
	const bits = addrBits(addr.value);
	if (slash < 0) return ok({ addr: addr.value, prefix: bits });
	const length = text.slice(slash + 1);
	const prefix = Number(length);
	if (!/^\d{1,3}$/.test(length) || prefix > bits) return err({ text, expected: "CIDR" });
	return ok({ addr: addr.value, prefix });
}

/** A CIDR literal; throws when the text is none. */
export function cidr(text: string): Cidr {
	const parsed = parseCidr(text);
	if (!parsed.ok) throw new Error(`not a CIDR: ${text}`);
	return parsed.value;
}

export function formatCidr(net: Cidr): string {
	return `${net.addr}/${net.prefix}`;
}

/** An address or name as it stands before a port: an IPv6 address in brackets. */
export function hostLiteral(host: string): string {
	return host.includes(":") ? `[${host}]` : host;
}

/** `10.0.0.1:80`, `[2001:db8::1]:80`. */
export function formatAddrPort(host: string, port: number): string {
	return `${hostLiteral(host)}:${port}`;
}

export function familyOf(addr: IpAddr): IpFamily {
	return addr.includes(":") ? "ipv6" : "ipv4";
}

export function familyOfNum(n: IpNum): IpFamily {
	return typeof n === "number" ? "ipv4" : "ipv6";
}

/** 32 or 128. */
export function addrBits(addr: IpAddr): number {
	return addr.includes(":") ? 128 : 32;
}

export function ipNum(addr: IpAddr): IpNum {
	const n = addr.includes(":") ? ipv6FromText(addr) : ipv4FromText(addr);
	if (n === undefined) throw new Error(`not an IP address: ${addr}`);
	return n;
}

export function ipText(n: IpNum): IpAddr {
	if (typeof n === "number") {
		return `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}` as Ipv4Addr;
	}
	return ipv6ToText(n) as Ipv6Addr;
}

/** The network mask of a prefix length, of the family of `like`. */
export function maskNum(prefix: number, like: IpNum): IpNum {
	if (typeof like === "number") return prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
	return ((1n << BigInt(prefix)) - 1n) << BigInt(128 - prefix);
}

/** `a` with all but its first `prefix` bits cleared. */
export function maskedNum(a: IpNum, prefix: number): IpNum {
	if (typeof a === "number") return prefix === 0 ? 0 : (a & (0xffffffff << (32 - prefix))) >>> 0;
	return (a >> BigInt(128 - prefix)) << BigInt(128 - prefix);
}

export function networkOf(net: Cidr): Cidr {
	return { addr: ipText(maskedNum(ipNum(net.addr), net.prefix)), prefix: net.prefix };
}

export function cidrContains(net: Cidr, addr: IpAddr): boolean {
	if (familyOf(net.addr) !== familyOf(addr)) return false;
	return maskedNum(ipNum(net.addr), net.prefix) === maskedNum(ipNum(addr), net.prefix);
}

/** The IPv4 directed broadcast address, or the last address of an IPv6 prefix. */
export function lastAddrOf(net: Cidr): IpAddr {
	const n = ipNum(net.addr);
	if (typeof n === "number") return ipText(net.prefix === 32 ? n : (n | (0xffffffff >>> net.prefix)) >>> 0);
	return ipText(n | ((1n << BigInt(128 - net.prefix)) - 1n));
}

/** The address `offset` after `addr`; throws past the end of the address space. */
export function addrPlus(addr: IpAddr, offset: number): IpAddr {
	const n = ipNum(addr);
	const sum = typeof n === "number" ? n + offset : n + BigInt(offset);
	const limit = typeof n === "number" ? 0x1_0000_0000 : 1n << 128n;
	if (sum < 0 || sum >= limit) throw new Error(`address out of range: ${addr} + ${offset}`);
	return ipText(sum);
}

export function parseMac(text: string): Result<MacAddr, AddrError> {
	if (!/^[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}$/.test(text)) return err({ text, expected: "MAC address" });
	return ok(
		macText(
			Number.parseInt(
				text
					.split(":")
					.map((part) => part.padStart(2, "0"))
					.join(""),
				16,
			),
		),
	);
}

/** A MAC literal; throws when the text is none. */
export function mac(text: string): MacAddr {
	const parsed = parseMac(text);
	if (!parsed.ok) throw new Error(`not a MAC address: ${text}`);
	return parsed.value;
}

export function macNum(address: MacAddr): number {
	return Number.parseInt(address.replaceAll(":", ""), 16);
}

export function macText(n: number): MacAddr {
	const digits = n.toString(16).padStart(12, "0");
	return (digits.match(/../g) ?? []).join(":") as MacAddr;
}

export const MAC_BROADCAST = 0xffffffffffff;

/** The group bit: multicast and broadcast addresses have it. */
export function macIsGroup(n: number): boolean {
	return (Math.floor(n / 0x10000000000) & 1) === 1;
}

function ipv4FromText(text: string): number | undefined {
	const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
	if (match === null) return undefined;
	let n = 0;
	for (let k = 1; k <= 4; k += 1) {
		const part = match[k] ?? "";
		const octet = Number(part);
		if (octet > 255 || (part.length > 1 && part.startsWith("0"))) return undefined;
		n = n * 256 + octet;
	}
	return n;
}

function ipv6FromText(text: string): bigint | undefined {
	let source = text;
	const lastColon = source.lastIndexOf(":");
	if (source.slice(lastColon + 1).includes(".")) {
		const tail = ipv4FromText(source.slice(lastColon + 1));
		if (tail === undefined) return undefined;
		source = `${source.slice(0, lastColon + 1)}${(tail >>> 16).toString(16)}:${(tail & 0xffff).toString(16)}`;
	}
	const halves = source.split("::");
	if (halves.length > 2) return undefined;
	const head = halves[0] === "" || halves[0] === undefined ? [] : halves[0].split(":");
	const tail = halves[1] === undefined || halves[1] === "" ? [] : halves[1].split(":");
	const missing = 8 - head.length - tail.length;
	if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
	let n = 0n;
	for (const group of [...head, ...Array.from({ length: missing }, () => "0"), ...tail]) {
		if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
		n = (n << 16n) | BigInt(Number.parseInt(group, 16));
	}
	return n;
}

/**
 * RFC 5952: lower case, the longest run of two or more zero groups as `::`, the first of equals; as `inet_ntop`, an
 * IPv4-mapped or IPv4-compatible address ends in dotted decimal.
 */
function ipv6ToText(n: bigint): string {
	const groups = Array.from({ length: 8 }, (_, k) => Number((n >> BigInt(112 - 16 * k)) & 0xffffn));
	let best = -1;
	let bestLength = 1;
	for (let start = 0; start < 8; start += 1) {
		let length = 0;
		while (start + length < 8 && groups[start + length] === 0) length += 1;
		if (length > bestLength) {
			best = start;
			bestLength = length;
		}
	}
	const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(":");
	if (best === 0 && (bestLength === 6 || (bestLength === 5 && groups[5] === 0xffff))) {
		return `${bestLength === 6 ? "::" : "::ffff:"}${ipText(Number(n & 0xffffffffn))}`;
	}
	if (best < 0) return text(groups);
	return `${text(groups.slice(0, best))}::${text(groups.slice(best + bestLength))}`;
}
