/** The names of the networks that a cluster can have. */

/** How pods get to each other: `NETWORKS` says what each means. */
export type NetworkName = "bridge" | "host-gw" | "flannel-vxlan" | "calico" | "calico-ipip";

export const NETWORK_NAMES: readonly NetworkName[] = ["bridge", "calico", "calico-ipip", "flannel-vxlan", "host-gw"];

/** CNI's bridge plugin and routes by the other nodes' addresses. */
export const DEFAULT_NETWORK: NetworkName = "bridge";
