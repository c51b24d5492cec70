/** The elements that a tool's words stand for: one, or all of a range (the `uadt` functions of the hash types). */
import type { IpSetMember, IpSetOptions, IpSetPart } from "../../../kernel/ipset.ts";
import { familyOf, type IpFamily, type IpNum, ipNum, macNum, maskedNum, maskNum } from "../../../wire/addr.ts";
import { lastOfNet, netsOfRange } from "../../../wire/ip-range.ts";
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from "../../../wire/ipv4.ts";
import { Elem } from "./elem.ts";
import type { IpSetErr } from "./errors.ts";
import { type Dim, type HashType, hostPrefix } from "./hash-type.ts";

type IpPart = Extract<IpSetPart, { kind: "ip" }>;
type PortPart = Extract<IpSetPart, { kind: "port" }>;

export const IPPROTO_UDPLITE = 136;
const WITH_PORTS: readonly number[] = [IPPROTO_TCP, IPPROTO_SCTP, IPPROTO_UDP, IPPROTO_UDPLITE];
const LAST_ADDRESS = 0xffffffff;

/** Calls `visit` for each element in order, until it returns an error. */
export function forEachElem(
	{ type, family }: { readonly type: HashType; readonly family: IpFamily },
	options: IpSetOptions,
	member: IpSetMember,
	visit: (elem: Elem) => IpSetErr | undefined,
): IpSetErr | undefined {
	if (member.parts.length !== type.dims.length) return "PROTOCOL";
	const elem = new Elem(family === "ipv4" ? 0 : 0n);
	elem.wildcard = member.wildcard === true;
	const walk = (at: number): IpSetErr | undefined => {
		const dim = type.dims[at];
		const part = member.parts[at];
		if (dim === undefined || part === undefined) return visit(elem);
		for (const error of valuesOf(elem, { dim, part, isFirst: at === 0, type, options })) {
			const failed = error ?? walk(at + 1);
			if (failed !== undefined) return failed;
		}
		return undefined;
	};
	return walk(0);
}

interface Component {
	readonly dim: Dim;
	readonly part: IpSetPart;
	readonly isFirst: boolean;
	readonly type: HashType;
	readonly options: IpSetOptions;
}

/** Sets one component of the element to each of its values in turn; yields an error for one that cannot be. */
function* valuesOf(elem: Elem, component: Component): Generator<IpSetErr | undefined> {
	const { dim, part, options } = component;
	if ((dim === "ip" || dim === "net") && part.kind === "ip") {
		yield* dim === "ip" ? addresses(elem, part, component) : networks(elem, part, component);
	} else if (dim === "port" && part.kind === "port") yield* ports(elem, part);
	else if (dim === "mac" && part.kind === "mac") {
		elem.mac = macNum(part.mac);
		yield elem.mac === 0 ? "HASH_ELEM" : undefined;
	} else if (dim === "mark" && part.kind === "mark") {
		elem.mark = (part.mark & (options.markmask ?? 0xffffffff)) >>> 0;
		yield undefined;
	} else if (dim === "iface" && part.kind === "iface") {
		elem.iface = part.iface;
		elem.physdev = part.physdev === true;
		yield undefined;
	} else yield "PROTOCOL";
}

function* addresses(elem: Elem, part: IpPart, component: Component): Generator<IpSetErr | undefined> {
	const { isFirst, type, options } = component;
	const first = ipNum(part.addr);
	if (typeof first !== typeof elem.ip) {
		yield "PROTOCOL";
		return;
	}
	const bits = typeof first === "number" ? 32 : 128;
	const prefix = part.prefix ?? bits;
	if (prefix === 0 || prefix > bits) {
		yield "INVALID_CIDR";
		return;
	}
	const put = (masked: IpNum): IpSetErr | undefined => {
		if (isFirst) elem.ip = masked;
		else elem.ip2 = masked;
		const isNull = isFirst && (masked === 0 || masked === 0n);
		if (isNull && type.dims.length === 1) return "HASH_ELEM";
		return isNull && type.dims.join() === "ip,port" ? "EINVAL" : undefined;
	};
	const to = part.to === undefined ? undefined : ipNum(part.to);
	if (typeof first !== "number" || (to === undefined && prefix === bits)) {
		if (prefix !== bits) {
			yield "INVALID_CIDR";
			return;
		}
		yield put(maskAddress(first, options));
		return;
	}
	const start = to === undefined ? maskedNum(first, prefix) : first;
	const end = to ?? lastOfNet(Number(start), prefix);
	const [low, high] = [Math.min(Number(start), Number(end)), Math.max(Number(start), Number(end))];
	// Only the first address of a range is masked.
	const step = type.dims.length === 1 ? 2 ** (32 - (options.netmask ?? 32)) : 1;
	for (let address = Number(maskAddress(low, options)); address <= high; address += step) yield put(address);
}

function* networks(elem: Elem, part: IpPart, component: Component): Generator<IpSetErr | undefined> {
	const { isFirst, type, options } = component;
	const first = ipNum(part.addr);
	if (typeof first !== typeof elem.ip) {
		yield "PROTOCOL";
		return;
	}
	const prefix = part.prefix ?? hostPrefix(familyOf(part.addr));
	if (prefix === 0 && !type.zeroNet) {
		yield "INVALID_CIDR";
		return;
	}
	const put = (address: IpNum, cidr: number): void =>
		elem.setNet(isFirst ? "ip" : "ip2", maskAddress(address, options), cidr);
	if (part.to === undefined || typeof first !== "number") {
		put(first, prefix);
		yield undefined;
		return;
	}
	const to = Number(ipNum(part.to));
	const [low, high] = [Math.min(first, to), Math.max(first, to)];
	if (low === 0 && high === LAST_ADDRESS) {
		yield "HASH_RANGE";
		return;
	}
	for (const net of netsOfRange(low, high)) {
		put(net.addr, net.prefix);
		yield undefined;
	}
}

function* ports(elem: Elem, part: PortPart): Generator<IpSetErr | undefined> {
	if (part.proto === 0) {
		yield "INVALID_PROTO";
		return;
	}
	const withPorts = WITH_PORTS.includes(part.proto);
	const isIcmp = part.proto === IPPROTO_ICMP || part.proto === IPPROTO_ICMPV6;
	elem.proto = part.proto;
	const to = withPorts ? (part.to ?? part.port) : part.port;
	for (let port = Math.min(part.port, to); port <= Math.max(part.port, to); port += 1) {
		elem.port = withPorts || isIcmp ? port : 0;
		yield undefined;
	}
}

/** The address as the set stores it. */
export function maskAddress(address: IpNum, options: IpSetOptions): IpNum {
	if (options.netmask !== undefined) return maskedNum(address, options.netmask);
	if (options.bitmask === undefined) return address;
	const mask = ipNum(options.bitmask);
	if (typeof address === "number") return typeof mask === "number" ? (address & mask) >>> 0 : address;
	return typeof mask === "bigint" ? address & mask & BigInt(maskNum(128, 0n)) : address;
}
