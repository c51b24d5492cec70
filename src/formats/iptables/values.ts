/** Values of options: numbers, ports, marks, networks. Parsers give undefined for text that is none. */
import type { Inverted, PortRange } from "../../kernel/xtables.ts";
import {
	addrBits,
	type Cidr,
	familyOf,
	type IpAddr,
	type IpFamily,
	ip,
	ipNum,
	networkOf,
	parseIp,
} from "../../wire/addr.ts";
import { servicePort } from "../services.ts";

export function inverted<T>(value: T, invert: boolean): Inverted<T> {
	return invert ? { value, invert: true } : { value };
}

/** `! ` before an inverted option, else nothing. */
export function bang(invert: true | undefined): string {
	return invert === true ? "! " : "";
}

/** A name that is printed without quotes: no space, no quote, not begun with `!` or `-`. */
export function isPlainName(text: string): boolean {
	return /^[^\s"!-][^\s"]*$/.test(text);
}

/** Decimal, hexadecimal (0x) or octal (0), as `strtoul` with base 0. */
export function parseUint(text: string, max: number): number | undefined {
	let n: number;
	if (/^(0|[1-9]\d*)$/.test(text)) n = Number(text);
	else if (/^0x[0-9a-f]+$/i.test(text)) n = Number.parseInt(text.slice(2), 16);
	else if (/^0[0-7]+$/.test(text)) n = Number.parseInt(text, 8);
	else return undefined;
	return n <= max ? n : undefined;
}

/** A number or the name of a service. */
export function parsePort(text: string): number | undefined {
	return parseUint(text, 0xffff) ?? servicePort(text);
}

/** `a`, `a:b`, `a:`, `:b`; a string is the complaint. */
export function parsePortRange(text: string): PortRange | string {
	const colon = text.indexOf(":");
	const first = colon < 0 ? text : text.slice(0, colon);
	const last = colon < 0 ? text : text.slice(colon + 1);
	const from = first === "" && colon >= 0 ? 0 : parsePort(first);
	if (from === undefined) return `invalid port/service \`${first}' specified`;
	const to = last === "" && colon >= 0 ? 0xffff : parsePort(last);
	if (to === undefined) return `invalid port/service \`${last}' specified`;
	return from > to ? "invalid portrange (min > max)" : { from, to };
}

export function formatPortRange(range: PortRange, separator = ":"): string {
	return range.from === range.to ? String(range.from) : `${range.from}${separator}${range.to}`;
}

/** `value[/mask]`; the mask is all ones when absent. */
export function parseMark(text: string): { readonly value: number; readonly mask: number } | undefined {
	const slash = text.indexOf("/");
	const value = parseUint(slash < 0 ? text : text.slice(0, slash), 0xffffffff);
	const mask = slash < 0 ? 0xffffffff : parseUint(text.slice(slash + 1), 0xffffffff);
	return value === undefined || mask === undefined ? undefined : { value, mask };
}

/** Members of `all` in `text` (comma separated, any case), in the order of `all`; undefined when one is not in it. */
export function parseNames<N extends string>(text: string, all: readonly N[]): readonly N[] | undefined {
	const words = text.toUpperCase().split(",");
	const found = all.filter((name) => words.includes(name));
	return found.length === new Set(words).size ? found : undefined;
}

export type NetFault = "not found" | "invalid mask" | "not contiguous";

/** `ADDR`, `ADDR/PREFIX`, `ADDR/NETMASK`, with short IPv4 forms as `10.96/16`. Host bits are kept. */
export function parseHostNet(text: string, family: IpFamily): Cidr | NetFault {
	const slash = text.indexOf("/");
	const addr = parseAddr(slash < 0 ? text : text.slice(0, slash), family);
	if (addr === undefined) return "not found";
	if (slash < 0) return { addr, prefix: addrBits(addr) };
	const length = text.slice(slash + 1);
	if (/^\d+$/.test(length)) {
		return Number(length) <= addrBits(addr) ? { addr, prefix: Number(length) } : "invalid mask";
	}
	const mask = parseAddr(length, family);
	if (mask === undefined) return "invalid mask";
	const bits = BigInt(ipNum(mask)).toString(2).padStart(addrBits(mask), "0");
	return /^1*0*$/.test(bits) ? { addr, prefix: bits.lastIndexOf("1") + 1 } : "not contiguous";
}

/** As `parseHostNet`, host bits cleared. */
export function parseNet(text: string, family: IpFamily): Cidr | NetFault {
	const net = parseHostNet(text, family);
	return typeof net === "string" ? net : networkOf(net);
}

function parseAddr(text: string, family: IpFamily): IpAddr | undefined {
	const parsed = parseIp(text);
	if (parsed.ok) return familyOf(parsed.value) === family ? parsed.value : undefined;
	if (text === "localhost") return ip(family === "ipv4" ? "127.0.0.1" : "::1");
	if (family === "ipv6" || !/^\d+(\.\d+){0,2}$/.test(text)) return undefined;
	const padded = parseIp(`${text}${".0".repeat(4 - text.split(".").length)}`);
	return padded.ok ? padded.value : undefined;
}

/** `0x4000/0x4000`; the mask is left out when all ones. */
export function formatMark(mark: { readonly value: number; readonly mask: number }): string {
	const mask = mark.mask === 0xffffffff ? "" : `/0x${mark.mask.toString(16)}`;
	return `0x${mark.value.toString(16)}${mask}`;
}
