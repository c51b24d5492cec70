/**
 * The primitives of capture filters as conditions on bytes: `host`, `net`, `port`, `proto`, …. What is asked, in which order
 * and what is refused is what libpcap 1.10 does (`tcpdump -O -d` shows it); test/shell-tcpdump-real.test.ts compares.
 */
import { ETH_P_ARP, ETH_P_IP, ETH_P_IPV6 } from "../ethernet.ts";
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_IGMP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from "../ipv4.ts";
import { FilterFailure, notModelled } from "./failure.ts";
import { type FilterLink, LINK_LAYERS, type LinkLayer, LLC_NAMES } from "./link-layer.ts";
import { all, alu, any, type Condition, constant, load, not, test, type Value } from "./program.ts";

/** `src or dst` is what no direction means. */
export type Direction = "src" | "dst" | "src or dst" | "src and dst";

export interface Scope {
	readonly link: FilterLink;
	/** A live capture knows the direction of every frame. */
	readonly live: boolean;
	/** For `ip broadcast`. */
	readonly netmask: number;
}

/** Where something is in the transport header behind an IPv4 header of any length, or a fixed number of bytes into the packet. */
type Place = (at: number) => Value;

const ETH_P_RARP = 0x8035;
const IPPROTO_FRAGMENT = 44;
const PORT_PROTOCOLS = [IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP] as const;

/** Protocols that IP carries: number, and whether also in IPv6. */
const IP_CARRIED: Readonly<Record<string, readonly [number, "both" | "ip" | "ip6"]>> = {
	sctp: [IPPROTO_SCTP, "both"],
	tcp: [IPPROTO_TCP, "both"],
	udp: [IPPROTO_UDP, "both"],
	icmp: [IPPROTO_ICMP, "ip"],
	igmp: [IPPROTO_IGMP, "ip"],
	igrp: [9, "ip"],
	pim: [103, "both"],
	vrrp: [112, "ip"],
	carp: [112, "ip"],
	icmp6: [IPPROTO_ICMPV6, "ip6"],
	ah: [51, "both"],
	esp: [50, "both"],
};
const LINK_CARRIED: Readonly<Record<string, number>> = {
	ip: ETH_P_IP,
	arp: ETH_P_ARP,
	rarp: ETH_P_RARP,
	ip6: ETH_P_IPV6,
	atalk: 0x809b,
	aarp: 0x80f3,
	decnet: 0x6003,
	sca: 0x6007,
	lat: 0x6004,
	mopdl: 0x6001,
	moprc: 0x6002,
	...Object.fromEntries(LLC_NAMES),
};
/** Protocols whose header `proto[…]` finds behind an IPv4 header. */
const TRANSPORTS: readonly string[] = ["sctp", "tcp", "udp", "icmp", "igmp", "igrp", "pim", "vrrp", "carp"];
const NETWORKS: readonly string[] = ["ip", "arp", "rarp", "atalk", "decnet", "sca", "lat", "moprc", "mopdl", "ip6"];
const NO_HOSTS: Readonly<Record<string, string>> = {
	atalk: "AppleTalk",
	aarp: "AARP",
	lat: "LAT",
	sca: "SCA",
	moprc: "MOPRC",
	mopdl: "MOPDL",
	ipx: "IPX",
};
const NOT_CARRYING: readonly string[] = ["arp", "rarp", "sca", "lat", "moprc", "mopdl"];

export function linkLayerOf(scope: Scope): LinkLayer {
	return LINK_LAYERS[scope.link];
}

/** A protocol's name alone: `tcp`. */
export function protocol(scope: Scope, name: string): Condition {
	const carried = IP_CARRIED[name];
	if (carried !== undefined) {
		const [number, families] = carried;
		const inIp = ipProtocol(scope, number);
		const inIp6 = ip6Protocol(scope, number);
		return families === "both" ? any(inIp, inIp6) : families === "ip" ? inIp : inIp6;
	}
	const type = LINK_CARRIED[name];
	if (type !== undefined) return linkLayerOf(scope).carries(type);
	if (name === "link") throw invalid("link layer applied in wrong context");
	if (name === "radio") throw invalid("'radio' is not a valid protocol type");
	throw notModelled(`the filter '${name}'`);
}

/** `[ip|ip6|ether] proto N`. */
export function protocolNumber(scope: Scope, within: string | undefined, number: number): Condition {
	switch (within) {
		case undefined:
			return any(ipProtocol(scope, number), ip6Protocol(scope, number));
		case "ip":
			return ipProtocol(scope, number);
		case "ip6":
			return ip6Protocol(scope, number);
		case "link":
			return linkLayerOf(scope).carries(number);
		case "atalk":
		case "decnet":
			throw invalid(`${within} encapsulation is not specifiable`);
		case "iso":
		case "isis":
			throw notModelled(`the filter '${within} proto'`);
		default:
			if (NOT_CARRYING.includes(within)) throw invalid(`${within} does not encapsulate another protocol`);
			throw invalid(`'${within} proto' is bogus`);
	}
}

