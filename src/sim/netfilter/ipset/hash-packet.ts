/** The element that a packet asks about: its addresses, ports, devices, as the rule's directions say (the `kadt` functions). */
import type { IpSetOptions } from "../../../kernel/ipset.ts";
import type { SetDirection } from "../../../kernel/xtables.ts";
import type { IpNum } from "../../../wire/addr.ts";
import { ETH_HLEN, ethDst, ethSrc } from "../../../wire/ethernet.ts";
import { IPPROTO_ICMP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from "../../../wire/ipv4.ts";
import { Elem } from "./elem.ts";
import { IPPROTO_UDPLITE, maskAddress } from "./hash-member.ts";
import type { Dim, HashType } from "./hash-type.ts";
import type { PacketPlace } from "./types.ts";

/** Undefined: the packet has not what the set is about. */
export function elemOfPacket(
	type: HashType,
	options: IpSetOptions,
	place: PacketPlace,
	dirs: readonly SetDirection[],
): Elem | undefined {
	const elem = new Elem(place.pkt.src);
	for (let at = 0; at < type.dims.length; at += 1) {
		const dim = type.dims[at];
		if (dim !== undefined && !readDim(elem, dim, { options, place, isFirst: at === 0, isSrc: dirs[at] === "src" })) {
			return undefined;
		}
	}
	// A null address cannot be stored.
	if (elem.ip === 0 && (type.dims.length === 1 || type.dims.join() === "ip,port") && type.dims[0] === "ip")
		return undefined;
	return elem;
}

interface Side {
	readonly options: IpSetOptions;
	readonly place: PacketPlace;
	readonly isFirst: boolean;
	readonly isSrc: boolean;
}

function readDim(elem: Elem, dim: Dim, { options, place, isFirst, isSrc }: Side): boolean {
	switch (dim) {
		case "ip":
		case "net": {
			const address: IpNum = maskAddress(addressOfPacket(place, isSrc), options);
			if (isFirst) elem.ip = address;
			else elem.ip2 = address;
			return true;
		}
		case "port": {
			const found = portOfPacket(place, isSrc);
			if (found === undefined) return false;
			elem.port = found.port;
			elem.proto = found.proto;
			return true;
		}
		case "mark":
			elem.mark = (place.skb.mark & (options.markmask ?? 0xffffffff)) >>> 0;
			return true;
		case "mac":
			elem.mac = macOfPacket(place, isSrc) ?? 0;
			return elem.mac !== 0;
		case "iface":
			elem.iface = (isSrc ? place.state.indev : place.state.outdev)?.name ?? "";
			return elem.iface !== "";
	}
}

export function addressOfPacket({ pkt }: PacketPlace, isSrc: boolean): IpNum {
	return isSrc ? pkt.src : pkt.dst;
}

/** `ip_set_get_ip4_port`: ICMP has its type and code in the place of a port, other protocols zero. */
export function portOfPacket(
	{ skb, pkt }: PacketPlace,
	isSrc: boolean,
): { readonly proto: number; readonly port: number } | undefined {
	const { proto, transport, end, fragOff } = pkt;
	const at = transport + (isSrc ? 0 : 2);
	const read = (offset: number): number => ((skb.bytes[offset] ?? 0) << 8) | (skb.bytes[offset + 1] ?? 0);
	switch (proto) {
		case IPPROTO_TCP:
			return fragOff !== 0 || end - transport < 20 ? undefined : { proto, port: read(at) };
		case IPPROTO_SCTP:
			return fragOff !== 0 || end - transport < 12 ? undefined : { proto, port: read(at) };
		case IPPROTO_UDP:
		case IPPROTO_UDPLITE:
			return fragOff !== 0 || end - transport < 8 ? undefined : { proto, port: read(at) };
		case IPPROTO_ICMP:
			return fragOff !== 0 || end - transport < 8 ? undefined : { proto, port: read(transport) };
		default:
			return proto === 0 ? undefined : { proto, port: 0 };
	}
}

/**
 * Undefined: the packet has no Ethernet header (it was made here). Around a frame, VXLAN's outer packet has that frame's: since
 * 6.18.44 Linux takes the header's length, which is below zero then, for an unsigned number (`skb_mac_header_len`).
 */
export function macOfPacket({ skb }: PacketPlace, isSrc: boolean): number | undefined {
	if (skb.mac < 0 || skb.dev === undefined || skb.dev.hardHeaderLength < ETH_HLEN || skb.dev.isLoopback)
		return undefined;
	const lengthBytes = skb.network - skb.mac;
	if (lengthBytes >= 0 && lengthBytes < ETH_HLEN) return undefined;
	return isSrc ? ethSrc(skb.bytes, skb.mac) : ethDst(skb.bytes, skb.mac);
}
