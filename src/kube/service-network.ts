/** Which network Services get their addresses from when nobody says it: one that no node and no pod has addresses in. */
import { addrBits, type Cidr, cidr, cidrContains, familyOf, type IpAddr, lastAddrOf, networkOf } from "../wire/addr.ts";
import type { Node } from "./snapshot.ts";

/** kubeadm's. */
export const DEFAULT_SERVICE_CIDR = "10.96.0.0/12";

/** A network of nodes as sites have it, unless their addresses are further apart. */
const USUAL_PREFIX = 24;
const SHORTEST_PREFIX = 8;

/** The pod networks, and the network around the nodes' addresses. */
export function takenNetworks(nodes: readonly Node[]): readonly Cidr[] {
	const addresses = nodes.flatMap((node) => node.internalIPs);
	const around = nodeNetwork(addresses.filter((address) => familyOf(address) === "ipv4"));
	const others = addresses.filter((address) => familyOf(address) === "ipv6");
	return [
		...nodes.flatMap((node) => node.podCIDRs),
		...(around === undefined ? [] : [around]),
		...others.map((addr) => ({ addr, prefix: addrBits(addr) })),
	];
}

/** The default; where that overlaps, the first private /16 that does not; if all do, the default again. */
export function serviceNetwork(taken: readonly Cidr[]): Cidr {
	const usual = cidr(DEFAULT_SERVICE_CIDR);
	return [usual, ...privateNetworks()].find((net) => !taken.some((other) => overlap(net, other))) ?? usual;
}

/** Those inside the default first. */
function privateNetworks(): readonly Cidr[] {
	const ten = Array.from({ length: 256 }, (_, k) => `10.${(96 + k) % 256}.0.0/16`);
	const middle = Array.from({ length: 16 }, (_, k) => `172.${16 + k}.0.0/16`);
	return [...ten, ...middle, "192.168.0.0/16"].map(cidr);
}

/** As wide as a network needs to be in which none of the nodes has the first or the last address. */
function nodeNetwork(addresses: readonly IpAddr[]): Cidr | undefined {
	const [first] = addresses;
	if (first === undefined) return undefined;
	for (let prefix = USUAL_PREFIX; prefix > SHORTEST_PREFIX; prefix -= 1) {
		const net = networkOf({ addr: first, prefix });
		const last = lastAddrOf(net);
		if (addresses.every((addr) => cidrContains(net, addr) && addr !== net.addr && addr !== last)) return net;
	}
	return networkOf({ addr: first, prefix: SHORTEST_PREFIX });
}

function overlap(a: Cidr, b: Cidr): boolean {
	return cidrContains(a, networkOf(b).addr) || cidrContains(b, networkOf(a).addr);
}
