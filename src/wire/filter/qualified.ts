/** One value under its qualifiers, e.g. `80` of `tcp dst port 80`, as a condition. */
import { ipNum, mac, macNum, parseIp } from "../addr.ts";
import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from "../ipv4.ts";
import { FilterFailure, notModelled } from "./failure.ts";
import { LLC_NAMES } from "./link-layer.ts";
import { ETHER_PROTOCOLS, type FilterNames, IP_PROTOCOLS, NETWORKS } from "./names.ts";
import {
	type Direction,
	etherAddress,
	ipv4Address,
	ipv6Address,
	linkLayerOf,
	ports,
	protocolNumber,
	type Scope,
} from "./primitives.ts";
import { any, type Condition } from "./program.ts";

export type AddressKind = "host" | "net" | "port" | "portrange" | "proto" | "protochain" | "gateway";

/** What stands before a value; the next value without any takes it over. */
export interface Qualifiers {
	/** Absent: any that fits. */
	readonly protocol?: string;
	readonly direction?: Direction;
	/** Absent: `host`. */
	readonly kind?: AddressKind;
}

export interface NamedScope extends Scope {
	readonly names: FilterNames;
}

const PORT_PROTOCOLS: Readonly<Record<string, number>> = {
	tcp: IPPROTO_TCP,
	udp: IPPROTO_UDP,
	sctp: IPPROTO_SCTP,
};

/** A number alone. `known` is undefined behind something that has no qualifiers, where no value can stand. */
export function numberValue(scope: NamedScope, n: number, known: Qualifiers | undefined): Condition {
	const { protocol, kind = "host" } = qualifiersOf(known);
	switch (kind) {
		case "port":
		case "portrange":
			return portNumbers(scope, { from: n, to: n, protocol: portProtocol(protocol, kind) }, known);
		case "proto":
			return protocolNumber(scope, protocol, n);
		case "protochain":
			throw notModelled("the filter 'protochain'");
		case "gateway":
			throw invalid("'gateway' requires a name");
		case "host":
		case "net": {
			if (protocol === "link") throw invalid("illegal link layer address");
			let addr = n;
			let mask = 0xffffffff;
			while (kind === "net" && addr !== 0 && addr < 0x1000000) {
				addr = (addr << 8) >>> 0;
				mask = (mask << 8) >>> 0;
			}
			return ipv4Address(scope, protocol, { addr, mask, direction: directionOf(known), kind });
		}
	}
}

/** `10.1`, `10.0.0.1`: missing bytes make it a network. */
export function ipv4Value(scope: NamedScope, text: string, known: Qualifiers | undefined): Condition {
	const { protocol, kind = "host" } = qualifiersOf(known);
	const { addr, bits } = parseDotted(text);
	if (kind === "gateway") throw invalid("'gateway' requires a name");
	if (kind !== "host" && kind !== "net") throw invalid(`'${kind}' modifier applied to ip host`);
	if (protocol === "link") throw invalid("illegal link layer address");
	return ipv4Address(scope, protocol, { addr, mask: maskOf(bits), direction: directionOf(known), kind });
}

/** `10.0.0.0/8` or `10.0.0.0 mask 255.0.0.0`. */
export function ipv4Network(
	scope: NamedScope,
	text: string,
	mask: number | string,
	known: Qualifiers | undefined,
): Condition {
	const { addr } = parseDotted(text);
	if (typeof mask === "number" && mask > 32) throw invalid("mask length must be <= 32");
	const maskNum = typeof mask === "number" ? maskOf(mask) : parseDotted(mask).addr;
	if ((addr & ~maskNum) !== 0) {
		const written = typeof mask === "number" ? `${text}/${mask}` : `${text} mask ${mask}`;
		throw invalid(`non-network bits set in "${written}"`);
	}
	const { protocol, kind } = qualifiersOf(known);
	if (kind !== "net") throw invalid("Mask syntax for networks only");
	return ipv4Address(scope, protocol, { addr, mask: maskNum, direction: directionOf(known), kind });
}

