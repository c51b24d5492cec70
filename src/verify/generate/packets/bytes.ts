/** Packets and frames as bytes, right in every field unless they are asked to be wrong. */
import { concatBytes } from "../../../base/bytes.ts";
import { ARP_LEN, type ArpPacket, putArp } from "../../../wire/arp.ts";
import { ETH_HLEN, ETH_P_ARP, ETH_P_IP, type EthernetHeader, putEthernet } from "../../../wire/ethernet.ts";
import { ICMP_HLEN, type IcmpHeader, putIcmp } from "../../../wire/icmpv4.ts";
import {
	fillIpv4Checksum,
	IP_DF,
	IP_MF,
	IPPROTO_ICMP,
	IPPROTO_TCP,
	IPPROTO_UDP,
	IPV4_MIN_HLEN,
	putIpv4,
} from "../../../wire/ipv4.ts";
import { putTcp, TCP_MIN_HLEN } from "../../../wire/tcp.ts";
import { putUdp, UDP_HLEN } from "../../../wire/udp.ts";

/** The IP header of a packet; what is absent is ordinary. */
export interface IpFields {
	readonly src: number;
	readonly dst: number;
	readonly id: number;
	readonly ttl?: number;
	readonly tos?: number;
	readonly df?: boolean;
	/** A multiple of four bytes. */
	readonly options?: Uint8Array;
}

export interface TcpFields {
	readonly sport: number;
	readonly dport: number;
	readonly seq: number;
	readonly ack: number;
	readonly flags: number;
	readonly window?: number;
	readonly options?: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** An IP packet around the bytes that follow its header. */
export function ipPacket(ip: IpFields, proto: number, body: Uint8Array): Uint8Array {
	const options = ip.options ?? NOTHING;
	const hlen = IPV4_MIN_HLEN + options.length;
	const bytes = new Uint8Array(hlen + body.length);
	bytes.set(body, hlen);
	putIpv4(bytes, 0, {
		src: ip.src,
		dst: ip.dst,
		proto,
		ttl: ip.ttl ?? 64,
		tos: ip.tos ?? 0,
		id: ip.id,
		frag: ip.df === true ? IP_DF : 0,
		totalLength: bytes.length,
	});
	if (options.length === 0) return bytes;
	bytes.set(options, IPV4_MIN_HLEN);
	bytes[0] = 0x40 | (hlen / 4);
	fillIpv4Checksum(bytes, 0);
	return bytes;
}

export function udpPacket(
	ip: IpFields,
	ports: { readonly sport: number; readonly dport: number },
	payload: Uint8Array,
): Uint8Array {
	const body = concatBytes(new Uint8Array(UDP_HLEN), payload);
	putUdp(body, 0, body.length, { src: ip.src, dst: ip.dst, ...ports });
	return ipPacket(ip, IPPROTO_UDP, body);
}

export function tcpPacket(ip: IpFields, tcp: TcpFields, payload: Uint8Array = NOTHING): Uint8Array {
	const options = tcp.options ?? NOTHING;
	const body = concatBytes(new Uint8Array(TCP_MIN_HLEN + options.length), payload);
	putTcp(body, 0, body.length, { src: ip.src, dst: ip.dst, window: 64_000, ...tcp, options });
	return ipPacket(ip, IPPROTO_TCP, body);
}

export function icmpPacket(ip: IpFields, icmp: IcmpHeader, payload: Uint8Array): Uint8Array {
	const body = concatBytes(new Uint8Array(ICMP_HLEN), payload);
	putIcmp(body, 0, body.length, icmp);
	return ipPacket(ip, IPPROTO_ICMP, body);
}

/** The packet cut at these offsets (multiples of eight) into fragments, in order. */
export function fragmentsOf(packet: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
	const header = packet.slice(0, IPV4_MIN_HLEN);
	const body = packet.slice(IPV4_MIN_HLEN);
	const starts = [0, ...cuts.filter((cut) => cut > 0 && cut < body.length)];
	return starts.map((start, k) => {
		const end = starts[k + 1] ?? body.length;
		const bytes = concatBytes(header, body.slice(start, end));
		const frag = (start / 8) | (end < body.length ? IP_MF : 0);
		bytes[2] = bytes.length >>> 8;
		bytes[3] = bytes.length & 255;
		bytes[6] = frag >>> 8;
		bytes[7] = frag & 255;
		fillIpv4Checksum(bytes, 0);
		return bytes;
	});
}

export function frameOf(eth: EthernetHeader, payload: Uint8Array): Uint8Array {
	const bytes = new Uint8Array(ETH_HLEN + payload.length);
	putEthernet(bytes, 0, eth);
	bytes.set(payload, ETH_HLEN);
	return bytes;
}

export function ipFrame(macs: { readonly dst: number; readonly src: number }, packet: Uint8Array): Uint8Array {
	return frameOf({ ...macs, type: ETH_P_IP }, packet);
}

export function arpFrame(macs: { readonly dst: number; readonly src: number }, arp: ArpPacket): Uint8Array {
	const payload = new Uint8Array(ARP_LEN);
	putArp(payload, 0, arp);
	return frameOf({ ...macs, type: ETH_P_ARP }, payload);
}

/** `lengthBytes` bytes that count up, so that a misplaced one shows. */
export function filler(lengthBytes: number): Uint8Array {
	return Uint8Array.from({ length: lengthBytes }, (_, k) => k & 255);
}
