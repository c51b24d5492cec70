/** Making, copying and growing packets. */
import { type Machine, SKB_HEADROOM, Skb } from "./types.ts";

/** A new packet with room for `lengthBytes` from `data` on and headroom before it (`alloc_skb`, `skb_reserve`, `skb_put`). */
export function allocSkb(machine: Machine, lengthBytes: number): Skb {
	return new Skb(machine, machine.allocBytes(SKB_HEADROOM + lengthBytes), SKB_HEADROOM, SKB_HEADROOM + lengthBytes);
}

/** Moves `data` down by `lengthBytes`, growing the headroom when there is too little (`skb_push` after `skb_cow_head`). */
export function pushSkb(skb: Skb, lengthBytes: number): void {
	if (skb.data < lengthBytes) growHeadroom(skb, lengthBytes + SKB_HEADROOM);
	skb.data -= lengthBytes;
}

/** Moves `end` up by `lengthBytes`, into new bytes when there is no room (`skb_put` after `pskb_expand_head`). */
export function putSkb(skb: Skb, lengthBytes: number): void {
	if (skb.end + lengthBytes > skb.bytes.length) {
		const bytes = new Uint8Array(skb.end + lengthBytes);
		bytes.set(skb.bytes.subarray(0, skb.end));
		skb.bytes = bytes;
	}
	skb.end += lengthBytes;
}

/**
 * A copy with its own bytes (`skb_copy`). Device, mark, conntrack, route and bridge note come along, its socket does not
 * (`skb_clone` leaves `sk` behind); it has its own id.
 */
export function copySkb(skb: Skb): Skb {
	const copy = new Skb(skb.machine, skb.bytes.slice(0), skb.data, skb.end);
	copy.mac = skb.mac;
	copy.network = skb.network;
	copy.transport = skb.transport;
	copy.dev = skb.dev;
	copySkbHeader(skb, copy);
	return copy;
}

/** What is known of the packet beside its bytes and its device (`__copy_skb_header`). */
export function copySkbHeader(from: Skb, to: Skb): void {
	copySkbMetadata(from, to);
	to.vlan = from.vlan;
	to.vlanFiltered = from.vlanFiltered;
	to.hashedBySocket = from.hashedBySocket;
	to.doRedirect = from.doRedirect;
	to.fragMaxSize = from.fragMaxSize;
	to.fragSizes = from.fragSizes;
	to.ignoreDf = from.ignoreDf;
	to.checksumIsKnown = from.checksumIsKnown;
	to.checksumIsOpen = from.checksumIsOpen;
	to.encapsulations = from.encapsulations;
}

/** What a fragment has of the packet that it is cut from (`ip_copy_metadata`), its device aside. */
export function copySkbMetadata(from: Skb, to: Skb): void {
	to.iif = from.iif;
	to.protocol = from.protocol;
	to.pktType = from.pktType;
	to.mark = from.mark;
	to.dst = from.dst;
	to.ct = from.ct;
	to.ctInfo = from.ctInfo;
	to.nfBridge = from.nfBridge === undefined ? undefined : { ...from.nfBridge };
	to.forwarded = from.forwarded;
	to.ipvsProperty = from.ipvsProperty;
}

function growHeadroom(skb: Skb, extraBytes: number): void {
	const bytes = new Uint8Array(skb.bytes.length + extraBytes);
	bytes.set(skb.bytes, extraBytes);
	skb.bytes = bytes;
	skb.data += extraBytes;
	skb.end += extraBytes;
	if (skb.mac >= 0) skb.mac += extraBytes;
	if (skb.network >= 0) skb.network += extraBytes;
	if (skb.transport >= 0) skb.transport += extraBytes;
}
