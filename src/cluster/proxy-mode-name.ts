/** The names of the modes in which a cluster's kube-proxy can run. */

/** How kube-proxy makes Services work: `PROXY_MODES` (proxy-mode.ts) says what each means. */
export type ProxyModeName = "iptables" | "ipvs";

export const PROXY_MODE_NAMES: readonly ProxyModeName[] = ["iptables", "ipvs"];

export const DEFAULT_PROXY_MODE: ProxyModeName = "iptables";