export interface Ipv4Wanted {
	readonly addr: number;
	readonly mask: number;
	readonly direction: Direction;
	readonly kind: "host" | "net";
}

/** An IPv4 address or network, of IP packets and what ARP and RARP are about. */
export function ipv4Address(scope: Scope, within: string | undefined, wanted: Ipv4Wanted): Condition {
	const { payload } = linkLayerOf(scope);
	const one = (type: number, src: number, dst: number): Condition =>
		inDirection(wanted.direction, (side) => {
			const value = masked(load(payload + (side === "src" ? src : dst), 4), wanted.mask);
			return all(linkLayerOf(scope).carries(type), test(value, "=", wanted.addr));
		});
	switch (within) {
		case undefined:
			return any(one(ETH_P_IP, 12, 16), one(ETH_P_ARP, 14, 24), one(ETH_P_RARP, 14, 24));
		case "ip":
			return one(ETH_P_IP, 12, 16);
		case "arp":
			return one(ETH_P_ARP, 14, 24);
		case "rarp":
			return one(ETH_P_RARP, 14, 24);
		case "ip6":
			throw invalid("'ip6' modifier applied to ip host");
		default:
			throw wrongModifier(within, wanted.kind);
	}
}

export interface Ipv6Wanted {
	readonly addr: bigint;
	readonly prefix: number;
	readonly direction: Direction;
	readonly kind: "host" | "net";
}

export function ipv6Address(scope: Scope, within: string | undefined, wanted: Ipv6Wanted): Condition {
	if (within !== undefined && within !== "ip6") throw wrongModifier(within, `ip6 ${wanted.kind}`);
	const { payload } = linkLayerOf(scope);
	const mask = ((1n << BigInt(wanted.prefix)) - 1n) << BigInt(128 - wanted.prefix);
	const word = (n: bigint, k: number): number => Number((n >> BigInt(96 - 32 * k)) & 0xffffffffn);
	return inDirection(wanted.direction, (side) => {
		const at = payload + (side === "src" ? 8 : 24);
		const words = [0, 1, 2, 3].map((k) => test(masked(load(at + 4 * k, 4), word(mask, k)), "=", word(wanted.addr, k)));
		return all(linkLayerOf(scope).carries(ETH_P_IPV6), ...words);
	});
}

/** `ether host`: both sides of the frame, or one. */
export function etherAddress(scope: Scope, mac: number, direction: Direction): Condition {
	if (!linkLayerOf(scope).hasMacs) {
		throw invalid("ethernet addresses supported only on ethernet/FDDI/token ring/802.11/ATM LANE/Fibre Channel");
	}
	return inDirection(direction, (side) => macAt(side === "src" ? 6 : 0, mac));
}

export interface PortsWanted {
	readonly from: number;
	readonly to: number;
	readonly direction: Direction;
	/** Undefined: TCP, UDP and SCTP. */
	readonly protocol: number | undefined;
}

/** `port` and `portrange`; of a fragmented packet only the first fragment has them. */
export function ports(scope: Scope, wanted: PortsWanted): Condition {
	const layer = linkLayerOf(scope);
	const inIp6 = portsOf(wanted, load(layer.payload + 6, 1), undefined, (at) => load(layer.payload + 40 + at, 2));
	const inIp = portsOf(wanted, load(layer.payload + 9, 1), notLaterFragment(layer), (at) =>
		load(layer.payload + at, 2, { kind: "header-length", at: layer.payload }),
	);
	return any(all(layer.carries(ETH_P_IPV6), inIp6), all(layer.carries(ETH_P_IP), inIp));
}

export function broadcast(scope: Scope, within: string | undefined): Condition {
	const layer = linkLayerOf(scope);
	if (within === undefined || within === "link") {
		if (!layer.hasMacs) throw invalid("not a broadcast link");
		return macAt(0, 0xffffffffffff);
	}
	if (within !== "ip") throw invalid("only link-layer/IP broadcast filters supported");
	const hostmask = ~scope.netmask >>> 0;
	const host = masked(load(layer.payload + 16, 4), hostmask);
	return all(layer.carries(ETH_P_IP), any(test(host, "=", 0), test(host, "=", hostmask)));
}

export function multicast(scope: Scope, within: string | undefined): Condition {
	const layer = linkLayerOf(scope);
	if (within === "ip") return all(layer.carries(ETH_P_IP), test(load(layer.payload + 16, 1), ">=", 224));
	if (within === "ip6") return all(layer.carries(ETH_P_IPV6), test(load(layer.payload + 24, 1), "=", 255));
	if (layer.hasMacs && (within === undefined || within === "link")) return test(load(0, 1), "set", 1);
	throw invalid(
		"link-layer multicast filters supported only on ethernet/FDDI/token ring/ARCNET/802.11/ATM LANE/Fibre Channel",
	);
}