export function ipv6Value(
	scope: NamedScope,
	text: string,
	prefix: number | undefined,
	known: Qualifiers | undefined,
): Condition {
	const parsed = parseIp(text);
	const addr = parsed.ok ? ipNum(parsed.value) : 0n;
	if (typeof addr === "number") throw invalid(`invalid ip6 address ${text}`);
	const length = prefix ?? 128;
	if (length > 128) throw invalid("mask length must be <= 128");
	if ((addr & ((1n << BigInt(128 - length)) - 1n)) !== 0n) {
		throw invalid(`non-network bits set in "${text}/${length}"`);
	}
	const { protocol, kind = "host" } = qualifiersOf(known);
	if (kind === "host" && length !== 128) throw invalid("Mask syntax for networks only");
	if (kind !== "host" && kind !== "net") throw invalid("invalid qualifier against IPv6 address");
	return ipv6Address(scope, protocol, { addr, prefix: length, direction: directionOf(known), kind });
}

export function macValue(scope: NamedScope, text: string, known: Qualifiers | undefined): Condition {
	const { protocol, kind = "host" } = known ?? {};
	if (kind !== "host" || protocol !== "link") throw invalid("ethernet address used in non-ether expression");
	return etherAddress(scope, macNum(mac(colonMac(text))), directionOf(known));
}

/** A host, network, port or protocol by name. */
export function nameValue(scope: NamedScope, name: string, known: Qualifiers | undefined): Condition {
	const { protocol, kind = "host" } = qualifiersOf(known);
	switch (kind) {
		case "host":
			return namedHost(scope, name, known);
		case "net": {
			const addr = NETWORKS.get(name);
			if (addr === undefined) throw invalid(`unknown network '${name}'`);
			return ipv4Address(scope, protocol, { addr, mask: 0xffffffff, direction: directionOf(known), kind });
		}
		case "port": {
			portProtocol(protocol, kind);
			const found = scope.names.port(name);
			if (found === undefined) throw invalid(`unknown port '${name}'`);
			return portNumbers(
				scope,
				{ from: found.port, to: found.port, protocol: commonProtocol(protocol, found.protocol, `port '${name}'`) },
				known,
			);
		}
		case "portrange":
			return namedRange(scope, name, known);
		case "proto":
		case "protochain": {
			const number = namedProtocol(name, protocol);
			if (kind === "protochain") throw notModelled("the filter 'protochain'");
			return protocolNumber(scope, protocol, number);
		}
		case "gateway":
			throw invalid("'gateway' not supported in this configuration");
	}
}

function namedHost(scope: NamedScope, name: string, known: Qualifiers | undefined): Condition {
	const { protocol } = known ?? {};
	if (protocol === "link") {
		if (linkLayerOf(scope).hasMacs) throw invalid(`unknown ether host '${name}'`);
		throw invalid("only ethernet/FDDI/token ring/802.11/ATM LANE/Fibre Channel supports link-level host name");
	}
	const addrs = scope.names.hosts(name);
	if (addrs === undefined || addrs.length === 0) throw invalid(`unknown host '${name}'`);
	const direction = directionOf(known);
	const conditions = addrs.map(ipNum).flatMap((addr) => {
		if (typeof addr === "number") {
			if (protocol === "ip6") return [];
			const within = protocol ?? (scope.link === "raw" ? "ip" : undefined);
			return [ipv4Address(scope, within, { addr, mask: 0xffffffff, direction, kind: "host" })];
		}
		if (protocol === "ip") return [];
		return [ipv6Address(scope, protocol, { addr, prefix: 128, direction, kind: "host" })];
	});
	const [first, ...rest] = conditions;
	if (first === undefined) throw invalid(`unknown host '${name}' for specified address family`);
	return any(first, ...rest);
}

