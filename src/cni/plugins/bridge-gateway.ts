/** The bridge as the containers' gateway: its address, the default route by it, forwarding. */
import { err, ok, type Result } from "../../base/result.ts";
import type { Op } from "../../kernel/kernel.ts";
import type { Addr, Link } from "../../kernel/objects.ts";
import { addrPlus, type Cidr, cidr, familyOf, formatCidr, type IpFamily, networkOf } from "../../wire/addr.ts";
import { type CniError, type CniIp, type CniRoute, pluginError } from "../types.ts";
import type { BridgeConf } from "./bridge-conf.ts";
import { addrObject } from "./configure-iface.ts";

/** The bridge as it is. */
export interface BridgeState {
	readonly bridge: Link;
	readonly addrs: readonly Addr[];
	/** Families that are already forwarded. */
	readonly forwarding: readonly IpFamily[];
}

/** A missing gateway is the first address of the network. */
export function withGateway(conf: BridgeConf, entry: CniIp): CniIp {
	if (entry.gateway !== undefined || !conf.isGateway) return entry;
	return { ...entry, gateway: addrPlus(networkOf(entry.address).addr, 1) };
}

/** `isDefaultGateway` adds a default route per family unless the IPAM result has one. */
export function routesOf(conf: BridgeConf, ips: readonly CniIp[], routes: readonly CniRoute[]): readonly CniRoute[] {
	if (!conf.isDefaultGateway) return routes;
	const all = [...routes];
	for (const { address, gateway } of ips) {
		const dst = cidr(familyOf(address.addr) === "ipv4" ? "0.0.0.0/0" : "::/0");
		const there = all.some((route) => formatCidr(route.dst) === formatCidr(dst));
		if (!there && gateway !== undefined) all.push({ dst, gw: gateway });
	}
	return all;
}

/** Addresses of the gateways on the bridge, and forwarding turned on. */
export function gatewayOps(
	conf: BridgeConf,
	ips: readonly CniIp[],
	state: BridgeState,
): Result<readonly Op[], CniError> {
	if (!conf.isGateway) return ok([]);
	const ops: Op[] = [];
	const families = new Set<IpFamily>();
	for (const { address, gateway } of ips) {
		if (gateway === undefined) continue;
		families.add(familyOf(gateway));
		const own = ensureAddr(conf, { addr: gateway, prefix: address.prefix }, state);
		if (!own.ok) return own;
		ops.push(...own.value);
	}
	for (const family of families) {
		if (state.forwarding.includes(family)) continue;
		ops.push(sysctl(family === "ipv4" ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding", "1"));
	}
	return ok(ops);
}

/** The gateway's address on the bridge, and the bridge's MAC pinned to what it is, so that it does not follow its ports. */
function ensureAddr(conf: BridgeConf, gateway: Cidr, state: BridgeState): Result<readonly Op[], CniError> {
	const family = familyOf(gateway.addr);
	const there = state.addrs.filter(({ dev, addr }) => dev === conf.bridge && familyOf(addr.addr) === family);
	if (there.some(({ addr }) => formatCidr(addr) === formatCidr(gateway))) return ok([]);
	const ops: Op[] = [];
	for (const other of there) {
		if (family === "ipv6" && formatCidr(networkOf(other.addr)) !== formatCidr(networkOf(gateway))) continue;
		if (!conf.forceAddress) {
			const message = `failed to set bridge addr: ${JSON.stringify(conf.bridge)} already has an IP address different from ${formatCidr(gateway)}`;
			return err(pluginError(message));
		}
		ops.push({ verb: "delete", object: other });
	}
	ops.push({ verb: "add", object: addrObject(conf.bridge, gateway) });
	if (state.bridge.mac !== undefined) {
		ops.push({ verb: "replace", object: { kind: "link", name: conf.bridge, mac: state.bridge.mac } });
	}
	return ok(ops);
}

function sysctl(key: string, value: string): Op {
	return { verb: "replace", object: { kind: "sysctl", key, value } };
}
