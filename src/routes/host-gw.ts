/**
 * Pod routes by host gateway: every other node's pod network by that node's own address, as flannel's `host-gw` backend
 * sets them. It works where all nodes share one layer-2 network; a node elsewhere makes its route fail with ENETUNREACH.
 */
import type { KernelObject } from "../kernel/objects.ts";
import type { KubeSnapshot, NodeFacts } from "../kube/snapshot.ts";
import { familyOf } from "../wire/addr.ts";

export interface HostGwOptions {
	/** The device that leads to the other nodes, e.g. `eth0`. */
	readonly dev: string;
}

/** One route per pod network and other node; like flannel's without a protocol of their own (`boot`). */
export function hostGwRoutes(kube: KubeSnapshot, facts: NodeFacts, options: HostGwOptions): readonly KernelObject[] {
	return kube.nodes
		.filter((node) => node.name !== facts.name)
		.flatMap((node) =>
			node.podCIDRs.flatMap((dst): readonly KernelObject[] => {
				const via = node.internalIPs.find((addr) => familyOf(addr) === familyOf(dst.addr));
				return via === undefined ? [] : [{ kind: "route", dst, via, dev: options.dev, protocol: "boot" }];
			}),
		);
}
