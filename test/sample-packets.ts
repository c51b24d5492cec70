/** Frames of many kinds, made with the wire builders: what tshark and tcpdump are asked about. */
import { concatBytes, utf8Encode } from "../src/base/bytes.ts";
import { ip, ipNum, mac, macNum } from "../src/wire/addr.ts";
import { ARP_LEN, ARP_REPLY, ARP_REQUEST, putArp } from "../src/wire/arp.ts";
import { foldChecksum, sumBytes } from "../src/wire/checksum.ts";
import { ETH_HLEN, ETH_P_ARP, ETH_P_IP, putEthernet } from "../src/wire/ethernet.ts";
import { ICMP_HLEN, putIcmp } from "../src/wire/icmpv4.ts";
import {
	IP_DF,
	IP_MF,
	IPPROTO_ICMP,
	IPPROTO_IGMP,
	IPPROTO_IPIP,
	IPPROTO_TCP,
	IPPROTO_UDP,
	putIpv4,
} from "../src/wire/ipv4.ts";
import { put16 } from "../src/wire/read-write.ts";
import {
	buildTcpOptions,
	putTcp,
	TCP_ACK,
	TCP_CWR,
	TCP_ECE,
	TCP_FIN,
	TCP_MIN_HLEN,
	TCP_PSH,
	TCP_RST,
	TCP_SYN,
	TCP_URG,
	type TcpOptions,
} from "../src/wire/tcp.ts";
import { putUdp, UDP_HLEN } from "../src/wire/udp.ts";
import { VXLAN_LINUX_PORT, VXLAN_PORT } from "../src/wire/vxlan.ts";

export interface SamplePacket {
	readonly what: string;
	readonly frame: Uint8Array;
}

const A = num("10.0.0.1");
const B = num("10.0.0.2");
const MAC_A = macNum(mac("02:00:00:00:00:0a"));
const MAC_B = macNum(mac("02:00:00:00:00:0b"));
const BROADCAST = 0xffffffffffff;

export function num(text: string): number {
	const n = ipNum(ip(text));
	if (typeof n !== "number") throw new Error(`not IPv4: ${text}`);
	return n;
}

export function ethernet(type: number, payload: Uint8Array, dst: number = MAC_B): Uint8Array {
	const frame = new Uint8Array(ETH_HLEN + payload.length);
	putEthernet(frame, 0, { dst, src: MAC_A, type });
	frame.set(payload, ETH_HLEN);
	return frame;
}

export function ipv4(
	proto: number,
	payload: Uint8Array,
	more: { src?: number; dst?: number; frag?: number; id?: number } = {},
): Uint8Array {
	const packet = new Uint8Array(20 + payload.length);
	packet.set(payload, 20);
	const { src = A, dst = B, frag = IP_DF, id = 4711 } = more;
	putIpv4(packet, 0, { src, dst, proto, ttl: 64, tos: 0, id, frag, totalLength: packet.length });
	return packet;
}

export function udp(sport: number, dport: number, payload: Uint8Array): Uint8Array {
	const datagram = new Uint8Array(UDP_HLEN + payload.length);
	datagram.set(payload, UDP_HLEN);
	putUdp(datagram, 0, datagram.length, { src: A, dst: B, sport, dport });
	return datagram;
}

export function icmp(type: number, code: number, rest: number, payload: Uint8Array): Uint8Array {
	const message = new Uint8Array(ICMP_HLEN + payload.length);
	message.set(payload, ICMP_HLEN);
	putIcmp(message, 0, message.length, { type, code, rest });
	return message;
}

interface Segment {
	readonly back?: boolean;
	readonly sport?: number;
	readonly dport?: number;
	readonly seq: number;
	readonly ack?: number;
	readonly flags: number;
	readonly options?: TcpOptions;
	readonly rawOptions?: Uint8Array;
	readonly payload?: Uint8Array;
}

export function tcp(segment: Segment): Uint8Array {
	const { sport = 40000, dport = 9090, back = false, seq, ack = 0, flags, payload = new Uint8Array() } = segment;
	const options = segment.rawOptions ?? buildTcpOptions(segment.options ?? {});
	const bytes = new Uint8Array(TCP_MIN_HLEN + options.length + payload.length);
	bytes.set(payload, TCP_MIN_HLEN + options.length);
	const ends = back ? { src: B, dst: A, sport: dport, dport: sport } : { src: A, dst: B, sport, dport };
	putTcp(bytes, 0, bytes.length, { ...ends, seq, ack, flags, window: 64240, options });
	return ethernet(ETH_P_IP, ipv4(IPPROTO_TCP, bytes, back ? { src: B, dst: A } : {}));
}

