/** Where everything is: the nodes' network, its router, the host beyond it; and whether the addresses go together. */
import { err, ok, type Result } from "../base/result.ts";
import type { KubeSnapshot, Node } from "../kube/snapshot.ts";
import { namespacedName } from "../kube/snapshot.ts";
import {
	addrBits,
	addrPlus,
	type Cidr,
	cidr,
	cidrContains,
	familyOf,
	type IpAddr,
	ipNum,
	lastAddrOf,
	networkOf,
} from "../wire/addr.ts";
import type { Fabric, NodePlace, NodeSubnet } from "./cluster.ts";
import type { ClusterError, NamedNet } from "./errors.ts";

export interface Topology {
	readonly fabric: Fabric;
	readonly nodes: readonly NodePlace[];
}

/**
 * Whether nodes may be in several networks. `one-lan`: they are all in one, as wide as their addresses need;
 * `by-address`: those that share a /24 are in one.
 */
export type SubnetRule = "one-lan" | "by-address";

export const FABRIC_NETNS = "fabric";
export const OUTSIDE_NETNS = "outside";

/** Documentation networks (RFC 5737); the first that is free lies beyond the router. */
const OUTSIDE_NETS: readonly Cidr[] = [cidr("203.0.113.0/24"), cidr("198.51.100.0/24"), cidr("192.0.2.0/24")];
/** A network of nodes as sites have it, unless their addresses are further apart. */
const USUAL_PREFIX = 24;
/** Below that, addresses are only by chance in one network. */
const SHORTEST_PREFIX = 8;

export function planTopology(snapshot: KubeSnapshot, rule: SubnetRule = "one-lan"): Result<Topology, ClusterError> {
	const located = locateNodes(snapshot.nodes);
	if (!located.ok) return located;
	const addrs = located.value.map((node) => node.internalIp);
	const networks = nodeNetworks(rule === "one-lan" ? [addrs] : byUsualNet(addrs));
	if (!networks.ok) return networks;
	const subnets = networks.value.map((network, k): NodeSubnet => ({ ...network, bridge: `lan${k}` }));
	const nodes = located.value.flatMap((node): readonly NodePlace[] => {
		const own = subnets.find(({ net }) => cidrContains(net, node.internalIp));
		return own === undefined ? [] : [{ ...node, subnet: own.net }];
	});
	const nets: readonly NamedNet[] = [
		...subnets.map(({ net }) => ({ what: "the node network", net })),
		...nodes.map((node) => ({ what: `the pod network of node ${node.name}`, net: node.podCidr })),
	];
	const outside = OUTSIDE_NETS.find((net) => !nets.some((other) => overlaps(net, other.net))) ?? cidr("203.0.113.0/24");
	const clash =
		firstOverlap([...nets, { what: "the network outside", net: outside }]) ??
		serviceOverlap(snapshot, nets) ??
		addressClash(snapshot, nodes, subnets);
	if (clash !== undefined) return err(clash);
	return ok({
		nodes,
		fabric: {
			netns: FABRIC_NETNS,
			subnets,
			outside: { netns: OUTSIDE_NETNS, ip: addrPlus(outside.addr, 2), gateway: addrPlus(outside.addr, 1) },
		},
	});
}

/** The prefix length of the networks beyond the router. */
export const OUTSIDE_PREFIX = 24;

export function overlaps(a: Cidr, b: Cidr): boolean {
	return cidrContains(a, networkOf(b).addr) || cidrContains(b, networkOf(a).addr);
}

/** The smallest network that holds all of the given ones (of one family). */
export function coveringNet(nets: readonly Cidr[]): Cidr | undefined {
	const first = nets[0];
	if (first === undefined) return undefined;
	let prefix = Math.min(...nets.map((net) => net.prefix));
	while (prefix > 0 && !nets.every((net) => cidrContains({ addr: first.addr, prefix }, net.addr))) prefix -= 1;
	return networkOf({ addr: first.addr, prefix });
}

function locateNodes(nodes: readonly Node[]): Result<readonly Omit<NodePlace, "subnet">[], ClusterError> {
	if (nodes.length === 0) return err({ kind: "no-nodes" });
	const located: Omit<NodePlace, "subnet">[] = [];
	for (const { name, internalIPs, podCIDRs } of nodes) {
		const internalIp = internalIPs.find((addr) => familyOf(addr) === "ipv4");
		if (internalIp === undefined) return err({ kind: "node-address", node: name, addresses: internalIPs });
		const podCidr = podCIDRs.find((net) => familyOf(net.addr) === "ipv4");
		if (podCidr === undefined) return err({ kind: "pod-cidr-missing", node: name });
		located.push({ name, netns: `node/${name}`, internalIp, podCidr });
	}
	return ok(located);
}

