/** Numbers of route types and protocols, and their names in /etc/iproute2/rt_protos. */
import type { RouteType } from "../../kernel/objects.ts";

export const RTN: Readonly<Record<RouteType, number>> = {
	unicast: 1,
	local: 2,
	broadcast: 3,
	multicast: 5,
	blackhole: 6,
	unreachable: 7,
	prohibit: 8,
	throw: 9,
};

const TYPES: ReadonlyMap<number, RouteType> = new Map([
	[RTN.unicast, "unicast"],
	[RTN.local, "local"],
	[RTN.broadcast, "broadcast"],
	[RTN.multicast, "multicast"],
	[RTN.blackhole, "blackhole"],
	[RTN.unreachable, "unreachable"],
	[RTN.prohibit, "prohibit"],
	[RTN.throw, "throw"],
]);

/** Undefined: a type that the port has no word for (anycast of IPv6). */
export function routeTypeName(type: number): RouteType | undefined {
	return TYPES.get(type);
}

export const RTPROT_BOOT = 3;
export const RTPROT_KERNEL = 2;

const PROTOCOLS: ReadonlyMap<string, number> = new Map([
	["unspec", 0],
	["redirect", 1],
	["kernel", RTPROT_KERNEL],
	["boot", RTPROT_BOOT],
	["static", 4],
	["gated", 8],
	["ra", 9],
	["mrt", 10],
	["zebra", 11],
	["bird", 12],
	["dnrouted", 13],
	["xorp", 14],
	["ntk", 15],
	["dhcp", 16],
	["keepalived", 18],
	["babel", 42],
	["openr", 99],
	["bgp", 186],
	["isis", 187],
	["ospf", 188],
	["rip", 189],
	["eigrp", 192],
]);
const PROTOCOL_NAMES = new Map([...PROTOCOLS].map(([name, number]) => [number, name]));

/** By name or number as text; undefined: neither. */
export function protocolNumber(text: string): number | undefined {
	const number = PROTOCOLS.get(text) ?? (/^\d{1,3}$/.test(text) ? Number(text) : undefined);
	return number !== undefined && number <= 255 ? number : undefined;
}

export function protocolName(number: number): string {
	return PROTOCOL_NAMES.get(number) ?? String(number);
}