function namedRange(scope: NamedScope, name: string, known: Qualifiers | undefined): Condition {
	const given = portProtocol(known?.protocol, "portrange");
	const numbers = /^(\d+)-(\d+)/.exec(name);
	let range: { readonly from: number; readonly to: number; readonly protocol: number | undefined };
	if (numbers !== null) range = { from: Number(numbers[1]), to: Number(numbers[2]), protocol: given };
	else {
		const dash = name.indexOf("-");
		const from = dash < 0 ? undefined : portOf(scope, name.slice(0, dash));
		const to = dash < 0 ? undefined : portOf(scope, name.slice(dash + 1));
		if (from === undefined || to === undefined) throw invalid(`unknown port in range '${name}'`);
		const both = from.protocol === to.protocol ? from.protocol : undefined;
		range = {
			from: from.port,
			to: to.port,
			protocol: commonProtocol(known?.protocol, both, `port in range '${name}'`),
		};
	}
	return portNumbers(scope, range, known);
}

function portOf(
	scope: NamedScope,
	text: string,
): { readonly port: number; readonly protocol: number | undefined } | undefined {
	return /^\d+$/.test(text) ? { port: Number(text), protocol: undefined } : scope.names.port(text);
}

function portNumbers(
	scope: NamedScope,
	range: { readonly from: number; readonly to: number; readonly protocol: number | undefined },
	known: Qualifiers | undefined,
): Condition {
	for (const port of [range.from, range.to]) {
		if (port > 65535) throw invalid(`illegal port number ${port} > 65535`);
	}
	const [from, to] = range.from > range.to ? [range.to, range.from] : [range.from, range.to];
	return ports(scope, { from, to, protocol: range.protocol, direction: directionOf(known) });
}

function portProtocol(protocol: string | undefined, kind: string): number | undefined {
	if (protocol === undefined) return undefined;
	const number = PORT_PROTOCOLS[protocol];
	if (number === undefined) throw invalid(`illegal qualifier of '${kind}'`);
	return number;
}

/** The protocol that was asked for and the one that the name belongs to. */
function commonProtocol(asked: string | undefined, real: number | undefined, what: string): number | undefined {
	const wanted = asked === undefined ? undefined : PORT_PROTOCOLS[asked];
	if (wanted === undefined || real === undefined || wanted === real) return wanted ?? real;
	const name = Object.keys(PORT_PROTOCOLS).find((key) => PORT_PROTOCOLS[key] === real);
	throw invalid(`${what} is ${name ?? real}`);
}

function namedProtocol(name: string, within: string | undefined): number {
	if (within === "link") {
		const number = ETHER_PROTOCOLS.get(name) ?? LLC_NAMES.get(name);
		if (number === undefined) throw invalid(`unknown ether proto '${name}'`);
		return number;
	}
	if (within === undefined || within === "ip" || within === "ip6") {
		const number = IP_PROTOCOLS.get(name);
		if (number === undefined) throw invalid(`unknown ip proto '${name}'`);
		return number;
	}
	throw invalid(`unknown protocol: ${name}`);
}

function qualifiersOf(known: Qualifiers | undefined): Qualifiers {
	if (known === undefined) throw new FilterFailure("syntax", "syntax error in filter expression");
	return known;
}

function directionOf(known: Qualifiers | undefined): Direction {
	return known?.direction ?? "src or dst";
}

/** One to four numbers, left-justified. */
function parseDotted(text: string): { readonly addr: number; readonly bits: number } {
	const parts = text.split(".").map((part) => (/^0\d/.test(part) ? Number.parseInt(part, 8) : Number(part)));
	if (parts.some((part) => !(part <= 255))) throw invalid(`invalid IPv4 address '${text}'`);
	const addr = parts.reduce((sum, part) => sum * 256 + part, 0) * 256 ** (4 - parts.length);
	return { addr, bits: 8 * parts.length };
}

function maskOf(bits: number): number {
	return bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
}

function colonMac(text: string): string {
	if (/[:-]/.test(text)) return text.replaceAll("-", ":");
	const parts = text.split(".");
	if (parts.length === 6) return parts.join(":");
	return (parts.join("").match(/../g) ?? []).join(":");
}

function invalid(message: string): FilterFailure {
	return new FilterFailure("invalid", message);
}
