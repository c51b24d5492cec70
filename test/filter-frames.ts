/** Frames that capture filters tell apart, and filters to try on them. */
import { concatBytes, utf8Encode } from "../src/base/bytes.ts";
import { ARP_LEN, ARP_REPLY, ARP_REQUEST, putArp } from "../src/wire/arp.ts";
import { ETH_HLEN, ETH_P_IP } from "../src/wire/ethernet.ts";
import { IP_DF, IP_MF, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP } from "../src/wire/ipv4.ts";
import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN } from "../src/wire/tcp.ts";
import { ethernet, icmp, ipv4, num, oddPackets, samplePackets, tcp, udp } from "./sample-packets.ts";

const ADDRS = ["10.0.0.1", "10.0.0.2", "10.1.2.3", "192.168.7.2", "224.0.0.251", "255.255.255.255", "10.0.0.255"].map(
	num,
);
const PORTS = [22, 53, 79, 80, 81, 90, 8080, 9090, 40000];
const BROADCAST = 0xffffffffffff;
const MULTICAST = 0x01005e0000fb;

function pick<T>(list: readonly T[], k: number): T {
	const item = list[k % list.length];
	if (item === undefined) throw new Error("nothing to pick");
	return item;
}

function transports(): readonly Uint8Array[] {
	return Array.from({ length: 60 }, (_, k) => {
		const src = pick(ADDRS, k);
		const dst = pick(ADDRS, k * 3 + 1);
		const body = udp(pick(PORTS, k), pick(PORTS, k * 5 + 2), new Uint8Array((k * 37) % 150));
		const segment = concatBytes(
			body.slice(0, 4),
			Uint8Array.of(0, 0, 0, k, 0, 0, 0, 1, 0x50, k & 63),
			new Uint8Array(6),
		);
		const [proto, payload] = pick(
			[[IPPROTO_UDP, body] as const, [IPPROTO_TCP, segment] as const, [132, body] as const],
			k,
		);
		const frag = pick([IP_DF, 0, IP_MF, 5, 0, IP_DF], Math.floor(k / 3));
		return ethernet(
			ETH_P_IP,
			ipv4(proto, payload, { src, dst, frag, id: k }),
			pick([MULTICAST, BROADCAST, 0x0200000000_0b], k),
		);
	});
}

/** With IPv4 options, so that the transport header is not where it usually is. */
function withOptions(): readonly Uint8Array[] {
	return [80, 90].map((port) => {
		const plain = ipv4(IPPROTO_TCP, udp(port, 22, new Uint8Array(20)));
		const packet = concatBytes(plain.slice(0, 20), Uint8Array.of(1, 1, 1, 0), plain.slice(20));
		packet[0] = 0x46;
		return ethernet(ETH_P_IP, packet);
	});
}

