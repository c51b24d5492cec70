/** VLANs of a bridge (net/bridge/br_vlan.c): which a port is in, what tags its frames have, where frames may go. */
import { ETH_P_8021Q } from "../../wire/ethernet.ts";
import { VLAN_VID_MASK } from "../core/vlan-tag.ts";
import { type NetDevice, perdevice, type Skb } from "../types.ts";
import type { BridgeState } from "./bridge.ts";

/** The VLANs of a port, or of the bridge device itself (`struct net_bridge_vlan_group`). */
export interface VlanMembership {
	/** The VLAN of frames without a tag; 0: they are not let in. */
	pvid: number;
	/** By VLAN ID: whether frames leave without their tag. */
	vlans: ReadonlyMap<number, { readonly untagged: boolean }>;
}

export const vlansOf: (dev: NetDevice) => VlanMembership = perdevice(() => ({ pvid: 0, vlans: new Map() }));

/** Puts a port, or the bridge, into a VLAN, or changes how it is in it (`nbp_vlan_add`, `br_vlan_add`). */
export function vlanAdd(br: BridgeState, dev: NetDevice, vid: number, how: { pvid: boolean; untagged: boolean }): void {
	const own = vlansOf(dev);
	own.vlans = new Map([...own.vlans, [vid, { untagged: how.untagged }] as const].sort(([a], [b]) => a - b));
	if (how.pvid) own.pvid = vid;
	else if (own.pvid === vid) own.pvid = 0;
	br.vlansInUse = true;
	br.fdb.addLocal(dev === br.dev ? undefined : dev, dev.mac, vid);
}

/** Takes it out again; its addresses there are forgotten. */
export function vlanDelete(br: BridgeState, dev: NetDevice, vid: number): void {
	const own = vlansOf(dev);
	if (!own.vlans.has(vid)) return;
	own.vlans = new Map([...own.vlans].filter(([each]) => each !== vid));
	if (own.pvid === vid) own.pvid = 0;
	br.fdb.deleteLocal(dev === br.dev ? undefined : dev, dev.mac, portsIn(br, vid), vid);
	for (const entry of br.fdb.entries()) if (entry.vid === vid && entry.port === dev) br.fdb.delete(entry.mac, vid);
}

/** The first time that VLANs matter, the bridge and its ports are in the default one, as they would have been from the start. */
export function vlansInit(br: BridgeState): void {
	if (br.vlansInUse) return;
	br.vlansInUse = true;
	for (const dev of [br.dev, ...br.ports]) vlanInitDev(br, dev);
}

/** A port joins (`nbp_vlan_init`). */
export function vlanInitDev(br: BridgeState, dev: NetDevice): void {
	if (br.vlansInUse && br.defaultPvid !== 0) vlanAdd(br, dev, br.defaultPvid, { pvid: true, untagged: true });
}

/** A port leaves: it is in no VLAN any more (`nbp_vlan_flush`). */
export function vlanFlush(dev: NetDevice): void {
	const own = vlansOf(dev);
	own.pvid = 0;
	own.vlans = new Map();
}

/** Another default VLAN for those that are in the old one as they were born (`__br_vlan_set_default_pvid`). */
export function setDefaultPvid(br: BridgeState, pvid: number): void {
	const before = br.defaultPvid;
	if (pvid === before) return;
	vlansInit(br);
	br.defaultPvid = pvid;
	for (const dev of [br.dev, ...br.ports]) {
		const own = vlansOf(dev);
		const isBorn = before === 0 || (own.pvid === before && own.vlans.get(before)?.untagged === true);
		if (!isBorn || (pvid !== 0 && own.vlans.has(pvid))) continue;
		if (pvid !== 0) vlanAdd(br, dev, pvid, { pvid: true, untagged: true });
		if (before !== 0) vlanDelete(br, dev, before);
	}
}

/** The VLANs in which a port, or the bridge, has local addresses, 0 for the table of all. */
export function localVids(dev: NetDevice): readonly number[] {
	return [0, ...vlansOf(dev).vlans.keys()];
}

/** The ports in a VLAN; all for 0. */
export function portsIn(br: BridgeState, vid: number): readonly NetDevice[] {
	return vid === 0 ? br.ports : br.ports.filter((port) => vlansOf(port).vlans.has(vid));
}

/** The VLAN of a frame inside the bridge; 0 where it does not tell them apart. */
export function vidOf(skb: Skb): number {
	return skb.vlanFiltered && skb.vlan !== undefined ? skb.vlan.tci & VLAN_VID_MASK : 0;
}

/** Lets a frame in by `dev`, a port or the bridge, and gives it the tag of its VLAN; false: it may not come in (`br_allowed_ingress`). */
export function brAllowedIngress(br: BridgeState, dev: NetDevice, skb: Skb): boolean {
	skb.vlanFiltered = br.vlanFiltering;
	if (!br.vlanFiltering) return true;
	const { pvid, vlans } = vlansOf(dev);
	const vid = skb.vlan === undefined ? 0 : skb.vlan.tci & VLAN_VID_MASK;
	if (vid !== 0) return vlans.has(vid);
	if (pvid === 0) return false;
	skb.vlan = { protocol: ETH_P_8021Q, tci: (skb.vlan?.tci ?? 0) | pvid };
	return true;
}

/** Whether the frame may leave by `dev` (`br_allowed_egress`). */
export function brAllowedEgress(dev: NetDevice, skb: Skb): boolean {
	return !skb.vlanFiltered || vlansOf(dev).vlans.has(vidOf(skb));
}

/** Takes the tag off where the VLAN leaves without (`br_handle_vlan`). */
export function brHandleVlan(dev: NetDevice, skb: Skb): void {
	if (skb.vlanFiltered && vlansOf(dev).vlans.get(vidOf(skb))?.untagged === true) skb.vlan = undefined;
}
