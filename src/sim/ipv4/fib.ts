/** The IPv4 forwarding information base of a namespace, and the words between it and devices. */
import type { NextHop, Route, Scope } from "../../kernel/objects.ts";
import { ipText } from "../../wire/addr.ts";
import { Fib } from "../state/fib.ts";
import { type FibNexthop, type FibRoute, RT_SCOPE } from "../state/fib-table.ts";
import { type NetDevice, type Netns, pernet } from "../types.ts";

export const fibOf: (netns: Netns) => Fib = pernet(() => new Fib());

/** lo's ifindex, which is also the `iif` of packets made here. */
export const LOOPBACK_IFINDEX = 1;

/** The loopback device of a namespace; `instead` while there is none. */
export function loopbackDev(netns: Netns, instead: NetDevice): NetDevice {
	return netns.devices.get(LOOPBACK_IFINDEX) ?? instead;
}

/** The ifindex of a device's name; -1: there is none. */
export function ifindexOf(netns: Netns, name: string): number {
	return netns.devicesByName.get(name)?.ifindex ?? -1;
}

/** The route as an object of the port. Type, table, protocol and scope are always there; `metric` when it is not 0. */
export function fibDumpRoute(netns: Netns, route: FibRoute): Route {
	const [hop] = route.nexthops;
	const single = route.nexthops.length === 1 && hop !== undefined;
	return {
		kind: "route",
		dst: { addr: ipText(route.dst), prefix: route.prefix },
		type: route.type,
		table: route.table,
		...(single ? dumpNexthop(netns, hop) : {}),
		...(route.prefsrc === undefined ? {} : { src: ipText(route.prefsrc) }),
		...(route.metric === 0 ? {} : { metric: route.metric }),
		scope: scopeName(route.scope),
		protocol: route.protocol,
		...(route.mtu === undefined ? {} : { mtu: route.mtu }),
		...(route.nexthops.length < 2
			? {}
			: { nexthops: route.nexthops.map((each) => ({ ...dumpNexthop(netns, each), weight: each.weight })) }),
		...(route.nexthops.length > 0 && route.nexthops.every((each) => each.linkdown) ? { linkdown: true } : {}),
	};
}

function dumpNexthop(netns: Netns, hop: FibNexthop): NextHop {
	const dev = netns.devices.get(hop.oif)?.name;
	return {
		...(hop.gateway === undefined ? {} : { via: ipText(hop.gateway) }),
		...(dev === undefined ? {} : { dev }),
		...(hop.onlink ? { onlink: true } : {}),
	};
}

function scopeName(scope: number): Scope {
	switch (scope) {
		case RT_SCOPE.global:
			return "global";
		case RT_SCOPE.site:
			return "site";
		case RT_SCOPE.link:
			return "link";
		case RT_SCOPE.host:
			return "host";
		default:
			return "nowhere";
	}
}
