/** What the matches look at: the headers of one packet, read once for each table that the packet crosses. */
import type { IpNum } from "../../../wire/addr.ts";
import {
	IP_OFFSET,
	IPPROTO_ICMP,
	IPPROTO_SCTP,
	IPPROTO_TCP,
	IPPROTO_UDP,
	ipv4Dst,
	ipv4Frag,
	ipv4HeaderLength,
	ipv4Proto,
	ipv4Src,
} from "../../../wire/ipv4.ts";
import { get16 } from "../../../wire/read-write.ts";
import { TCP_MIN_HLEN, tcpHeaderLength } from "../../../wire/tcp.ts";
import type { Skb } from "../../types.ts";

/** `struct xt_action_param`, as far as it is about the packet. */
export class XtPacket {
	readonly src: IpNum;
	readonly dst: IpNum;
	readonly proto: number;
	/** Offset of this fragment in units of 8 bytes; 0: unfragmented, or the first one. */
	readonly fragOff: number;
	/** Where the transport header begins in `skb.bytes`, and where the packet ends. */
	readonly transport: number;
	end: number;
	/** From the network header on: what counters count. */
	lengthBytes: number;
	/** A match found the packet too malformed to go on: it is dropped whatever the rules say. */
	hotdrop = false;

	constructor(skb: Skb) {
		const at = skb.network;
		const bytes = skb.bytes;
		this.src = ipv4Src(bytes, at);
		this.dst = ipv4Dst(bytes, at);
		this.proto = ipv4Proto(bytes, at);
		this.fragOff = ipv4Frag(bytes, at) & IP_OFFSET;
		this.transport = at + ipv4HeaderLength(bytes, at);
		this.end = skb.end;
		this.lengthBytes = skb.end - at;
	}
}

/** Whether every match can read the transport header it wants; a packet of which this is false may meet `hotdrop`. */
export function transportIsComplete(skb: Skb, pkt: XtPacket): boolean {
	if (pkt.fragOff !== 0) return false;
	const length = pkt.end - pkt.transport;
	switch (pkt.proto) {
		case IPPROTO_TCP:
			return length >= TCP_MIN_HLEN && tcpHeaderLength(skb.bytes, pkt.transport) >= TCP_MIN_HLEN;
		case IPPROTO_SCTP:
			return length >= 12;
		case IPPROTO_UDP:
		case IPPROTO_ICMP:
			return length >= 8;
		default:
			return length >= 4;
	}
}

/** The source and destination port of a packet that has ports and whose transport header is complete. */
export function sportOf(skb: Skb, pkt: XtPacket): number {
	return get16(skb.bytes, pkt.transport);
}

export function dportOf(skb: Skb, pkt: XtPacket): number {
	return get16(skb.bytes, pkt.transport + 2);
}
