/** Addresses and routes of a container's device, as the reference plugins set them (`ipam.ConfigureIface`). */
import type { Op } from "../../kernel/kernel.ts";
import type { Addr, Route, Scope } from "../../kernel/objects.ts";
import { type Cidr, familyOf, lastAddrOf, networkOf } from "../../wire/addr.ts";
import type { CniIp, CniRoute } from "../types.ts";

/** Sysctls, addresses, up, routes; on layer 2 only: up. */
export function configureIface(
	dev: string,
	ips: readonly CniIp[],
	more: { readonly routes: readonly CniRoute[]; readonly ipv6: boolean },
): readonly Op[] {
	const up: Op = { verb: "replace", object: { kind: "link", name: dev, up: true } };
	if (ips.length === 0) return [up];
	return [
		...(more.ipv6 ? [devSysctl("ipv6", dev, { key: "accept_dad", value: "0" })] : []),
		// The device tells its neighbours its address when it comes up.
		devSysctl("ipv4", dev, { key: "arp_notify", value: "1" }),
		...ips.map(({ address }): Op => ({ verb: "add", object: addrObject(dev, address) })),
		up,
		...more.routes.map((route): Op => ({ verb: "add", object: routeObject(dev, route, ips) })),
	];
}

/** Netlink libraries give an IPv4 address of a /30 or larger its broadcast address. */
export function addrObject(dev: string, addr: Cidr): Addr {
	const broadcast = familyOf(addr.addr) === "ipv4" && addr.prefix < 31 ? { broadcast: lastAddrOf(addr) } : {};
	return { kind: "addr", dev, addr, ...broadcast };
}

/** `net.FAMILY.conf.DEV.KEY`; a dot in the device's name is written as a slash. */
export function devSysctl(
	family: "ipv4" | "ipv6",
	dev: string,
	setting: { readonly key: string; readonly value: string },
): Op {
	const key = `net.${family}.conf.${dev.replaceAll(".", "/")}.${setting.key}`;
	return { verb: "replace", object: { kind: "sysctl", key, value: setting.value } };
}

/** By the kernel's numbers; `parse-result.ts` lets no others in. */
const SCOPES: Readonly<Record<number, Scope>> = { 0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere" };

/** A route without a gateway goes by the first gateway of its family. */
function routeObject(dev: string, route: CniRoute, ips: readonly CniIp[]): Route {
	const family = familyOf(route.dst.addr);
	const first = ips.find(({ address, gateway }) => gateway !== undefined && familyOf(address.addr) === family);
	const via = route.gw ?? first?.gateway;
	return {
		kind: "route",
		dst: networkOf(route.dst),
		dev,
		...(via === undefined ? {} : { via }),
		...(route.mtu === undefined ? {} : { mtu: route.mtu }),
		...(route.priority === undefined ? {} : { metric: route.priority }),
		...(route.table === undefined ? {} : { table: route.table }),
		...(route.scope === undefined ? {} : { scope: SCOPES[route.scope] ?? "global" }),
	};
}