function arp(
	op: number,
	more: { targetMac?: number; targetIp?: number; senderIp?: number; pad?: number; dst?: number } = {},
): Uint8Array {
	const packet = new Uint8Array(ARP_LEN + (more.pad ?? 0));
	const { targetMac = 0, targetIp = B, senderIp = A, dst = BROADCAST } = more;
	putArp(packet, 0, { op, senderMac: MAC_A, senderIp, targetMac, targetIp });
	return ethernet(ETH_P_ARP, packet, dst);
}

function igmp(type: number, code: number, rest: readonly number[]): Uint8Array {
	const message = Uint8Array.from([type, code, 0, 0, ...rest]);
	put16(message, 2, foldChecksum(sumBytes(message, 0, message.length)));
	return ethernet(ETH_P_IP, ipv4(IPPROTO_IGMP, message, { dst: num("224.0.0.22") }));
}

function eth(proto: number, payload: Uint8Array, more: { frag?: number; id?: number } = {}): Uint8Array {
	return ethernet(ETH_P_IP, ipv4(proto, payload, more));
}

/** Fragments of one datagram of `payload`, cut at `size` (a multiple of 8). */
function fragments(proto: number, payload: Uint8Array, size: number): readonly Uint8Array[] {
	const out: Uint8Array[] = [];
	for (let at = 0; at < payload.length; at += size) {
		const more = at + size < payload.length ? IP_MF : 0;
		out.push(eth(proto, payload.slice(at, at + size), { frag: more | (at / 8), id: 99 }));
	}
	return out;
}

/** Packets in packets; tcpdump gives a frame inside a VXLAN datagram a line of its own. */
export function tunnelPackets(): readonly SamplePacket[] {
	const inner = tcp({ seq: 1, flags: TCP_SYN, options: { mss: 1410 } });
	const vxlan = (port: number, frame: Uint8Array, flags = 0x08): Uint8Array => {
		const header = Uint8Array.from([flags, 0, 0, 0, 0, 0x01, 0x02, 0]);
		return eth(IPPROTO_UDP, udp(50000, port, Uint8Array.from([...header, ...frame])));
	};
	const empty = new Uint8Array();
	return [
		{ what: "IPIP", frame: eth(IPPROTO_IPIP, inner.slice(ETH_HLEN)) },
		...[VXLAN_PORT, VXLAN_LINUX_PORT].flatMap((port) => [
			{ what: `VXLAN at ${port}`, frame: vxlan(port, inner) },
			{ what: `VXLAN at ${port} with ARP`, frame: vxlan(port, arp(ARP_REQUEST)) },
			{ what: `VXLAN at ${port} without VNI`, frame: vxlan(port, inner, 0) },
			{ what: `VXLAN at ${port} with part of a frame`, frame: vxlan(port, inner.slice(0, 10)) },
			{ what: `VXLAN at ${port} with nothing`, frame: vxlan(port, empty) },
			{ what: `part of VXLAN at ${port}`, frame: eth(IPPROTO_UDP, udp(50000, port, new Uint8Array(5))) },
		]),
	];
}

