/** Why a cluster cannot be built. */
import type { KernelError } from "../kernel/kernel.ts";
import type { KernelObject } from "../kernel/objects.ts";
import type { SocketError } from "../kernel/socket.ts";
import { NO_NODES } from "../kube/manifest-error.ts";
import { type Cidr, formatCidr, type IpAddr } from "../wire/addr.ts";

/** A network and whose it is, e.g. `pod network of node slave1`. */
export interface NamedNet {
	readonly what: string;
	readonly net: Cidr;
}

export type ClusterError =
	| { readonly kind: "no-nodes" }
	/** The node has no InternalIP that podwire can use. */
	| { readonly kind: "node-address"; readonly node: string; readonly addresses: readonly string[] }
	| { readonly kind: "pod-cidr-missing"; readonly node: string }
	/** `room` is how many pods its addresses are enough for. */
	| {
			readonly kind: "pod-cidr-too-small";
			readonly node: string;
			readonly podCidr: Cidr;
			readonly pods: number;
			readonly room: number;
	  }
	| { readonly kind: "overlap"; readonly a: NamedNet; readonly b: NamedNet }
	/** The nodes' addresses leave no room for a router in one network; `nodeSubnet` is the smallest that covers them. */
	| { readonly kind: "no-gateway"; readonly nodeSubnet: Cidr }
	/** The network needs the pods in a network of their own, and no network around them is without others. */
	| { readonly kind: "pod-network"; readonly network: string; readonly podCidrs: readonly Cidr[] }
	| { readonly kind: "address-clash"; readonly addr: IpAddr; readonly holders: readonly string[] }
	/** `status.podIP` of a pod is not an address its node can give. */
	| {
			readonly kind: "pod-address";
			readonly pod: string;
			readonly node: string;
			readonly addr: string;
			readonly why: string;
	  }
	/** `spec.nodeName` names no node. */
	| { readonly kind: "unknown-node"; readonly pod: string; readonly node: string; readonly nodes: readonly string[] }
	/** The CNI configuration, or a plugin, failed; `path` is a JSON path into the configuration. */
	| {
			readonly kind: "cni";
			readonly node: string;
			readonly pod?: string;
			readonly path?: string;
			readonly message: string;
	  }
	| { readonly kind: "kernel"; readonly netns: string; readonly error: KernelError; readonly object?: KernelObject }
	| { readonly kind: "socket"; readonly pod: string; readonly port: number; readonly error: SocketError };

/** One sentence. */
export function formatClusterError(error: ClusterError): string {
	switch (error.kind) {
		case "no-nodes":
			return NO_NODES;
		case "node-address":
			return `Node ${error.node}: no IPv4 InternalIP (it has ${error.addresses.join(", ") || "no address at all"})`;
		case "pod-cidr-missing":
			return `Node ${error.node}: spec.podCIDR is missing or not IPv4, so its pods cannot get addresses`;
		case "pod-cidr-too-small":
			return `Node ${error.node}: pod CIDR ${formatCidr(error.podCidr)} is too small: it has room for ${error.room} pods, and ${error.pods} run there`;
		case "overlap":
			return `${error.a.what} ${formatCidr(error.a.net)} overlaps ${error.b.what} ${formatCidr(error.b.net)}`;
		case "no-gateway":
			return `the nodes' addresses do not fit into one network with room for a router (the smallest around them is ${formatCidr(error.nodeSubnet)}); networks with a tunnel (--network calico, flannel-vxlan) work across several`;
		case "pod-network":
			return `network ${error.network} needs all pods in one network, and none around ${error.podCidrs.map(formatCidr).join(", ")} is without nodes or others`;
		case "address-clash":
			return `address ${error.addr} belongs to ${error.holders.join(" and to ")}`;
		case "pod-address":
			return `Pod ${error.pod}: status.podIP ${error.addr} cannot be given on Node ${error.node}: ${error.why}`;
		case "unknown-node":
			return `Pod ${error.pod}: spec.nodeName ${error.node} is none of the nodes ${error.nodes.join(", ")}`;
		case "cni": {
			const where = [`Node ${error.node}`, error.pod === undefined ? undefined : `Pod ${error.pod}`, error.path];
			return `CNI: ${[...where, error.message].filter((part) => part !== undefined).join(": ")}`;
		}
		case "kernel": {
			const object = error.object === undefined ? "" : ` (${JSON.stringify(error.object)})`;
			return `${error.netns}: ${error.error.errno}: ${error.error.message}${object}`;
		}
		case "socket":
			return `Pod ${error.pod}: port ${error.port}: ${error.error.errno}: ${error.error.message}`;
	}
}
