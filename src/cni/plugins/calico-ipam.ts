/** Addresses as Calico's IPAM gives them: the lowest that is free of the node's, each pod's a network of its own. */
import { err, ok, type Result } from "../../base/result.ts";
import { addrBits, addrPlus, type Cidr, cidrContains, formatCidr, type IpAddr, lastAddrOf } from "../../wire/addr.ts";
import { type CniError, pluginError } from "../types.ts";
import type { IpamStore, Reservation } from "./host-local.ts";

export interface CalicoIpamRequest extends Reservation {
	/** The node's part of the pool. Its first address is the tunnel's. */
	readonly podNet: Cidr;
	/** The address that the pod asks for (annotation `cni.projectcalico.org/ipAddrs`). */
	readonly asked?: IpAddr;
}

export interface CalicoIpamOutcome {
	readonly result: Result<Cidr, CniError>;
	readonly store: IpamStore;
}

/** One address with a full prefix length. */
export function calicoIpamAdd(request: CalicoIpamRequest, store: IpamStore): CalicoIpamOutcome {
	const { podNet, asked, containerId, ifName } = request;
	const refuse = (message: string): CalicoIpamOutcome => ({ result: err(pluginError(message)), store });
	if (asked !== undefined) {
		if (!cidrContains(podNet, asked))
			return refuse(`IP address ${asked} is not in the node's pool ${formatCidr(podNet)}`);
		if (asked === podNet.addr) return refuse(`IP address ${asked} is the node's tunnel's`);
		if (store.reservations.has(asked)) return refuse(`Address already assigned in block: ${asked}`);
	}
	const addr = asked ?? firstFree(podNet, store);
	if (addr === undefined) return refuse(`no IP addresses available in pool ${formatCidr(podNet)}`);
	const reservations = new Map(store.reservations).set(addr, { containerId, ifName });
	return { result: ok({ addr, prefix: addrBits(addr) }), store: { ...store, reservations } };
}

/** How many pods a node's pool is enough for. */
export function calicoIpamRoom(podNet: Cidr): number {
	return 2 ** (addrBits(podNet.addr) - podNet.prefix) - 1;
}

function firstFree(podNet: Cidr, store: IpamStore): IpAddr | undefined {
	const last = lastAddrOf(podNet);
	for (let addr = podNet.addr; addr !== last; ) {
		addr = addrPlus(addr, 1);
		if (!store.reservations.has(addr)) return addr;
	}
	return undefined;
}
