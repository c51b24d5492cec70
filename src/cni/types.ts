/** The words of the CNI specification 1.1: runtime arguments, results, errors, and what a plugin here returns, a plan. */
import type { Op } from "../kernel/kernel.ts";
import type { Cidr, IpAddr, MacAddr } from "../wire/addr.ts";

/** What a container runtime tells a plugin (CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME, CNI_ARGS). */
export interface CniRuntime {
	readonly containerId: string;
	/** Name of the container's namespace at the port. */
	readonly netns: string;
	readonly ifName: string;
	/** Name of the namespace the plugin itself runs in: the node's. */
	readonly hostNetns: string;
	/** Addresses asked for, as `runtimeConfig.ips` carries them. */
	readonly ips?: readonly IpAddr[];
	/** `runtimeConfig.mac`. */
	readonly mac?: MacAddr;
	/** `NS/NAME` of the pod, for the origin of rules; the container id when absent. */
	readonly pod?: string;
}

/** Spec §Error: codes 1–99 are the specification's, 100 and above the plugin's; 999 is what skel gives to plain errors. */
export interface CniError {
	readonly code: number;
	readonly message: string;
	readonly details?: string;
}

export interface CniInterface {
	readonly name: string;
	/** Known once the device exists: `withMacs`. */
	readonly mac?: MacAddr;
	readonly mtu?: number;
	/** The container's namespace; absent for devices of the host. */
	readonly sandbox?: string;
	/** vhost-user and the like: a path; an SR-IOV device's address on its bus. */
	readonly socketPath?: string;
	readonly pciID?: string;
}

export interface CniIp {
	readonly address: Cidr;
	readonly gateway?: IpAddr;
	/** Index into `interfaces`; absent in an IPAM result. */
	readonly interface?: number;
}

export interface CniRoute {
	readonly dst: Cidr;
	readonly gw?: IpAddr;
	readonly mtu?: number;
	readonly advmss?: number;
	readonly priority?: number;
	readonly table?: number;
	/** The kernel's number: 0 global, 253 link, 254 host. */
	readonly scope?: number;
}

export interface CniDns {
	readonly nameservers?: readonly string[];
	readonly domain?: string;
	readonly search?: readonly string[];
	readonly options?: readonly string[];
}

/** The success result of ADD, as spec 1.1.0 has it. */
export interface CniResult {
	readonly cniVersion: "1.1.0";
	readonly interfaces: readonly CniInterface[];
	readonly ips: readonly CniIp[];
	readonly routes: readonly CniRoute[];
	readonly dns: CniDns;
}

/** Operations of one namespace; the parts of a plan are carried out in order, each as one transaction. */
export interface PlanPart {
	readonly netns: string;
	readonly ops: readonly Op[];
	/**
	 * It uses addresses of the parts before as sources. IPv6's can be used only a moment later (duplicate address detection
	 * is done by a work queue even where it is off); until then the kernel says EINVAL, and one tries again.
	 */
	readonly settled?: true;
}

export type Plan = readonly PlanPart[];

/** An error that a plugin returned as plain text: skel reports it with code 999. */
export function pluginError(message: string): CniError {
	return { code: 999, message };
}
