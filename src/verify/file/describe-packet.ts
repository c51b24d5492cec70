/** The bytes of a frame → words that give just these bytes, as many as can be found. */
import { hex } from "../../base/bytes.ts";
import { ipText, macText } from "../../wire/addr.ts";
import {
	ARP_LEN,
	ARP_REPLY,
	ARP_REQUEST,
	arpIsValid,
	arpOp,
	arpSenderIp,
	arpSenderMac,
	arpTargetIp,
	arpTargetMac,
} from "../../wire/arp.ts";
import { ETH_HLEN, ETH_P_ARP, ETH_P_IP, ethDst, ethSrc, ethType } from "../../wire/ethernet.ts";
import {
	ICMP_ECHO,
	ICMP_ECHOREPLY,
	ICMP_HLEN,
	icmpCode,
	icmpId,
	icmpRest,
	icmpSeq,
	icmpType,
} from "../../wire/icmpv4.ts";
import {
	IP_DF,
	IP_MF,
	IP_OFFSET,
	IPPROTO_ICMP,
	IPPROTO_TCP,
	IPPROTO_UDP,
	IPV4_MIN_HLEN,
	ipv4Dst,
	ipv4Frag,
	ipv4HeaderLength,
	ipv4Id,
	ipv4Proto,
	ipv4Src,
	ipv4Tos,
	ipv4TotalLength,
	ipv4Ttl,
	ipv4Version,
} from "../../wire/ipv4.ts";
import { get16 } from "../../wire/read-write.ts";
import {
	buildTcpOptions,
	TCP_CHECK,
	TCP_MIN_HLEN,
	tcpAck,
	tcpDport,
	tcpFlags,
	tcpHeaderLength,
	tcpOptions,
	tcpSeq,
	tcpSport,
	tcpWindow,
} from "../../wire/tcp.ts";
import { UDP_CHECK, UDP_HLEN, udpDport, udpLength, udpSport } from "../../wire/udp.ts";
import { buildPacket } from "./build-packet.ts";
import { DEFAULT_TTL, DEFAULT_WINDOW, type Ipv4Words, type Packet } from "./packet.ts";

/** Undefined: too short for an Ethernet header. */
export function describePacket(frame: Uint8Array): Packet | undefined {
	if (frame.length < ETH_HLEN) return undefined;
	const eth = { src: macText(ethSrc(frame, 0)), dst: macText(ethDst(frame, 0)) };
	const plain = { eth: { ...eth, type: ethType(frame, 0) }, ...payloadWords(frame.subarray(ETH_HLEN)) };
	const same = hex(frame);
	return [...guesses(frame, { eth })].find((packet) => hex(buildPacket(packet)) === same) ?? plain;
}

/** The best first. */
function* guesses(b: Uint8Array, start: Packet): Generator<Packet> {
	const type = ethType(b, 0);
	if (type === ETH_P_ARP && arpIsValid(b, ETH_HLEN, b.length)) yield { ...start, ...arpWords(b) };
	if (type !== ETH_P_IP || b.length < ETH_HLEN + IPV4_MIN_HLEN || ipv4Version(b, ETH_HLEN) !== 4) return;
	const l4 = ETH_HLEN + ipv4HeaderLength(b, ETH_HLEN);
	const end = Math.min(b.length, ETH_HLEN + ipv4TotalLength(b, ETH_HLEN));
	if (l4 < ETH_HLEN + IPV4_MIN_HLEN || l4 > end) return;
	const common = end === b.length ? start : { ...start, padding: b.slice(end) };
	const proto = ipv4Proto(b, ETH_HLEN);
	const { checksum, length, ...ipv4 } = ipv4Words(b);
	const odd = [{}, { checksum }, { length }, { checksum, length }];
	const isFirst = (ipv4Frag(b, ETH_HLEN) & IP_OFFSET) === 0;
	for (const more of odd) {
		if (isFirst) {
			for (const words of transportWords(b, l4, end)) yield { ...common, ipv4: { ...ipv4, ...more }, ...words };
		}
		yield { ...common, ipv4: { ...ipv4, ...more, proto }, ...payloadWords(b.subarray(l4, end)) };
	}
}

function arpWords(b: Uint8Array): Pick<Packet, "arp" | "payload"> | undefined {
	const op = arpOp(b, ETH_HLEN);
	if (op !== ARP_REQUEST && op !== ARP_REPLY) return undefined;
	return {
		arp: {
			op: op === ARP_REQUEST ? "request" : "reply",
			sender: { mac: macText(arpSenderMac(b, ETH_HLEN)), ip: ipText(arpSenderIp(b, ETH_HLEN)) },
			target: { mac: macText(arpTargetMac(b, ETH_HLEN)), ip: ipText(arpTargetIp(b, ETH_HLEN)) },
		},
		...payloadWords(b.subarray(ETH_HLEN + ARP_LEN)),
	};
}

