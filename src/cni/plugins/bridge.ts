/**
 * The bridge plugin as plans: first the bridge, then, when its address is known, the container's attachment to it. Devices,
 * addresses, sysctls and rules are those of the reference plugin, in its order (containernetworking/plugins main/bridge).
 */
import { err, ok, type Result } from "../../base/result.ts";
import type { Op } from "../../kernel/kernel.ts";
import type { Addr, Link } from "../../kernel/objects.ts";
import { addrPlus, type Cidr, cidr, familyOf, formatCidr, networkOf } from "../../wire/addr.ts";
import {
	type CniError,
	type CniIp,
	type CniResult,
	type CniRoute,
	type CniRuntime,
	type Plan,
	pluginError,
} from "../types.ts";
import type { BridgeConf } from "./bridge-conf.ts";
import { addrObject, configureIface, devSysctl } from "./configure-iface.ts";
import type { IpamResult } from "./host-local.ts";
import { masqAdd, masqDel } from "./ip-masq.ts";

/** What the plugin has to know of the node before it plans: a dump of its links and addresses. */
export interface BridgeHost {
	readonly links: readonly Link[];
	readonly addrs: readonly Addr[];
	/** The kernel has `net.ipv6` sysctls; without them upstream ignores that they cannot be set. */
	readonly ipv6: boolean;
}

/** The attachment to make. */
export interface BridgeRequest {
	readonly network: string;
	readonly conf: BridgeConf;
	readonly runtime: CniRuntime;
	/** Absent: layer 2 only. */
	readonly ipam?: IpamResult;
	/** Name of the host's end: `vethName`. */
	readonly hostDevice: string;
}

export interface BridgeAttachment {
	readonly plan: Plan;
	/** MAC addresses are still missing: `withMacs`. */
	readonly result: CniResult;
}

/** A host-side device name: `veth` and 8 hexadecimal digits. */
export function vethName(random32: number): string {
	return `veth${(random32 >>> 0).toString(16).padStart(8, "0")}`;
}

/** Makes the bridge and brings it up; nothing to do when it is there. */
export function bridgeEnsure(conf: BridgeConf, hostNetns: string, host: BridgeHost): Result<Plan, CniError> {
	const found = host.links.find((link) => link.name === conf.bridge);
	if (found !== undefined && found.link?.type !== "bridge") {
		return err(pluginError(`${JSON.stringify(conf.bridge)} already exists but is not a bridge`));
	}
	const ops: Op[] = [];
	if (found === undefined) {
		const mtu = conf.mtu === undefined ? {} : { mtu: conf.mtu };
		ops.push({ verb: "add", object: { kind: "link", name: conf.bridge, link: { type: "bridge" }, ...mtu } });
	}
	if (conf.promiscMode) ops.push({ verb: "replace", object: { kind: "link", name: conf.bridge, promisc: true } });
	if (host.ipv6) ops.push(devSysctl("ipv6", conf.bridge, { key: "accept_ra", value: "0" }));
	if (found?.up !== true) ops.push({ verb: "replace", object: { kind: "link", name: conf.bridge, up: true } });
	return ok(ops.length === 0 ? [] : [{ netns: hostNetns, ops }]);
}

/** ADD: the bridge of `bridgeEnsure` must be in `host`. */
export function bridgeAdd(request: BridgeRequest, host: BridgeHost): Result<BridgeAttachment, CniError> {
	const { conf, runtime } = request;
	const bridge = host.links.find((link) => link.name === conf.bridge);
	if (bridge === undefined) return err(pluginError(`could not lookup ${JSON.stringify(conf.bridge)}: Link not found`));
	const ips = (request.ipam?.ips ?? []).map((entry) => withGateway(conf, entry));
	if (request.ipam !== undefined && ips.length === 0) {
		return err(pluginError("IPAM plugin returned missing IP config"));
	}
	const routes = routesOf(conf, ips, request.ipam?.routes ?? []);
	const gateways = conf.isGateway
		? ips.flatMap(({ address, gateway }) => (gateway === undefined ? [] : [{ addr: gateway, prefix: address.prefix }]))
		: [];
	const bridgeOps: Op[] = [];
	for (const gateway of gateways) {
		const ops = gatewayOps(conf, gateway, { bridge, addrs: host.addrs });
		if (!ops.ok) return ops;
		bridgeOps.push(...ops.value);
	}
	if (gateways.some(({ addr }) => familyOf(addr) === "ipv4")) bridgeOps.push(sysctl("net.ipv4.ip_forward", "1"));
	if (gateways.some(({ addr }) => familyOf(addr) === "ipv6"))
		bridgeOps.push(sysctl("net.ipv6.conf.all.forwarding", "1"));
	if (conf.ipMasq)
		bridgeOps.push(
			...masqAdd(
				owner(request.network, runtime),
				ips.map(({ address }) => address),
			),
		);
	const plan: Plan = [
		{ netns: runtime.netns, ops: [addVeth(request)] },
		{ netns: runtime.hostNetns, ops: hostEndOps(request, host) },
		{ netns: runtime.netns, ops: configureIface(runtime.ifName, ips, { routes, ipv6: host.ipv6 }) },
		{ netns: runtime.hostNetns, ops: bridgeOps },
	];
	const interfaces = [
		{ name: conf.bridge },
		{ name: request.hostDevice },
		{ name: runtime.ifName, sandbox: runtime.netns, ...(conf.mtu === undefined ? {} : { mtu: conf.mtu }) },
	];
	const result: CniResult = {
		cniVersion: "1.1.0",
		interfaces,
		ips: ips.map((entry) => ({ ...entry, interface: 2 })),
		routes,
		dns: Object.keys(conf.dns).length > 0 ? conf.dns : (request.ipam?.dns ?? {}),
	};
	return ok({ plan: plan.filter((part) => part.ops.length > 0), result });
}

