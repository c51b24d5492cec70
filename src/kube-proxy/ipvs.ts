/**
 * kube-proxy in IPVS mode, as a pure function: Services and EndpointSlices → virtual services, kube-ipvs0 with its addresses,
 * ipsets, and the fixed chains and rules of one node.
 *
 * Names, rules, their order and their comments are those of kube-proxy 1.36. Where upstream's order is random (the Services)
 * they are sorted by name.
 */
import { compareText } from "../base/compare-text.ts";
import type { IpvsTimeouts } from "../kernel/ipvs.ts";
import type { Addr, KernelObject, Link, Sysctl } from "../kernel/objects.ts";
import { type KubeSnapshot, type NodeFacts, namespacedName } from "../kube/snapshot.ts";
import { cidr, cidrContains, familyOf, type IpAddr, type IpFamily } from "../wire/addr.ts";
import { endpointsOfPort, slicesByService } from "./endpoints.ts";
import {
	DEFAULT_SCHEDULER,
	type IpvsProxyConfig,
	type IpvsSettings,
	isExcluded,
	wantsOldReuseMode,
} from "./ipvs-config.ts";
import { ipvsChains, ipvsJumps } from "./ipvs-rules.ts";
import { type IpvsPlan, type IpvsPort, ipvsPlan } from "./ipvs-services.ts";
import { isKubeProxysSet } from "./ipvs-sets.ts";
import { isLoopback } from "./node-port-addresses.ts";
import { hostCidr } from "./rule.ts";
import { servicePortInfos } from "./service-port.ts";
import { type SyncContext, syncContext } from "./sync-context.ts";

/** The device that owns the virtual addresses; it is never up, and needs not be. */
export const IPVS_DEV = "kube-ipvs0";

/** Of one link only; IPv4 written as IPv6. */
const NOT_OF_A_NODE_V6 = [cidr("fe80::/10"), cidr("::ffff:0:0/96")];

/**
 * Everything that kube-proxy wants to be on the node; what others need comes first. `node.interfaceAddresses` must be without
 * those of kube-ipvs0.
 */
export function desiredIpvs(snapshot: KubeSnapshot, node: NodeFacts, config: IpvsProxyConfig): readonly KernelObject[] {
	const { ipvs = {}, families = ["ipv4"] } = config;
	const objects: KernelObject[] = [kubeIpvs0(), ...ipvsSysctls(ipvs), ...ipvsTimeouts(ipvs)];
	for (const family of families) {
		const context = syncContext(snapshot, node, config, { family, large: false });
		const plan = familyPlan(snapshot, node, { context, scheduler: ipvs.scheduler ?? DEFAULT_SCHEDULER });
		objects.push(...plan.bound.map(boundAddress), ...plan.services, ...plan.destinations, ...plan.sets.sets(family));
		objects.push(...ipvsChains(plan, context), ...ipvsJumps(family));
	}
	return objects;
}

/** Whether an object is kube-proxy's in this mode, so that it goes when it is not desired: not what `excludeCIDRs` covers. */
export function ownsInIpvsMode(object: KernelObject, { ipvs = {}, families = ["ipv4"] }: IpvsProxyConfig): boolean {
	switch (object.kind) {
		case "ipvs-service":
		case "ipvs-destination": {
			if ("fwmark" in object.service) return false;
			return families.includes(object.family) && !isExcluded(object.service.addr, ipvs);
		}
		case "addr":
			return object.dev === IPVS_DEV && families.includes(familyOf(object.addr.addr));
		case "ipset":
			return isKubeProxysSet(object.name);
		default:
			return false;
	}
}

/** The addresses at which virtual services may stand: not loopback ones, nor those of one link only. */
export function isNodeAddress(address: IpAddr, family: IpFamily): boolean {
	if (familyOf(address) !== family || isLoopback(address)) return false;
	return family === "ipv4" || !NOT_OF_A_NODE_V6.some((net) => cidrContains(net, address));
}

/** The addresses of a node's devices without those that kube-ipvs0 has. */
export function nodesOwnAddresses(addresses: readonly Addr[]): readonly IpAddr[] {
	const virtual = new Set(addresses.filter(({ dev }) => dev === IPVS_DEV).map(({ addr }) => addr.addr));
	return [...new Set(addresses.map(({ addr }) => addr.addr))].filter((address) => !virtual.has(address));
}

function familyPlan(
	snapshot: KubeSnapshot,
	node: NodeFacts,
	{ context, scheduler }: { readonly context: SyncContext; readonly scheduler: string },
): IpvsPlan {
	const { family, topology, nodeIP, nodePorts } = context;
	const own = (node.interfaceAddresses ?? node.nodeIPs).filter((address) => isNodeAddress(address, family));
	return ipvsPlan(portsOf(snapshot, family, node.name), {
		family,
		topology,
		scheduler,
		...(nodeIP === undefined ? {} : { nodeIP }),
		ownAddresses: new Set(own),
		nodePortAddresses: nodePorts.all
			? [...new Set(own)]
			: nodePorts.addresses.filter((address) => !isLoopback(address)),
	});
}

function portsOf(snapshot: KubeSnapshot, family: IpFamily, nodeName: string): readonly IpvsPort[] {
	const slices = slicesByService(snapshot.endpointSlices.filter((slice) => slice.family === family));
	const services = snapshot.services.toSorted((a, b) => compareText(namespacedName(a), namespacedName(b)));
	return services.flatMap((service) => {
		const own = slices.get(namespacedName(service)) ?? [];
		const infos = [...servicePortInfos(service, family)].sort((a, b) => compareText(a.name, b.name));
		return infos.map((info) => ({ info, endpoints: endpointsOfPort(own, info, nodeName) }));
	});
}

function kubeIpvs0(): Link {
	return { kind: "link", name: IPVS_DEV, link: { type: "dummy" } };
}

function boundAddress(address: IpAddr): Addr {
	return { kind: "addr", dev: IPVS_DEV, addr: hostCidr(address) };
}

/** `conntrack` lets iptables see what IPVS did; the next two make a destination that is gone be forgotten at once. */
function ipvsSysctls(settings: IpvsSettings): readonly Sysctl[] {
	const values: readonly (readonly [string, string])[] = [
		["net.ipv4.vs.conntrack", "1"],
		...(wantsOldReuseMode(settings) ? [["net.ipv4.vs.conn_reuse_mode", "0"] as const] : []),
		["net.ipv4.vs.expire_nodest_conn", "1"],
		["net.ipv4.vs.expire_quiescent_template", "1"],
		["net.ipv4.ip_forward", "1"],
		...(settings.strictARP === true
			? ([
					["net.ipv4.conf.all.arp_ignore", "1"],
					["net.ipv4.conf.all.arp_announce", "2"],
				] as const)
			: []),
	];
	return values.map(([key, value]) => ({ kind: "sysctl", key, value }));
}

/** One that is not given is 0, which leaves it as it is. */
function ipvsTimeouts(settings: IpvsSettings): readonly IpvsTimeouts[] {
	const { tcpTimeoutSeconds = 0, tcpFinTimeoutSeconds = 0, udpTimeoutSeconds = 0 } = settings;
	if (tcpTimeoutSeconds === 0 && tcpFinTimeoutSeconds === 0 && udpTimeoutSeconds === 0) return [];
	return [
		{
			kind: "ipvs-timeouts",
			tcpSeconds: tcpTimeoutSeconds,
			tcpFinSeconds: tcpFinTimeoutSeconds,
			udpSeconds: udpTimeoutSeconds,
		},
	];
}
