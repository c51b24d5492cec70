/** What each network of a cluster consists of: its CNI configuration, and the objects that its agent keeps on every node. */
import type { KernelObject, KernelObjectKind } from "../kernel/objects.ts";
import type { KubeSnapshot, NodeFacts } from "../kube/snapshot.ts";
import { calicoRules } from "../routes/calico-rules.ts";
import { flannelRules } from "../routes/flannel-rules.ts";
import { hostGwRoutes } from "../routes/host-gw.ts";
import { IPIP_DEV, ipipRoutes } from "../routes/ipip.ts";
import { FLANNEL_DEV, vxlanRoutes } from "../routes/vxlan.ts";
import type { Cidr } from "../wire/addr.ts";
import type { NodePlace } from "./cluster.ts";
import { BRIDGE_CNI_CONF, CALICO_CNI_CONF, FLANNEL_CNI_CONF } from "./cni-conf.ts";
import { NODE_DEV, NODE_MTU } from "./fabric.ts";
import type { NetworkName } from "./network-name.ts";
import type { SubnetRule } from "./topology.ts";

/** A node as its network's agent sees it. */
export interface NetworkSite {
	readonly kube: KubeSnapshot;
	readonly facts: NodeFacts;
	readonly place: NodePlace;
	/** The network of all pods; undefined where no network holds the pods alone. */
	readonly podNetwork: Cidr | undefined;
}

export interface ClusterNetwork {
	readonly subnets: SubnetRule;
	/** With places to fill in, see `nodeCniConf`. */
	readonly cniConf: string;
	/** The MTU in bytes that is left to pods. */
	readonly podMtu: number;
	/** All pods' addresses must be in one network that nobody else is in. */
	readonly needsPodNetwork: boolean;
	/** The tunnel, whose address is the first of the node's pod network. */
	readonly tunnel?: string;
	/** What `owns` may say yes to besides chains, and what must be seen to keep `desired`. */
	readonly kinds: readonly KernelObjectKind[];
	desired(site: NetworkSite): readonly KernelObject[];
	/** Whether the agent keeps this object, so that it may go. */
	owns(object: KernelObject, kube: KubeSnapshot): boolean;
}

/** Outer Ethernet, IPv4, UDP and VXLAN headers; an outer IPv4 header. */
const VXLAN_BYTES = 50;
const IPIP_BYTES = 20;

export const NETWORKS: Readonly<Record<NetworkName, ClusterNetwork>> = {
	bridge: {
		subnets: "one-lan",
		cniConf: BRIDGE_CNI_CONF,
		podMtu: NODE_MTU,
		needsPodNetwork: false,
		kinds: ["route"],
		desired: ({ kube, facts }) => hostGwRoutes(kube, facts, { dev: NODE_DEV }),
		owns: isRouteByNode,
	},
	"host-gw": {
		subnets: "one-lan",
		cniConf: FLANNEL_CNI_CONF,
		podMtu: NODE_MTU,
		needsPodNetwork: true,
		kinds: ["route"],
		desired: (site) => [...hostGwRoutes(site.kube, site.facts, { dev: NODE_DEV }), ...rulesOfFlannel(site)],
		owns: (object, kube) => isRouteByNode(object, kube) || hasChainOf(object, "FLANNEL-"),
	},
	"flannel-vxlan": {
		subnets: "by-address",
		cniConf: FLANNEL_CNI_CONF,
		podMtu: NODE_MTU - VXLAN_BYTES,
		needsPodNetwork: true,
		tunnel: FLANNEL_DEV,
		kinds: ["link", "addr", "route", "neigh", "fdb"],
		desired: (site) => [
			...vxlanRoutes(site.kube, site.facts, { dev: NODE_DEV, mtu: NODE_MTU }),
			...rulesOfFlannel(site),
		],
		owns: (object) => isOnFlannelDev(object) || hasChainOf(object, "FLANNEL-"),
	},
	calico: calico("CrossSubnet"),
	"calico-ipip": calico("Always"),
};

function calico(mode: "CrossSubnet" | "Always"): ClusterNetwork {
	return {
		subnets: "by-address",
		cniConf: CALICO_CNI_CONF,
		podMtu: NODE_MTU - IPIP_BYTES,
		needsPodNetwork: true,
		tunnel: IPIP_DEV,
		kinds: ["link", "addr", "route", "ipset"],
		desired: ({ kube, facts, place, podNetwork }) => [
			...ipipRoutes(kube, facts, { dev: NODE_DEV, mtu: NODE_MTU, subnet: place.subnet, mode }),
			...(podNetwork === undefined ? [] : calicoRules(podNetwork)),
		],
		owns: (object) => isBirds(object) || hasChainOf(object, "cali-"),
	};
}

function rulesOfFlannel({ place, podNetwork }: NetworkSite): readonly KernelObject[] {
	return podNetwork === undefined ? [] : flannelRules({ network: podNetwork, podNet: place.podCidr });
}

function isRouteByNode(object: KernelObject, kube: KubeSnapshot): boolean {
	if (object.kind !== "route" || object.dst.prefix === 0) return false;
	return kube.nodes.some(({ internalIPs }) => object.via !== undefined && internalIPs.includes(object.via));
}

/** Its addresses are given when the device is made; the kernel's own routes are not flanneld's. */
function isOnFlannelDev(object: KernelObject): boolean {
	switch (object.kind) {
		case "neigh":
			return object.dev === FLANNEL_DEV && object.state === "PERMANENT";
		case "fdb":
			return object.dev === FLANNEL_DEV && object.dst !== undefined;
		case "route":
			return object.dev === FLANNEL_DEV && object.protocol !== "kernel";
		default:
			return false;
	}
}

function isBirds(object: KernelObject): boolean {
	return object.kind === "route" && object.protocol === "bird";
}

/** A chain with such a name, or a jump to one. */
function hasChainOf(object: KernelObject, prefix: string): boolean {
	if (object.kind === "xt-chain") return object.chain.startsWith(prefix);
	if (object.kind !== "xt-rule") return false;
	const { target } = object.rule;
	return target.kind === "jump" && target.chain.startsWith(prefix);
}