type NodeNetwork = Omit<NodeSubnet, "bridge">;

/** A network for each group of addresses; groups whose networks would overlap are one. */
function nodeNetworks(groups: readonly (readonly IpAddr[])[]): Result<readonly NodeNetwork[], ClusterError> {
	const networks: NodeNetwork[] = [];
	for (const [k, addrs] of groups.entries()) {
		const network = nodeNetwork(addrs);
		if (!network.ok) return network;
		const other = networks.findIndex(({ net }) => overlaps(net, network.value.net));
		if (other >= 0) {
			const joined = [...(groups[other] ?? []), ...addrs];
			return nodeNetworks(groups.filter((_, at) => at !== k).with(other, joined));
		}
		networks.push(network.value);
	}
	return ok(networks);
}

function byUsualNet(addrs: readonly IpAddr[]): readonly (readonly IpAddr[])[] {
	const usualNet = (addr: IpAddr): IpAddr => networkOf({ addr, prefix: USUAL_PREFIX }).addr;
	const nets = new Set(addrs.map(usualNet));
	return [...nets].map((net) => addrs.filter((addr) => usualNet(addr) === net));
}

/** The network around the nodes' addresses, wide enough that none of them is its first or last, and a free address in it. */
function nodeNetwork(addrs: readonly IpAddr[]): Result<NodeNetwork, ClusterError> {
	const around = coveringNet(addrs.map((addr) => ({ addr, prefix: addrBits(addr) })));
	if (around === undefined) return err({ kind: "no-nodes" });
	for (let prefix = Math.min(USUAL_PREFIX, around.prefix); prefix >= SHORTEST_PREFIX; prefix -= 1) {
		const net = networkOf({ addr: around.addr, prefix });
		const last = lastAddrOf(net);
		if (addrs.includes(net.addr) || addrs.includes(last)) continue;
		let gateway = addrPlus(net.addr, 1);
		while (addrs.includes(gateway)) gateway = addrPlus(gateway, 1);
		if (ipNum(gateway) < ipNum(last)) return ok({ net, gateway });
	}
	return err({ kind: "no-gateway", nodeSubnet: around });
}

function firstOverlap(nets: readonly NamedNet[]): ClusterError | undefined {
	for (const [k, a] of nets.entries()) {
		const b = nets.slice(k + 1).find((other) => overlaps(a.net, other.net));
		if (b !== undefined) return { kind: "overlap", a, b };
	}
	return undefined;
}

/** A cluster IP must be nobody's real address; external IPs may well be a node's. */
function serviceOverlap(snapshot: KubeSnapshot, nets: readonly NamedNet[]): ClusterError | undefined {
	for (const service of snapshot.services) {
		for (const addr of service.clusterIPs) {
			const b = nets.find(({ net }) => cidrContains(net, addr));
			if (b === undefined) continue;
			const net = { addr, prefix: addrBits(addr) };
			return { kind: "overlap", a: { what: `the cluster IP of Service ${namespacedName(service)}`, net }, b };
		}
	}
	return undefined;
}

function addressClash(
	snapshot: KubeSnapshot,
	nodes: Topology["nodes"],
	subnets: readonly NodeSubnet[],
): ClusterError | undefined {
	const holders = new Map<IpAddr, string>(subnets.map(({ gateway }) => [gateway, "the nodes' gateway"]));
	const claims = [
		...nodes.map((node) => ({ addr: node.internalIp, holder: `Node ${node.name}` })),
		...snapshot.services.flatMap((service) =>
			service.clusterIPs.map((addr) => ({ addr, holder: `Service ${namespacedName(service)}` })),
		),
		...snapshot.pods
			.filter((pod) => !pod.hostNetwork)
			.flatMap((pod) => pod.podIPs.map((addr) => ({ addr, holder: `Pod ${namespacedName(pod)}` }))),
	];
	for (const { addr, holder } of claims) {
		const other = holders.get(addr);
		if (other !== undefined) return { kind: "address-clash", addr, holders: [other, holder] };
		holders.set(addr, holder);
	}
	return undefined;
}
