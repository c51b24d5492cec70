/** What a running cluster is: nodes, pods and Services on some kernel, each node and pod in a namespace of its own. */
import type { Kernel } from "../kernel/kernel.ts";
import type { KubeSnapshot } from "../kube/snapshot.ts";
import type { Cidr, IpAddr, MacAddr } from "../wire/addr.ts";
import type { NetworkName } from "./network-name.ts";
import type { ProxyModeName } from "./proxy-mode-name.ts";

/** A node before its network is there. */
export interface NodePlace {
	readonly name: string;
	/** `node/NAME`. */
	readonly netns: string;
	readonly internalIp: IpAddr;
	readonly podCidr: Cidr;
	/** The node network that its address is in: one of `Fabric.subnets`. */
	readonly subnet: Cidr;
}

export interface ClusterNode extends NodePlace {
	/** The CNI bridge, e.g. `cnio0`; it exists once the first pod was added. Absent: the network has none. */
	readonly bridge?: string;
	/** The device that carries packets to other nodes inside others, e.g. `flannel.1`, and the node's address on it. */
	readonly tunnel?: { readonly dev: string; readonly addr: IpAddr };
}

/** A container port that a program answers on. */
export interface ServedPort {
	readonly container: string;
	/** The port's name in the manifest. */
	readonly name?: string;
	readonly port: number;
	readonly protocol: "TCP" | "UDP";
}

export interface ClusterPod {
	readonly namespace: string;
	readonly name: string;
	readonly node: string;
	/** `pod/NS/NAME`; the node's namespace when the pod uses the host's network. */
	readonly netns: string;
	readonly ip: IpAddr;
	readonly hostNetwork: boolean;
	readonly ports: readonly ServedPort[];
	/** Absent for host-network pods. */
	readonly attachment?: Attachment;
}

/** What the CNI ADD of a pod made. */
export interface Attachment {
	readonly containerId: string;
	/** The node's end of the veth pair. */
	readonly hostDevice: string;
	readonly ifName: string;
	readonly address: Cidr;
	readonly gateway?: IpAddr;
	/** MAC address of the container's device, when the kernel told it. */
	readonly mac?: MacAddr;
}

/** One layer-2 network of nodes. */
export interface NodeSubnet {
	readonly net: Cidr;
	/** The switch, and with this address the way out of the network. */
	readonly bridge: string;
	readonly gateway: IpAddr;
}

/** The networks of the nodes and the world beyond their router. */
export interface Fabric {
	/** The namespace of switches and router in one. */
	readonly netns: string;
	/** The networks that nodes are in, in the order of the nodes. */
	readonly subnets: readonly NodeSubnet[];
	readonly outside: { readonly netns: string; readonly ip: IpAddr; readonly gateway: IpAddr };
}

export interface Cluster {
	readonly kernel: Kernel;
	readonly network: NetworkName;
	readonly proxyMode: ProxyModeName;
	/** As given, with the pods' addresses and the EndpointSlices made from them. */
	readonly snapshot: KubeSnapshot;
	readonly nodes: readonly ClusterNode[];
	readonly pods: readonly ClusterPod[];
	readonly fabric: Fabric;
	/** Sentences on what the kernel lacks and nothing here needs. */
	readonly notes: readonly string[];
	/** What the servers in the pods saw, oldest first. */
	readonly visits: readonly Visit[];
	/** Stops the pods' programs; the namespaces stay. */
	stop(): void;
}

/** One request that a program in a pod got. */
export interface Visit {
	/** Nanoseconds of the kernel's clock. */
	readonly at: number;
	readonly netns: string;
	/** `NS/NAME` of the pod. */
	readonly pod: string;
	readonly port: ServedPort;
	/** The client's address as the server saw it. */
	readonly from: { readonly addr: IpAddr; readonly port: number };
	/** The server's own address. */
	readonly to: { readonly addr: IpAddr; readonly port: number };
}

/** Somebody who can send: `pod/NS/NAME`, `node/NAME` or `outside`. */
export type Who =
	| { readonly kind: "pod"; readonly pod: ClusterPod }
	| { readonly kind: "node"; readonly node: ClusterNode }
	| { readonly kind: "outside" };