export function samplePackets(): readonly SamplePacket[] {
	const text = utf8Encode;
	const echo = Uint8Array.from({ length: 56 }, (_, k) => k);
	const udpPacket = ipv4(IPPROTO_UDP, udp(5000, 54, text("abc")));
	const tcpPacket = tcp({ seq: 1, flags: TCP_SYN, options: { mss: 1460 } }).slice(ETH_HLEN);
	const icmpPacket = ipv4(IPPROTO_ICMP, icmp(8, 0, 7, echo));
	const ts = (value: number, more: number): TcpOptions => ({ timestamps: { value, echo: more } });
	const syn: TcpOptions = {
		mss: 1460,
		sackPermitted: true,
		timestamps: { value: 1109764814, echo: 0 },
		windowScale: 10,
	};
	const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	const unreachables = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16].map((code) => ({
		what: `unreachable ${code}`,
		frame: eth(IPPROTO_ICMP, icmp(3, code, code === 4 ? 1400 : 0, udpPacket)),
	}));
	return [
		{ what: "ARP request", frame: arp(ARP_REQUEST) },
		{ what: "ARP request by unicast", frame: arp(ARP_REQUEST, { targetMac: MAC_B, dst: MAC_B }) },
		{ what: "ARP request, padded", frame: arp(ARP_REQUEST, { pad: 18 }) },
		{ what: "ARP reply", frame: arp(ARP_REPLY, { targetMac: MAC_B, dst: MAC_B }) },
		{ what: "gratuitous ARP", frame: arp(ARP_REQUEST, { targetIp: A }) },
		{ what: "gratuitous ARP reply", frame: arp(ARP_REPLY, { targetIp: A, targetMac: BROADCAST }) },
		{ what: "ARP probe", frame: arp(ARP_REQUEST, { senderIp: 0 }) },
		{ what: "echo request", frame: eth(IPPROTO_ICMP, icmp(8, 0, 6912 * 65536 + 1, echo)) },
		{ what: "echo reply", frame: eth(IPPROTO_ICMP, icmp(0, 0, 6912 * 65536 + 1, echo)) },
		...unreachables,
		{ what: "port unreachable, TCP", frame: eth(IPPROTO_ICMP, icmp(3, 3, 0, tcpPacket)) },
		{ what: "port unreachable, ICMP", frame: eth(IPPROTO_ICMP, icmp(3, 3, 0, icmpPacket)) },
		{ what: "protocol unreachable", frame: eth(IPPROTO_ICMP, icmp(3, 2, 0, ipv4(200, text("12345678")))) },
		{ what: "need to frag without MTU", frame: eth(IPPROTO_ICMP, icmp(3, 4, 0, tcpPacket)) },
		{ what: "time exceeded", frame: eth(IPPROTO_ICMP, icmp(11, 0, 0, icmpPacket)) },
		{ what: "reassembly time exceeded", frame: eth(IPPROTO_ICMP, icmp(11, 1, 0, icmpPacket)) },
		{ what: "redirect", frame: eth(IPPROTO_ICMP, icmp(5, 1, num("10.0.0.254"), udpPacket)) },
		{ what: "redirect net", frame: eth(IPPROTO_ICMP, icmp(5, 0, num("10.0.0.254"), udpPacket)) },
		{ what: "source quench", frame: eth(IPPROTO_ICMP, icmp(4, 0, 0, udpPacket)) },
		{ what: "ICMP type 42", frame: eth(IPPROTO_ICMP, icmp(42, 0, 0, echo)) },
		{ what: "UDP", frame: eth(IPPROTO_UDP, udp(5000, 7053, text("hello"))) },
		{ what: "UDP, odd and empty", frame: eth(IPPROTO_UDP, udp(5001, 7053, new Uint8Array())) },
		...fragments(IPPROTO_UDP, udp(5000, 7053, new Uint8Array(2500).fill(65)), 1480).map((frame) => ({
			what: "UDP fragment",
			frame,
		})),
		...fragments(IPPROTO_ICMP, icmp(8, 0, 5, new Uint8Array(1500).fill(65)), 1480).map((frame) => ({
			what: "ICMP fragment",
			frame,
		})),
		{ what: "SYN", frame: tcp({ seq: 4030090720, flags: TCP_SYN, options: syn }) },
		{
			what: "SYN-ACK",
			frame: tcp({
				back: true,
				seq: 3914131076,
				ack: 4030090721,
				flags: TCP_SYN | TCP_ACK,
				options: { ...syn, ...ts(7, 1109764814) },
			}),
		},
		{ what: "ACK", frame: tcp({ seq: 4030090721, ack: 3914131077, flags: TCP_ACK, options: ts(8, 7) }) },
		{
			what: "data",
			frame: tcp({
				seq: 4030090721,
				ack: 3914131077,
				flags: TCP_PSH | TCP_ACK,
				options: ts(8, 7),
				payload: text("hello"),
			}),
		},
		{
			what: "data back",
			frame: tcp({
				back: true,
				seq: 3914131077,
				ack: 4030090726,
				flags: TCP_PSH | TCP_ACK,
				options: ts(9, 8),
				payload: text("got"),
			}),
		},
		{ what: "FIN", frame: tcp({ seq: 4030090726, ack: 3914131080, flags: TCP_FIN | TCP_ACK }) },
		{ what: "RST-ACK", frame: tcp({ back: true, dport: 99, seq: 0, ack: 2075860156, flags: TCP_RST | TCP_ACK }) },
		{ what: "RST", frame: tcp({ dport: 98, seq: 77, flags: TCP_RST }) },
		{
			what: "ECN SYN",
			frame: tcp({
				dport: 97,
				seq: 5,
				flags: TCP_SYN | TCP_ECE | TCP_CWR,
				options: { mss: 1460, sackPermitted: true },
			}),
		},
		{
			what: "urgent",
			frame: tcp({ dport: 96, seq: 5, ack: 6, flags: TCP_ACK | TCP_URG | TCP_PSH, payload: text("!") }),
		},
		{ what: "no flags", frame: tcp({ dport: 95, seq: 5, flags: 0 }) },
		{
			what: "SACK",
			frame: tcp({
				dport: 94,
				seq: 5,
				ack: 9,
				flags: TCP_ACK,
				rawOptions: Uint8Array.of(1, 1, 5, 10, 0, 0, 0, 20, 0, 0, 0, 30),
			}),
		},
		{
			what: "unknown option",
			frame: tcp({ dport: 93, seq: 5, flags: TCP_SYN, rawOptions: Uint8Array.of(2, 4, 5, 180, 77, 3, 9, 0) }),
		},
		{ what: "HTTP request", frame: tcp({ dport: 80, seq: 5, ack: 9, flags: TCP_ACK | TCP_PSH, payload: text(get) }) },
		{
			what: "HTTP answer",
			frame: tcp({
				back: true,
				dport: 80,
				seq: 9,
				ack: 32,
				flags: TCP_ACK | TCP_PSH,
				payload: text("HTTP/1.1 200 OK\r\nServer: y\r\n\r\nhi"),
			}),
		},
		{
			what: "HTTP port, other payload",
			frame: tcp({ dport: 8080, seq: 5, ack: 9, flags: TCP_ACK | TCP_PSH, payload: text("abc") }),
		},
		{ what: "IGMPv3 report", frame: igmp(0x22, 0, [0, 0, 0, 1, 4, 0, 0, 0, 224, 0, 0, 251]) },
		{ what: "IGMPv2 report", frame: igmp(0x16, 0, [224, 0, 0, 251]) },
		{ what: "IGMPv2 leave", frame: igmp(0x17, 0, [224, 0, 0, 251]) },
		{ what: "IGMPv2 query", frame: igmp(0x11, 100, [0, 0, 0, 0]) },
		{ what: "IGMPv2 group query", frame: igmp(0x11, 10, [224, 0, 0, 251]) },
		{ what: "IGMPv3 query", frame: igmp(0x11, 100, [0, 0, 0, 0, 2, 20, 0, 0]) },
		{ what: "IPIP", frame: eth(IPPROTO_IPIP, icmpPacket) },
		{ what: "protocol 200", frame: eth(200, text("12345678")) },
	];
}

