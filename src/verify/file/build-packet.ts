/** Words → the bytes of a frame. */
import { concatBytes } from "../../base/bytes.ts";
import { ipNum, macNum } from "../../wire/addr.ts";
import { ARP_LEN, ARP_REPLY, ARP_REQUEST, putArp } from "../../wire/arp.ts";
import { ETH_HLEN, ETH_P_ARP, ETH_P_IP, putEthernet } from "../../wire/ethernet.ts";
import { ICMP_HLEN, putIcmp } from "../../wire/icmpv4.ts";
import {
	fillIpv4Checksum,
	IP_DF,
	IP_MF,
	IPPROTO_ICMP,
	IPPROTO_TCP,
	IPPROTO_UDP,
	IPV4_MIN_HLEN,
	putIpv4,
} from "../../wire/ipv4.ts";
import { put16 } from "../../wire/read-write.ts";
import { buildTcpOptions, putTcp, TCP_CHECK, TCP_MIN_HLEN } from "../../wire/tcp.ts";
import { putUdp, UDP_CHECK, UDP_HLEN } from "../../wire/udp.ts";
import { type ArpWords, DEFAULT_TTL, DEFAULT_WINDOW, type Ipv4Words, type Packet } from "./packet.ts";

const NOTHING = new Uint8Array();
/** EtherType of experiments (IEEE 802 local experimental). */
const ETH_P_EXPERIMENT = 0x88b5;
/** "Use for experimentation and testing" (RFC 3692). */
const IPPROTO_EXPERIMENT = 253;

export function buildPacket(packet: Packet): Uint8Array {
	const { eth, arp, ipv4 } = packet;
	const body =
		arp !== undefined
			? concatBytes(arpBytes(arp), packet.payload ?? NOTHING)
			: ipv4 !== undefined
				? ipv4Bytes(ipv4, packet)
				: (packet.payload ?? NOTHING);
	const frame = new Uint8Array(ETH_HLEN + body.length);
	const type = eth.type ?? (arp !== undefined ? ETH_P_ARP : ipv4 !== undefined ? ETH_P_IP : ETH_P_EXPERIMENT);
	putEthernet(frame, 0, { dst: macNum(eth.dst), src: macNum(eth.src), type });
	frame.set(body, ETH_HLEN);
	return frame;
}

function arpBytes({ op, sender, target }: ArpWords): Uint8Array {
	const bytes = new Uint8Array(ARP_LEN);
	putArp(bytes, 0, {
		op: op === "request" ? ARP_REQUEST : ARP_REPLY,
		senderMac: macNum(sender.mac),
		senderIp: Number(ipNum(sender.ip)),
		targetMac: macNum(target.mac),
		targetIp: Number(ipNum(target.ip)),
	});
	return bytes;
}

function ipv4Bytes(ipv4: Ipv4Words, packet: Packet): Uint8Array {
	const options = ipv4.options ?? NOTHING;
	const addrs = { src: Number(ipNum(ipv4.src)), dst: Number(ipNum(ipv4.dst)) };
	const { proto, bytes: l4 } = transport(packet, addrs);
	const hlen = IPV4_MIN_HLEN + options.length;
	const bytes = new Uint8Array(hlen + l4.length);
	const flags = (ipv4.df === true ? IP_DF : 0) | (ipv4.mf === true ? IP_MF : 0);
	putIpv4(bytes, 0, {
		...addrs,
		proto: ipv4.proto ?? proto,
		ttl: ipv4.ttl ?? DEFAULT_TTL,
		tos: ipv4.tos ?? 0,
		id: ipv4.id ?? 0,
		frag: flags | ((ipv4.offset ?? 0) / 8),
		totalLength: ipv4.length ?? bytes.length,
	});
	bytes[0] = 0x40 | (hlen / 4);
	bytes.set(options, IPV4_MIN_HLEN);
	fillIpv4Checksum(bytes, 0);
	if (ipv4.checksum !== undefined) put16(bytes, 10, ipv4.checksum);
	bytes.set(l4, hlen);
	return concatBytes(bytes, packet.padding ?? NOTHING);
}

interface Addrs {
	readonly src: number;
	readonly dst: number;
}

function transport(packet: Packet, addrs: Addrs): { readonly proto: number; readonly bytes: Uint8Array } {
	const payload = packet.payload ?? NOTHING;
	if (packet.udp !== undefined) return { proto: IPPROTO_UDP, bytes: udpBytes(packet.udp, payload, addrs) };
	if (packet.tcp !== undefined) return { proto: IPPROTO_TCP, bytes: tcpBytes(packet.tcp, payload, addrs) };
	if (packet.icmp !== undefined) return { proto: IPPROTO_ICMP, bytes: icmpBytes(packet.icmp, payload) };
	return { proto: IPPROTO_EXPERIMENT, bytes: payload };
}

function udpBytes(udp: NonNullable<Packet["udp"]>, payload: Uint8Array, addrs: Addrs): Uint8Array {
	const bytes = concatBytes(new Uint8Array(UDP_HLEN), payload);
	putUdp(bytes, 0, bytes.length, { ...addrs, sport: udp.sport, dport: udp.dport });
	if (udp.length !== undefined) put16(bytes, 4, udp.length);
	if (udp.checksum !== undefined) put16(bytes, UDP_CHECK, udp.checksum);
	return bytes;
}

function tcpBytes(tcp: NonNullable<Packet["tcp"]>, payload: Uint8Array, addrs: Addrs): Uint8Array {
	const given = tcp.options ?? NOTHING;
	const options = given instanceof Uint8Array ? given : buildTcpOptions(given);
	const bytes = concatBytes(new Uint8Array(TCP_MIN_HLEN + options.length), payload);
	putTcp(bytes, 0, bytes.length, {
		...addrs,
		sport: tcp.sport,
		dport: tcp.dport,
		seq: tcp.seq ?? 0,
		ack: tcp.ack ?? 0,
		flags: tcp.flags,
		window: tcp.window ?? DEFAULT_WINDOW,
		options,
	});
	if (tcp.checksum !== undefined) put16(bytes, TCP_CHECK, tcp.checksum);
	return bytes;
}

function icmpBytes(icmp: NonNullable<Packet["icmp"]>, payload: Uint8Array): Uint8Array {
	const bytes = concatBytes(new Uint8Array(ICMP_HLEN), payload);
	const rest = icmp.rest ?? (((icmp.id ?? 0) << 16) | (icmp.seq ?? 0)) >>> 0;
	putIcmp(bytes, 0, bytes.length, { type: icmp.type, code: icmp.code ?? 0, rest });
	if (icmp.checksum !== undefined) put16(bytes, 2, icmp.checksum);
	return bytes;
}
