/**
 * The bridge plugin as plans: first the bridge, then, when its address is known, the container's attachment to it. Devices,
 * addresses, sysctls and rules are those of the reference plugin, in its order (containernetworking/plugins main/bridge).
 */
import { err, ok, type Result } from "../../base/result.ts";
import type { Op } from "../../kernel/kernel.ts";
import type { Addr, Link } from "../../kernel/objects.ts";
import type { Cidr, IpFamily } from "../../wire/addr.ts";
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
import { gatewayOps, routesOf, withGateway } from "./bridge-gateway.ts";
import { configureIface, devSysctl } from "./configure-iface.ts";
import type { IpamResult } from "./host-local.ts";
import { masqAdd, masqDel, masqOwner } from "./ip-masq.ts";

/** What the plugin has to know of the node before it plans: a dump of its links and addresses. */
export interface BridgeHost {
	readonly links: readonly Link[];
	readonly addrs: readonly Addr[];
	/** The kernel has `net.ipv6` sysctls; without them upstream ignores that they cannot be set. */
	readonly ipv6: boolean;
	/** The families that are already forwarded; the others' sysctl is written when the bridge is a gateway. */
	readonly forwarding: readonly IpFamily[];
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
	const gateway = gatewayOps(conf, ips, { bridge, addrs: host.addrs, forwarding: host.forwarding });
	if (!gateway.ok) return gateway;
	const addresses = ips.map(({ address }) => address);
	const masq = conf.ipMasq ? masqAdd(masqOwner(request.network, runtime), addresses) : [];
	const plan: Plan = [
		{ netns: runtime.netns, ops: [addVeth(request)] },
		{ netns: runtime.hostNetns, ops: hostEndOps(request, host) },
		{
			netns: runtime.netns,
			ops: conf.disableContainerInterface ? [] : configureIface(runtime.ifName, ips, { routes, ipv6: host.ipv6 }),
		},
		{ netns: runtime.hostNetns, ops: [...gateway.value, ...masq] },
	];
	return ok({ plan: plan.filter((part) => part.ops.length > 0), result: resultOf(request, ips, routes) });
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
	const masq = conf.ipMasq ? masqDel(masqOwner(removal.network, runtime), addresses) : [];
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

/** Interfaces in upstream's order: bridge, host end, container end; addresses are the container's. */
function resultOf(request: BridgeRequest, ips: readonly CniIp[], routes: readonly CniRoute[]): CniResult {
	const { conf, runtime } = request;
	const mtu = conf.mtu === undefined ? {} : { mtu: conf.mtu };
	return {
		cniVersion: "1.1.0",
		interfaces: [
			{ name: conf.bridge },
			{ name: request.hostDevice },
			{ name: runtime.ifName, sandbox: runtime.netns, ...mtu },
		],
		ips: ips.map((entry) => ({ ...entry, interface: 2 })),
		routes,
		dns: Object.keys(conf.dns).length > 0 ? conf.dns : (request.ipam?.dns ?? {}),
	};
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
		{
			verb: "replace",
			object: { kind: "link", name, ...(conf.mtu === undefined ? {} : { mtu: conf.mtu }), up: true },
		},
		...(host.ipv6 ? [devSysctl("ipv6", name, { key: "accept_ra", value: "0" })] : []),
		{ verb: "replace", object: { kind: "link", name, master: conf.bridge } },
		{ verb: "replace", object: { kind: "link", name, port } },
	];
}
