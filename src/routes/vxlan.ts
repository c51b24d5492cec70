/**
 * Pod routes through VXLAN, as flannel's `vxlan` backend sets them: one device per node, and for every other node a route
 * to its pod network, the MAC address of its device, and the node behind which that address is. Nothing is learnt or asked.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { hex, utf8Encode } from "../base/bytes.ts";
import type { KernelObject } from "../kernel/objects.ts";
import type { KubeSnapshot, Node, NodeFacts } from "../kube/snapshot.ts";
import { addrBits, type Cidr, familyOf, type IpAddr, type MacAddr, mac } from "../wire/addr.ts";

/** VXLAN network identifier 1. */
export const FLANNEL_DEV = "flannel.1";
/** Linux's port, not the standard's 4789. */
const PORT = 8472;
/** Outer Ethernet, IPv4, UDP and VXLAN headers. */
const OVERHEAD_BYTES = 50;

export interface VxlanOptions {
	/** The device that outer packets leave by. */
	readonly dev: string;
	/** Its MTU in bytes. */
	readonly mtu: number;
}

/** The node's device with its address, and what it must know of each other node; a node without IPv4 has nothing. */
export function vxlanRoutes(kube: KubeSnapshot, facts: NodeFacts, options: VxlanOptions): readonly KernelObject[] {
	const self = kube.nodes.find((node) => node.name === facts.name);
	const own = self === undefined ? undefined : vtepOf(self);
	if (own === undefined) return [];
	const { dev, mtu } = options;
	const link = { type: "vxlan", id: 1, dev, local: own.nodeIp, port: PORT, learning: false } as const;
	return [
		{ kind: "link", name: FLANNEL_DEV, link, mac: own.mac, mtu: mtu - OVERHEAD_BYTES, up: true },
		{ kind: "addr", dev: FLANNEL_DEV, addr: { addr: own.podNet.addr, prefix: addrBits(own.podNet.addr) } },
		...kube.nodes.filter((node) => node.name !== facts.name).flatMap(remoteObjects),
	];
}

/** Flannel draws it at random and publishes it on its Node; here it follows from the name, so that all know it. */
export function vtepMac(node: string): MacAddr {
	const digest = sha256(utf8Encode(`vtep ${node}`)).slice(0, 6);
	// Locally administered, of one host.
	digest[0] = ((digest[0] ?? 0) & 0xfc) | 0x02;
	return mac(hex(digest).replace(/..(?!$)/g, "$&:"));
}

interface Vtep {
	readonly mac: MacAddr;
	readonly nodeIp: IpAddr;
	readonly podNet: Cidr;
}

function vtepOf({ name, internalIPs, podCIDRs }: Node): Vtep | undefined {
	const nodeIp = internalIPs.find((addr) => familyOf(addr) === "ipv4");
	const podNet = podCIDRs.find((net) => familyOf(net.addr) === "ipv4");
	return nodeIp === undefined || podNet === undefined ? undefined : { mac: vtepMac(name), nodeIp, podNet };
}

/** Flannel's order: the route comes last, so that nobody asks for the gateway's MAC address. */
function remoteObjects(node: Node): readonly KernelObject[] {
	const vtep = vtepOf(node);
	if (vtep === undefined) return [];
	const { podNet: dst, nodeIp } = vtep;
	return [
		{ kind: "neigh", dev: FLANNEL_DEV, addr: dst.addr, mac: vtep.mac, state: "PERMANENT" },
		{ kind: "fdb", dev: FLANNEL_DEV, mac: vtep.mac, dst: nodeIp, state: "permanent" },
		{ kind: "route", dst, via: dst.addr, dev: FLANNEL_DEV, onlink: true, protocol: "boot" },
	];
}
