/** One line for a packet, as `tcpdump -nn` 4.99 prints it. Payloads are not decoded, except for the first line of HTTP. */
import { ipText, macText } from "./addr.ts";
import {
	ARP_REPLY,
	ARP_REQUEST,
	arpIsValid,
	arpOp,
	arpSenderIp,
	arpSenderMac,
	arpTargetIp,
	arpTargetMac,
} from "./arp.ts";
import { ETH_HLEN, ETH_P_8021Q, ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, ethDst, ethSrc, ethType } from "./ethernet.ts";
import {
	IP_OFFSET,
	IPPROTO_ICMP,
	IPPROTO_ICMPV6,
	IPPROTO_IGMP,
	IPPROTO_IPIP,
	IPPROTO_TCP,
	IPPROTO_UDP,
	IPV4_MIN_HLEN,
	ipv4Dst,
	ipv4Frag,
	ipv4HeaderLength,
	ipv4Proto,
	ipv4Src,
	ipv4TotalLength,
	ipv4Version,
} from "./ipv4.ts";
import { get16, get128 } from "./read-write.ts";
import { summarizeIcmp, summarizeIcmp6, summarizeIgmp } from "./summary-icmp.ts";
import { summarizeTcp, type TcpdumpFlows } from "./summary-tcp.ts";
import { UDP_HLEN, udpDport, udpLength, udpSport } from "./udp.ts";

export interface SummaryOptions {
	/** What `frame` begins with: an Ethernet header, or an IP header. */
	readonly link: "ethernet" | "ip";
	/** Put the Ethernet header in front, as `tcpdump -e`. */
	readonly macs?: boolean;
	/** Relative TCP sequence numbers, as tcpdump without `-S`; the object remembers the connections. */
	readonly flows?: TcpdumpFlows;
}

/** How tcpdump begins the line of a packet of the family. */
const FAMILIES: Readonly<Record<number, string>> = { [ETH_P_IP]: "IP", [ETH_P_ARP]: "ARP,", [ETH_P_IPV6]: "IP6" };
const ETHER_TYPES: Readonly<Record<number, string>> = {
	[ETH_P_IP]: "IPv4",
	[ETH_P_ARP]: "ARP",
	[ETH_P_IPV6]: "IPv6",
	[ETH_P_8021Q]: "802.1Q",
};
const IPV6_HLEN = 40;
const VLAN_HLEN = 4;

/** The line without the time stamp. Sequence numbers are absolute unless `flows` is given. */
export function summarizeFrame(frame: Uint8Array, options: SummaryOptions): string {
	if (options.link === "ip") return summarizeL3(frame, 0, etherTypeOf(frame), options) ?? "";
	if (frame.length < ETH_HLEN) return "[|ether]";
	const type = ethType(frame, 0);
	const rest = summarizeL3(frame, ETH_HLEN, type, options);
	return options.macs === true || rest === undefined ? `${ethernetText(frame, type)}${rest ?? ""}` : rest;
}

/** With `-e` tcpdump does not say again which family a packet is of. Undefined: not of a known kind. */
function summarizeL3(b: Uint8Array, at: number, type: number, options: SummaryOptions): string | undefined {
	const family = options.macs === true && options.link === "ethernet" ? "" : `${FAMILIES[type] ?? ""} `;
	switch (type) {
		case ETH_P_IP:
			return `${family}${summarizeIpv4(b, at, options)}`;
		case ETH_P_IPV6:
			return `${family}${summarizeIpv6(b, at, options)}`;
		case ETH_P_ARP:
			return `${family}${summarizeArp(b, at)}`;
		case ETH_P_8021Q:
			return summarizeVlan(b, at, options);
		default:
			return undefined;
	}
}

function summarizeVlan(b: Uint8Array, at: number, options: SummaryOptions): string | undefined {
	if (b.length < at + VLAN_HLEN) return "[|vlan]";
	const tag = get16(b, at);
	const inner = get16(b, at + 2);
	const rest = summarizeL3(b, at + VLAN_HLEN, inner, options);
	if (options.macs !== true) return rest;
	return `vlan ${tag & 0xfff}, p ${tag >> 13}, ethertype ${etherTypeText(inner)}, ${rest ?? ""}`;
}

function ethernetText(frame: Uint8Array, type: number): string {
	const addrs = `${macText(ethSrc(frame, 0))} > ${macText(ethDst(frame, 0))}`;
	return `${addrs}, ethertype ${etherTypeText(type)}, length ${frame.length}: `;
}

