/** Settings of kube-proxy's IPVS mode, under the names of KubeProxyConfiguration's `ipvs`; what is absent has upstream's default. */
import { type Cidr, cidrContains, familyOf, type IpAddr } from "../wire/addr.ts";
import type { KubeProxyConfig } from "./config.ts";

export interface IpvsSettings {
	/** One for all virtual services, as the kernel names it. Default `rr`. */
	readonly scheduler?: string;
	/** Virtual services with such an address are somebody else's and stay as they are. */
	readonly excludeCIDRs?: readonly Cidr[];
	/** Answer ARP for an address only on the device that has it, so that other nodes do not hear of kube-ipvs0's. */
	readonly strictARP?: boolean;
	/** Seconds; absent or 0: the kernel's own. */
	readonly tcpTimeoutSeconds?: number;
	readonly tcpFinTimeoutSeconds?: number;
	readonly udpTimeoutSeconds?: number;
	/** How often everything is looked after, and the least time between two looks; seconds. */
	readonly syncPeriodSeconds?: number;
	readonly minSyncPeriodSeconds?: number;
	/** Of the node's kernel; those from 4.1 to 5.8 get `conn_reuse_mode=0`. Absent: a newer one. */
	readonly kernelVersion?: KernelVersion;
}

export interface KernelVersion {
	readonly major: number;
	readonly minor: number;
}

export interface IpvsProxyConfig extends KubeProxyConfig {
	readonly ipvs?: IpvsSettings;
}

export const DEFAULT_SCHEDULER = "rr";

/** Whether a virtual service of this address is left alone. */
export function isExcluded(address: IpAddr, { excludeCIDRs = [] }: IpvsSettings): boolean {
	return excludeCIDRs.some((net) => familyOf(net.addr) === familyOf(address) && cidrContains(net, address));
}

/** New flows over an old client port count as the same connection: kernels from 4.1 on before 5.9 need it said. */
export function wantsOldReuseMode({ kernelVersion }: IpvsSettings): boolean {
	if (kernelVersion === undefined) return false;
	const { major, minor } = kernelVersion;
	const number = major * 1000 + minor;
	return number >= 4001 && number < 5009;
}