function ipv4Words(b: Uint8Array): Ipv4Words & { readonly checksum: number; readonly length: number } {
	const at = ETH_HLEN;
	const frag = ipv4Frag(b, at);
	const hlen = ipv4HeaderLength(b, at);
	const offset = (frag & IP_OFFSET) * 8;
	const [ttl, id, tos] = [ipv4Ttl(b, at), ipv4Id(b, at), ipv4Tos(b, at)];
	return {
		src: ipText(ipv4Src(b, at)),
		dst: ipText(ipv4Dst(b, at)),
		...(ttl === DEFAULT_TTL ? {} : { ttl }),
		...(id === 0 ? {} : { id }),
		...(tos === 0 ? {} : { tos }),
		...((frag & IP_DF) === 0 ? {} : { df: true }),
		...((frag & IP_MF) === 0 ? {} : { mf: true }),
		...(offset === 0 ? {} : { offset }),
		...(hlen === IPV4_MIN_HLEN ? {} : { options: b.slice(at + IPV4_MIN_HLEN, at + hlen) }),
		checksum: get16(b, at + 10),
		length: ipv4TotalLength(b, at),
	};
}

type TransportWords = Pick<Packet, "udp" | "tcp" | "icmp" | "payload">;

/** Each with the right checksum, then with the one that is there. */
function transportWords(b: Uint8Array, l4: number, end: number): readonly TransportWords[] {
	switch (ipv4Proto(b, ETH_HLEN)) {
		case IPPROTO_UDP:
			return l4 + UDP_HLEN <= end ? udpWords(b, l4, end) : [];
		case IPPROTO_TCP:
			return l4 + TCP_MIN_HLEN <= end && l4 + tcpHeaderLength(b, l4) <= end ? tcpWords(b, l4, end) : [];
		case IPPROTO_ICMP:
			return l4 + ICMP_HLEN <= end ? icmpWords(b, l4, end) : [];
		default:
			return [];
	}
}

function udpWords(b: Uint8Array, l4: number, end: number): readonly TransportWords[] {
	const ports = { sport: udpSport(b, l4), dport: udpDport(b, l4) };
	const udp = udpLength(b, l4) === end - l4 ? ports : { ...ports, length: udpLength(b, l4) };
	const payload = payloadWords(b.subarray(l4 + UDP_HLEN, end));
	return [
		{ udp, ...payload },
		{ udp: { ...udp, checksum: get16(b, l4 + UDP_CHECK) }, ...payload },
	];
}

function tcpWords(b: Uint8Array, l4: number, end: number): readonly TransportWords[] {
	const hlen = tcpHeaderLength(b, l4);
	if (hlen < TCP_MIN_HLEN) return [];
	const [seq, ack, window] = [tcpSeq(b, l4), tcpAck(b, l4), tcpWindow(b, l4)];
	const bytes = b.slice(l4 + TCP_MIN_HLEN, l4 + hlen);
	const known = tcpOptions(b, l4);
	const options = hex(buildTcpOptions(known)) === hex(bytes) ? known : bytes;
	const tcp = {
		sport: tcpSport(b, l4),
		dport: tcpDport(b, l4),
		...(seq === 0 ? {} : { seq }),
		...(ack === 0 ? {} : { ack }),
		flags: tcpFlags(b, l4),
		...(window === DEFAULT_WINDOW ? {} : { window }),
		...(bytes.length === 0 ? {} : { options }),
	};
	const payload = payloadWords(b.subarray(l4 + hlen, end));
	return [
		{ tcp, ...payload },
		{ tcp: { ...tcp, checksum: get16(b, l4 + TCP_CHECK) }, ...payload },
	];
}

function icmpWords(b: Uint8Array, l4: number, end: number): readonly TransportWords[] {
	const [type, code, rest] = [icmpType(b, l4), icmpCode(b, l4), icmpRest(b, l4)];
	const isEcho = type === ICMP_ECHO || type === ICMP_ECHOREPLY;
	const words = isEcho ? { id: icmpId(b, l4), seq: icmpSeq(b, l4) } : rest === 0 ? {} : { rest };
	const icmp = { type, ...(code === 0 ? {} : { code }), ...words };
	const payload = payloadWords(b.subarray(l4 + ICMP_HLEN, end));
	return [
		{ icmp, ...payload },
		{ icmp: { ...icmp, checksum: get16(b, l4 + 2) }, ...payload },
	];
}

function payloadWords(bytes: Uint8Array): Pick<Packet, "payload"> {
	return bytes.length === 0 ? {} : { payload: bytes.slice() };
}
