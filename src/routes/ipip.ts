/**
 * Pod routes as Calico's BIRD sets them: a route for every block of another node, by that node's address or inside an IPv4
 * packet to it, and a blackhole for the node's own blocks, so that packets to addresses nobody has do not go in circles.
 */
import type { KernelObject } from "../kernel/objects.ts";
import type { KubeSnapshot, NodeFacts } from "../kube/snapshot.ts";
import { addrBits, type Cidr, cidrContains, familyOf } from "../wire/addr.ts";
import { calicoBlocks } from "./calico-blocks.ts";

export const IPIP_DEV = "tunl0";
/** The outer IPv4 header. */
const OVERHEAD_BYTES = 20;

export interface IpipOptions {
	/** The device that leads to the other nodes. */
	readonly dev: string;
	/** Its MTU in bytes. */
	readonly mtu: number;
	/** The network that the node's address is in. */
	readonly subnet: Cidr;
	/** Calico's `ipipMode`. `CrossSubnet`: nodes of the own network are reached without a tunnel. */
	readonly mode: "CrossSubnet" | "Always";
}

/** The tunnel with its address, the first of the node's first block; then the routes. */
export function ipipRoutes(kube: KubeSnapshot, facts: NodeFacts, options: IpipOptions): readonly KernelObject[] {
	const { dev, mtu, subnet, mode } = options;
	const own = calicoBlocks(kube, facts.name);
	const first = own[0];
	if (first === undefined) return [];
	const remote = kube.nodes
		.filter((node) => node.name !== facts.name)
		.flatMap((node): readonly KernelObject[] => {
			const via = node.internalIPs.find((addr) => familyOf(addr) === "ipv4");
			if (via === undefined) return [];
			const direct = mode === "CrossSubnet" && cidrContains(subnet, via);
			const way = direct ? { via, dev } : { via, dev: IPIP_DEV, onlink: true };
			return calicoBlocks(kube, node.name).map((dst) => ({ kind: "route", dst, ...way, protocol: "bird" }));
		});
	return [
		{ kind: "link", name: IPIP_DEV, link: { type: "ipip" }, mtu: mtu - OVERHEAD_BYTES, up: true },
		{ kind: "addr", dev: IPIP_DEV, addr: { addr: first.addr, prefix: addrBits(first.addr) } },
		...own.map((dst): KernelObject => ({ kind: "route", dst, type: "blackhole", protocol: "bird" })),
		...remote,
	];
}

/** Without the tunnel, where no route needs it; undefined: one does. */
export function withoutTunnel(objects: readonly KernelObject[]): readonly KernelObject[] | undefined {
	if (objects.some((object) => object.kind === "route" && object.dev === IPIP_DEV)) return undefined;
	return objects.filter((object) => {
		if (object.kind === "link") return object.name !== IPIP_DEV;
		return object.kind !== "addr" || object.dev !== IPIP_DEV;
	});
}
