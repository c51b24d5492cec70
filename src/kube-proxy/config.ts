/** kube-proxy's settings, under the names of KubeProxyConfiguration; what is absent has upstream's default. */
import type { Cidr, IpFamily } from "../wire/addr.ts";

export interface KubeProxyConfig {
	/** Default: IPv4 only. */
	readonly families?: readonly IpFamily[];
	/** `clusterCIDR`: where pods' addresses come from; traffic from elsewhere to a cluster IP is masqueraded. */
	readonly clusterCIDRs?: readonly Cidr[];
	/** How traffic of local pods is told apart. Default: by `clusterCIDRs`. */
	readonly detectLocal?: DetectLocal;
	readonly masqueradeAll?: boolean;
	/** 0-31, default 14: the bit of the packet mark that asks for masquerading. */
	readonly masqueradeBit?: number;
	/** The addresses on which node ports answer; empty or absent: all. */
	readonly nodePortAddresses?: "primary" | readonly Cidr[];
	/** Node ports on 127.0.0.1, IPv4 only. Default true. */
	readonly localhostNodePorts?: boolean;
	/** `conntrack.tcpBeLiberal`: then packets of state INVALID are not dropped. */
	readonly conntrackTCPLiberal?: boolean;
	/** Whether the kernel has nfacct objects, which count two rules' packets. Default true. */
	readonly nfacct?: boolean;
	/** Whether iptables knows `MASQUERADE --random-fully`. Default true. */
	readonly randomFully?: boolean;
}

export const DEFAULT_FAMILIES: readonly IpFamily[] = ["ipv4"];

export type DetectLocal =
	| { readonly mode: "ClusterCIDR" }
	| { readonly mode: "NodeCIDR" }
	| { readonly mode: "BridgeInterface"; readonly bridge: string }
	| { readonly mode: "InterfaceNamePrefix"; readonly prefix: string };