/** Frames of kinds that tcpdump prints in its own way and tshark calls malformed or unknown. */
export function oddPackets(): readonly SamplePacket[] {
	const icmpPacket = ipv4(IPPROTO_ICMP, icmp(8, 0, 7, new Uint8Array(8)));
	const vlan = concatBytes(Uint8Array.of(0, 5, 8, 0), icmpPacket);
	const ipv6Ping = concatBytes(
		Uint8Array.of(0x60, 0, 0, 0, 0, 16, 58, 64),
		Uint8Array.of(0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
		Uint8Array.of(0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2),
		Uint8Array.of(128, 0, 0, 0, 0, 1, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8),
	);
	const ipv6Tcp = concatBytes(
		ipv6Ping.slice(0, 4),
		Uint8Array.of(0, 20, 6, 64),
		ipv6Ping.slice(8, 40),
		Uint8Array.of(0, 81, 0, 82, 0, 0, 0, 9, 0, 0, 0, 0, 0x50, 2, 1, 0, 0, 0, 0, 0),
	);
	return [
		{ what: "VLAN", frame: ethernet(0x8100, vlan) },
		{ what: "IPv6 echo", frame: ethernet(0x86dd, ipv6Ping) },
		{ what: "IPv6 TCP", frame: ethernet(0x86dd, ipv6Tcp) },
		{ what: "time stamp", frame: eth(IPPROTO_ICMP, icmp(13, 0, 5 * 65536 + 6, new Uint8Array(12))) },
		{ what: "cut off", frame: ethernet(ETH_P_IP, icmpPacket.slice(0, 15)) },
	];
}
