/** Devices that stand on another one (VLAN, macvlan): they share its cable and go with it (`netdev_upper_dev_link`). */
import { type NetDevice, perdevice } from "../types.ts";

/** In order of creation. */
export const uppersOf: (dev: NetDevice) => Set<NetDevice> = perdevice(() => new Set());

/** What `dev` is to do with frames of a VLAN, by protocol and ID. */
export const vlanGroup: (dev: NetDevice) => Map<number, NetDevice> = perdevice(() => new Map());

export function vlanKey(protocol: number, id: number): number {
	return protocol * 4096 + id;
}
