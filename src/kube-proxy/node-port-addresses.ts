/** `nodePortAddresses`: on which of the node's addresses node ports answer. */
import type { NodeFacts } from "../kube/snapshot.ts";
import { type Cidr, cidr, cidrContains, familyOf, type IpAddr, type IpFamily, ip } from "../wire/addr.ts";
import type { KubeProxyConfig } from "./config.ts";
import { hostCidr } from "./rule.ts";

export type NodePortAddresses =
	/** Every local address, whatever the node has. */
	{ readonly all: true } | { readonly all: false; readonly addresses: readonly IpAddr[] };

const LOOPBACK_V4 = ip("127.0.0.1");
const LOOPBACK_V6 = ip("::1");
const LOOPBACK_NET_V4 = cidr("127.0.0.0/8");

export function nodePortAddresses(config: KubeProxyConfig, node: NodeFacts, family: IpFamily): NodePortAddresses {
	const nets = configuredNets(config, node, family);
	if (nets.length === 0 || nets.some((net) => net.prefix === 0)) return { all: true };
	const own = node.interfaceAddresses ?? [...node.nodeIPs, LOOPBACK_V4, LOOPBACK_V6];
	const addresses = own.filter((address) => nets.some((net) => cidrContains(net, address)));
	return { all: false, addresses: [...new Set(addresses)] };
}

/** Whether node ports are wanted on 127.0.0.1. */
export function containsIpv4Loopback(config: KubeProxyConfig, node: NodeFacts): boolean {
	const nets = configuredNets(config, node, "ipv4");
	if (nets.length === 0) return true;
	return nets.some(
		(net) => net.prefix === 0 || cidrContains(LOOPBACK_NET_V4, net.addr) || cidrContains(net, LOOPBACK_V4),
	);
}

export function isLoopback(address: IpAddr): boolean {
	return address === LOOPBACK_V6 || cidrContains(LOOPBACK_NET_V4, address);
}

function configuredNets(config: KubeProxyConfig, node: NodeFacts, family: IpFamily): readonly Cidr[] {
	const configured = config.nodePortAddresses ?? [];
	const nets = configured === "primary" ? node.nodeIPs.filter((one) => !isLoopback(one)).map(hostCidr) : configured;
	return nets.filter((net) => familyOf(net.addr) === family);
}