function ipv6(next: number, payload: Uint8Array, dst: number): Uint8Array {
	const addr = (last: number): Uint8Array =>
		Uint8Array.of(dst === 255 ? 255 : 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last);
	const source = Uint8Array.of(0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
	return concatBytes(
		Uint8Array.of(0x60, 0, 0, 0, payload.length >> 8, payload.length & 255, next, 64),
		source,
		addr(dst),
		payload,
	);
}

function inIpv6(): readonly Uint8Array[] {
	const body = udp(53, 80, utf8Encode("abc"));
	const segment = concatBytes(udp(40000, 80, new Uint8Array()).slice(0, 4), new Uint8Array(16));
	const fragment = concatBytes(Uint8Array.of(17, 0, 0, 1, 0, 0, 0, 9), body);
	return [
		ipv6(17, body, 2),
		ipv6(6, segment, 2),
		ipv6(132, body, 3),
		ipv6(44, fragment, 2),
		ipv6(58, Uint8Array.of(128, 0, 0, 0, 0, 1, 0, 2), 255),
		ipv6(58, Uint8Array.of(135, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3), 1),
		ipv6(51, body, 2),
	].map((packet) => ethernet(0x86dd, packet));
}

function others(): readonly Uint8Array[] {
	const about = (op: number, senderIp: number, targetIp: number): Uint8Array => {
		const packet = new Uint8Array(ARP_LEN);
		putArp(packet, 0, { op, senderMac: 0x0200000000_0a, senderIp, targetMac: 0, targetIp });
		return packet;
	};
	const stp = concatBytes(Uint8Array.of(0x42, 0x42, 3, 0, 0, 0, 0, 0), new Uint8Array(30));
	return [
		ethernet(0x0806, about(ARP_REQUEST, num("10.0.0.1"), num("10.1.2.3")), BROADCAST),
		ethernet(0x0806, about(ARP_REPLY, num("192.168.7.2"), num("10.0.0.2"))),
		ethernet(0x8035, about(3, num("10.0.0.1"), num("10.0.0.1")), BROADCAST),
		ethernet(38, stp, 0x0180c2000000),
		ethernet(40, concatBytes(Uint8Array.of(0xfe, 0xfe, 3, 0x81), new Uint8Array(36))),
		ethernet(40, concatBytes(Uint8Array.of(0xf0, 0xf0, 3), new Uint8Array(37))),
		ethernet(0x88cc, new Uint8Array(20), 0x0180c200000e),
		ethernet(0x9000, new Uint8Array(46)),
		ethernet(0x6003, new Uint8Array(20)),
		ethernet(ETH_P_IP, ipv4(112, new Uint8Array(12))),
		ethernet(ETH_P_IP, ipv4(103, new Uint8Array(12), { dst: num("224.0.0.13") })),
		ethernet(ETH_P_IP, ipv4(50, new Uint8Array(12))),
		ethernet(ETH_P_IP, ipv4(IPPROTO_ICMP, icmp(8, 0, 1, new Uint8Array(1400)))),
		tcp({ seq: 1, flags: TCP_SYN | TCP_ACK }),
		tcp({ seq: 1, flags: TCP_FIN | TCP_ACK, dport: 80, payload: utf8Encode("GET / HTTP/1.1\r\n") }),
		tcp({ seq: 1, flags: TCP_RST, dport: 22 }),
		tcp({ seq: 1, flags: TCP_PSH | TCP_ACK, dport: 53, back: true }),
	];
}

/** Cut off after every few bytes: a filter rejects what is too short for what it asks. */
function cut(): readonly Uint8Array[] {
	const whole = [
		pick(transports(), 1),
		pick(transports(), 0),
		pick(inIpv6(), 1),
		pick(others(), 0),
		pick(withOptions(), 0),
	];
	return whole.flatMap((frame) =>
		[1, 5, 12, 13, 14, 18, 20, 21, 23, 24, 29, 33, 34, 36, 38, 41, 44, 48, 54, 56]
			.filter((length) => length < frame.length)
			.map((length) => frame.slice(0, length)),
	);
}

export function filterFrames(): readonly Uint8Array[] {
	return [
		...[...samplePackets(), ...oddPackets()].map(({ frame }) => frame),
		...transports(),
		...withOptions(),
		...inIpv6(),
		...others(),
		...cut(),
	];
}

/** The Ethernet frame as a capture of another link type has it; undefined: it could not be in one. */
export function underLink(
	frame: Uint8Array,
	link: "EN10MB" | "RAW" | "LINUX_SLL" | "LINUX_SLL2",
	k: number,
): Uint8Array | undefined {
	if (link === "EN10MB") return frame;
	if (frame.length < ETH_HLEN) return undefined;
	const packet = frame.slice(ETH_HLEN);
	const [type, source] = [frame.slice(12, 14), frame.slice(6, 12)];
	const pktType = k % 5;
	switch (link) {
		case "RAW":
			return packet.length > 0 && [0x40, 0x60].includes((packet[0] ?? 0) & 0xf0) ? packet : undefined;
		case "LINUX_SLL":
			return concatBytes(Uint8Array.of(0, pktType, 0, 1, 0, 6), source, Uint8Array.of(0, 0), type, packet);
		case "LINUX_SLL2": {
			const header = Uint8Array.of(0, 0, 0, 0, 0, k % 3 === 0 ? 99 : 1, 0, 1, pktType, 6);
			return concatBytes(type, header, source, Uint8Array.of(0, 0), packet);
		}
	}
}
