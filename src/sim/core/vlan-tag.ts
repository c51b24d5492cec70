/** VLAN tags between the frame's bytes and the note beside them (net/core/skbuff.c: skb_vlan_untag, __vlan_insert_tag). */
import { ETH_HLEN, ETH_P_8021Q } from "../../wire/ethernet.ts";
import { get16, put16 } from "../../wire/read-write.ts";
import { pushSkb } from "../skb.ts";
import type { Skb } from "../types.ts";

export const VLAN_HLEN = 4;
export const ETH_P_8021AD = 0x88a8;
export const VLAN_VID_MASK = 0xfff;
const MACS = 12;

export function isVlanProtocol(type: number): boolean {
	return type === ETH_P_8021Q || type === ETH_P_8021AD;
}

/** Puts the noted tag into the frame, whose Ethernet header is at `data`; for devices that know nothing of the note. */
export function pushVlanTag(skb: Skb): void {
	const { vlan } = skb;
	if (vlan === undefined) return;
	pushSkb(skb, VLAN_HLEN);
	const { bytes, data } = skb;
	bytes.copyWithin(data, data + VLAN_HLEN, data + VLAN_HLEN + MACS);
	put16(bytes, data + MACS, vlan.protocol);
	put16(bytes, data + MACS + 2, vlan.tci);
	skb.mac = data;
	skb.network = data + ETH_HLEN;
	skb.protocol = vlan.protocol;
	skb.vlan = undefined;
}

/** Takes the outermost tag out of the frame at `mac` and notes it; false: there is none, or the frame is too short for it. */
export function untagVlan(skb: Skb): boolean {
	const { bytes, mac, end } = skb;
	if (!isVlanProtocol(skb.protocol) || end - mac < ETH_HLEN + VLAN_HLEN) return false;
	skb.vlan = { protocol: skb.protocol, tci: get16(bytes, mac + ETH_HLEN) };
	skb.protocol = get16(bytes, mac + ETH_HLEN + 2);
	bytes.copyWithin(mac + VLAN_HLEN, mac, mac + MACS);
	skb.mac = mac + VLAN_HLEN;
	skb.data = skb.mac;
	return true;
}