function summarizeArp(b: Uint8Array, at: number): string {
	if (!arpIsValid(b, at, b.length)) return "[|arp]";
	const length = `, length ${b.length - at}`;
	const targetMac = arpTargetMac(b, at);
	switch (arpOp(b, at)) {
		case ARP_REQUEST: {
			const known = targetMac === 0 ? "" : ` (${macText(targetMac)})`;
			return `Request who-has ${ipText(arpTargetIp(b, at))}${known} tell ${ipText(arpSenderIp(b, at))}${length}`;
		}
		case ARP_REPLY:
			return `Reply ${ipText(arpSenderIp(b, at))} is-at ${macText(arpSenderMac(b, at))}${length}`;
		default:
			return `Unknown (${arpOp(b, at)})${length}`;
	}
}

/** `SRC > DST: …`, or `SRC.PORT > DST.PORT: …` */
function summarizeIpv4(b: Uint8Array, at: number, options: SummaryOptions): string {
	const hlen = ipv4HeaderLength(b, at);
	if (b.length - at < IPV4_MIN_HLEN) return " [|ip]";
	if (ipv4Version(b, at) !== 4 || hlen < IPV4_MIN_HLEN) return `bad-hlen ${hlen}`;
	const src = ipText(ipv4Src(b, at));
	const dst = ipText(ipv4Dst(b, at));
	const end = Math.min(b.length, at + ipv4TotalLength(b, at));
	const proto = ipv4Proto(b, at);
	if ((ipv4Frag(b, at) & IP_OFFSET) !== 0) return `${src} > ${dst}: ip-proto-${proto}`;
	return summarizeL4(b, { at: at + hlen, end, length: ipv4TotalLength(b, at) - hlen, proto, src, dst }, options);
}

function summarizeIpv6(b: Uint8Array, at: number, options: SummaryOptions): string {
	if (b.length - at < IPV6_HLEN) return " [|ip6]";
	const length = get16(b, at + 4);
	const end = Math.min(b.length, at + IPV6_HLEN + length);
	const src = ipText(get128(b, at + 8));
	const dst = ipText(get128(b, at + 24));
	return summarizeL4(b, { at: at + IPV6_HLEN, end, length, proto: b[at + 6] ?? 0, src, dst }, options);
}

/** Where a transport header is: bytes from `at` to `end` are there, `length` is what the IP header says. */
interface TransportPlace {
	readonly at: number;
	readonly end: number;
	readonly length: number;
	readonly proto: number;
	readonly src: string;
	readonly dst: string;
}

function summarizeL4(b: Uint8Array, place: TransportPlace, options: SummaryOptions): string {
	const addrs = `${place.src} > ${place.dst}: `;
	switch (place.proto) {
		case IPPROTO_TCP:
			return summarizeTcp(b, place, options.flows);
		case IPPROTO_UDP:
			return summarizeUdp(b, place);
		case IPPROTO_ICMP:
			return `${addrs}${summarizeIcmp(b, place)}`;
		case IPPROTO_ICMPV6:
			return `${addrs}${summarizeIcmp6(b, place)}`;
		case IPPROTO_IGMP:
			return `${addrs}${summarizeIgmp(b, place)}`;
		case IPPROTO_IPIP:
			return `${addrs}${summarizeL3(b, place.at, ETH_P_IP, options) ?? ""}`;
		default:
			return `${addrs} ip-proto-${place.proto} ${place.length}`;
	}
}

function summarizeUdp(b: Uint8Array, place: TransportPlace): string {
	if (place.end - place.at < UDP_HLEN) return `${place.src} > ${place.dst}: [|udp]`;
	const ports = `${place.src}.${udpSport(b, place.at)} > ${place.dst}.${udpDport(b, place.at)}: `;
	return `${ports}UDP, length ${udpLength(b, place.at) - UDP_HLEN}`;
}

/** Of a packet without an Ethernet header. */
function etherTypeOf(b: Uint8Array): number {
	if (ipv4Version(b, 0) === 6) return ETH_P_IPV6;
	return arpIsValid(b, 0, b.length) ? ETH_P_ARP : ETH_P_IP;
}

function etherTypeText(type: number): string {
	return `${ETHER_TYPES[type] ?? "Unknown"} (0x${type.toString(16).padStart(4, "0")})`;
}