/** What DEL removes; `addresses` are those of the container's device, `present` whether the device is still there. */
export interface BridgeRemoval {
	readonly network: string;
	readonly conf: BridgeConf;
	readonly runtime: CniRuntime;
	readonly addresses: readonly Cidr[];
	readonly present: boolean;
}

/** DEL: the device (its peer goes with it), then the masquerading of its addresses. The bridge stays. */
export function bridgeDel(removal: BridgeRemoval): Plan {
	const { runtime, conf, addresses } = removal;
	const masq = conf.ipMasq ? masqDel(owner(removal.network, runtime), addresses) : [];
	const plan: Plan = [
		{
			netns: runtime.netns,
			ops: removal.present ? [{ verb: "delete", object: { kind: "link", name: runtime.ifName } }] : [],
		},
		{ netns: runtime.hostNetns, ops: masq },
	];
	return plan.filter((part) => part.ops.length > 0);
}

/** Fills in the MAC addresses once the devices exist; `links` are those of the host and of the container. */
export function withMacs(
	result: CniResult,
	links: { readonly host: readonly Link[]; readonly container: readonly Link[] },
): CniResult {
	const interfaces = result.interfaces.map((entry) => {
		const side = entry.sandbox === undefined ? links.host : links.container;
		const mac = side.find((link) => link.name === entry.name)?.mac;
		return mac === undefined ? entry : { ...entry, mac };
	});
	return { ...result, interfaces };
}

/** The veth pair is made in the container's namespace, its peer in the host's. */
function addVeth(request: BridgeRequest): Op {
	const { conf, runtime, hostDevice } = request;
	const mac = runtime.mac ?? conf.mac;
	return {
		verb: "add",
		object: {
			kind: "link",
			name: runtime.ifName,
			link: { type: "veth", peer: hostDevice, peerNetns: runtime.hostNetns },
			...(conf.mtu === undefined ? {} : { mtu: conf.mtu }),
			...(mac === undefined ? {} : { mac }),
		},
	};
}

function hostEndOps(request: BridgeRequest, host: BridgeHost): readonly Op[] {
	const { conf, hostDevice: name } = request;
	const port = { hairpin: conf.hairpinMode, ...(conf.portIsolation ? { isolated: true } : {}) };
	return [
		{ verb: "replace", object: { kind: "link", name, up: true } },
		...(host.ipv6 ? [devSysctl("ipv6", name, { key: "accept_ra", value: "0" })] : []),
		{ verb: "replace", object: { kind: "link", name, master: conf.bridge } },
		{ verb: "replace", object: { kind: "link", name, port } },
	];
}

function withGateway(conf: BridgeConf, entry: CniIp): CniIp {
	if (entry.gateway !== undefined || !conf.isGateway) return entry;
	return { ...entry, gateway: addrPlus(networkOf(entry.address).addr, 1) };
}

/** `isDefaultGateway` adds a default route per family unless the IPAM result has one. */
function routesOf(conf: BridgeConf, ips: readonly CniIp[], routes: readonly CniRoute[]): readonly CniRoute[] {
	if (!conf.isDefaultGateway) return routes;
	const all = [...routes];
	for (const { address, gateway } of ips) {
		const dst = cidr(familyOf(address.addr) === "ipv4" ? "0.0.0.0/0" : "::/0");
		const there = all.some((route) => formatCidr(route.dst) === formatCidr(dst));
		if (!there && gateway !== undefined) all.push({ dst, gw: gateway });
	}
	return all;
}

/** The gateway's address on the bridge, and the bridge's MAC pinned to what it is, so that it does not follow its ports. */
function gatewayOps(
	conf: BridgeConf,
	gateway: Cidr,
	state: { readonly bridge: Link; readonly addrs: readonly Addr[] },
): Result<readonly Op[], CniError> {
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

function owner(network: string, runtime: CniRuntime): Parameters<typeof masqAdd>[0] {
	const origin = {
		by: "cni",
		for: runtime.pod === undefined ? `container ${runtime.containerId}` : `Pod ${runtime.pod}`,
	} as const;
	return { network, containerId: runtime.containerId, origin };
}

function sysctl(key: string, value: string): Op {
	return { verb: "replace", object: { kind: "sysctl", key, value } };
}