export function outbound(scope: Scope): Condition {
	const layer = linkLayerOf(scope);
	if (layer.outgoing !== undefined) return layer.outgoing;
	if (scope.live) return test({ kind: "outgoing" }, "=", 1);
	throw invalid(`inbound/outbound not supported on ${layer.name} when reading savefiles`);
}

export function ifindex(scope: Scope, number: number): Condition {
	const layer = linkLayerOf(scope);
	if (layer.ifindex !== undefined) return test(layer.ifindex, "=", number);
	if (scope.live) return test({ kind: "ifindex" }, "=", number);
	throw invalid(`ifindex not supported on ${layer.name} when reading savefiles`);
}

/** `proto[index:size]`, and what must hold for it to be there. */
export function headerBytes(
	scope: Scope,
	name: string,
	index: Value,
	size: number,
): { readonly value: Value; readonly check: Condition | undefined } {
	if (size !== 1 && size !== 2 && size !== 4) throw invalid("data size must be 1, 2, or 4");
	const layer = linkLayerOf(scope);
	if (name === "link") return { value: load(0, size, index), check: undefined };
	if (NETWORKS.includes(name)) {
		return { value: load(layer.payload, size, index), check: protocol(scope, name) };
	}
	if (name === "icmp6") {
		const check = all(layer.carries(ETH_P_IPV6), test(load(layer.payload + 6, 1), "=", IPPROTO_ICMPV6));
		return { value: load(layer.payload + 40, size, index), check };
	}
	if (name === "radio") throw invalid("radio information not present in capture");
	if (!TRANSPORTS.includes(name)) throw invalid("unsupported index operation");
	const inHeader = alu("+", { kind: "header-length", at: layer.payload }, index);
	return {
		value: load(layer.payload, size, inHeader),
		check: all(layer.carries(ETH_P_IP), protocol(scope, name), notLaterFragment(layer)),
	};
}

function ipProtocol(scope: Scope, number: number): Condition {
	const layer = linkLayerOf(scope);
	return all(layer.carries(ETH_P_IP), test(load(layer.payload + 9, 1), "=", number));
}

/** Also behind a fragment header. */
function ip6Protocol(scope: Scope, number: number): Condition {
	const layer = linkLayerOf(scope);
	const next = load(layer.payload + 6, 1);
	const behindFragment = all(test(next, "=", IPPROTO_FRAGMENT), test(load(layer.payload + 40, 1), "=", number));
	return all(layer.carries(ETH_P_IPV6), any(test(next, "=", number), behindFragment));
}

function portsOf(wanted: PortsWanted, carried: Value, check: Condition | undefined, place: Place): Condition {
	const one = (at: number): Condition => {
		if (wanted.from === wanted.to) return test(place(at), "=", wanted.from);
		return all(test(place(at), ">=", wanted.from), not(test(place(at), ">", wanted.to)));
	};
	const sides = (): Condition => inDirection(wanted.direction, (side) => one(side === "src" ? 0 : 2));
	const [first, ...rest] = (wanted.protocol === undefined ? PORT_PROTOCOLS : [wanted.protocol]).map((proto) => {
		const isProto = test(carried, "=", proto);
		return check === undefined ? all(isProto, sides()) : all(isProto, check, sides());
	});
	if (first === undefined) throw new Error("no protocol has ports");
	return any(first, ...rest);
}

function notLaterFragment(layer: LinkLayer): Condition {
	return not(test(load(layer.payload + 6, 2), "set", 0x1fff));
}

function inDirection(direction: Direction, side: (side: "src" | "dst") => Condition): Condition {
	switch (direction) {
		case "src":
		case "dst":
			return side(direction);
		case "src and dst":
			return all(side("src"), side("dst"));
		case "src or dst":
			return any(side("src"), side("dst"));
	}
}

function macAt(at: number, mac: number): Condition {
	const low = mac >>> 0;
	return all(test(load(at + 2, 4), "=", low), test(load(at, 2), "=", Math.floor(mac / 0x1_0000_0000)));
}

function masked(value: Value, mask: number): Value {
	return mask === 0xffffffff ? value : alu("&", value, constant(mask));
}

function wrongModifier(within: string, what: string): FilterFailure {
	const family = NO_HOSTS[within];
	if (family !== undefined) return invalid(`${family} host filtering not implemented`);
	if (within === "decnet") return notModelled("the filter 'decnet host'");
	if (within === "link") return invalid(`link-layer modifier applied to ${what}`);
	return invalid(`'${within}' modifier applied to ${what}`);
}

function invalid(message: string): FilterFailure {
	return new FilterFailure("invalid", message);
}
