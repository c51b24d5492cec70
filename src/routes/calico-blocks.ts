/** The blocks of addresses that Calico's IPAM gives to nodes; routes go by block. */
import type { KubeSnapshot } from "../kube/snapshot.ts";
import { type Cidr, cidrContains, familyOf, formatCidr, networkOf } from "../wire/addr.ts";

/** Calico's default `blockSize` of IPv4. */
const BLOCK_PREFIX = 26;

/**
 * The blocks of a node in the order in which they were taken: the first of its pod network, which has the tunnel's address,
 * and those that its pods' addresses are in. (Calico takes blocks anywhere in its pool; here a node's are in its pod CIDR.)
 */
export function calicoBlocks(kube: KubeSnapshot, name: string): readonly Cidr[] {
	const node = kube.nodes.find((candidate) => candidate.name === name);
	const podNet = node?.podCIDRs.find((net) => familyOf(net.addr) === "ipv4");
	if (podNet === undefined) return [];
	const prefix = Math.max(BLOCK_PREFIX, podNet.prefix);
	const own = kube.pods
		.filter((pod) => pod.node === name && !pod.hostNetwork)
		.flatMap((pod) => pod.podIPs.filter((addr) => cidrContains(podNet, addr)));
	const blocks = [podNet.addr, ...own].map((addr) => networkOf({ addr, prefix }));
	return [...new Map(blocks.map((block) => [formatCidr(block), block])).values()];
}
