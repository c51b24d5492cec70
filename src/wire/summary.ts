/** One line for a packet, as `tcpdump -nn` 4.99 prints it. Payloads are not decoded, except for the first line of HTTP. */
import { ipText, macText } from "./addr.ts";
import { ARP_LEN, ARP_REPLY, ARP_REQUEST, arpIsValid, arpOp, arpSenderIp, arpSenderMac, arpTargetIp, arpTargetMac } from "./arp.ts";
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

const IPV6_HLEN = 40;
const VLAN_HLEN = 4;

/** The line without the time stamp. Sequence numbers are absolute unless `flows` is given. */
export function summarizeFrame(frame: Uint8Array, options: SummaryOptions): string {
	if (options.link === "ip") return summarizeL3(frame, 0, frame[0] === undefined ? 0 : etherTypeOf(frame, 0), options);
	if (frame.length < ETH_HLEN) return "[|ether]";
	const type = ethType(frame, 0);
	const addrs = `${macText(ethSrc(frame, 0))} > ${macText(ethDst(frame, 0))}, `;
	const head = `${addrs}ethertype ${etherTypeText(type)}, length ${frame.length}: `;
	if (options.macs !== true) return summarizeL3(frame, ETH_HLEN, type, options);
	return head + withoutFamily(summarizeL3(frame, ETH_HLEN, type, options), type);
}

function summarizeL3(b: Uint8Array, at: number, type: number, options: SummaryOptions): string {
	switch (type) {
		case ETH_P_IP:
			return `IP ${summarizeIpv4(b, at, options)}`;
		case ETH_P_IPV6:
			return `IP6 ${summarizeIpv6(b, at, options)}`;
		case ETH_P_ARP:
			return `ARP, ${summarizeArp(b, at)}`;
		case ETH_P_8021Q: {
			if (b.length < at + VLAN_HLEN) return "[|vlan]";
			const tag = get16(b, at);
			const inner = get16(b, at + 2);
			const rest = withoutFamily(summarizeL3(b, at + VLAN_HLEN, inner, options), inner);
			return `vlan ${tag & 0xfff}, p ${tag >> 13}, ethertype ${etherTypeName(inner)}${options.macs === true ? ` (0x${hex4(inner)})` : ""}, ${rest}`;
		}
		default:
			return options.macs === true || options.link === "ip"
				? ""
				: `${macText(ethSrc(b, 0))} > ${macText(ethDst(b, 0))}, ethertype ${etherTypeText(type)}, length ${b.length}: `;
	}
}

/** After an Ethernet header tcpdump does not say again which family it is. */
function withoutFamily(line: string, type: number): string {
	if (type === ETH_P_IP) return line.slice(3);
	if (type === ETH_P_IPV6) return line.slice(4);
	return type === ETH_P_ARP ? line.slice(5) : line;
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
	if (b.length - at < IPV4_MIN_HLEN) return "[|ip]";
	if (ipv4Version(b, at) !== 4 || hlen < IPV4_MIN_HLEN) return `bad-hlen ${hlen}`;
	const src = ipText(ipv4Src(b, at));
	const dst = ipText(ipv4Dst(b, at));
	const end = Math.min(b.length, at + ipv4TotalLength(b, at));
	const proto = ipv4Proto(b, at);
	if ((ipv4Frag(b, at) & IP_OFFSET) !== 0) return `${src} > ${dst}: ip-proto-${proto}`;
	return summarizeL4(b, { at: at + hlen, end, length: ipv4TotalLength(b, at) - hlen, proto, src, dst }, options);
}

function summarizeIpv6(b: Uint8Array, at: number, options: SummaryOptions): string {
	if (b.length - at < IPV6_HLEN) return "[|ip6]";
	const length = get16(b, at + 4);
	const end = Math.min(b.length, at + IPV6_HLEN + length);
	const src = ipText(get128(b, at + 8));
	const dst = ipText(get128(b, at + 24));
	return summarizeL4(b, { at: at + IPV6_HLEN, end, length, proto: b[at + 6] ?? 0, src, dst }, options);
}

/** Where a transport header is: bytes from `at` to `end` are there, `length` is what the IP header says. */
export interface TransportPlace {
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
			return `${addrs}IP ${summarizeIpv4(b, place.at, options)}`;
		default:
			return `${addrs} ip-proto-${place.proto} ${place.length}`;
	}
}

function summarizeUdp(b: Uint8Array, place: TransportPlace): string {
	if (place.end - place.at < UDP_HLEN) return `${place.src} > ${place.dst}: [|udp]`;
	const ports = `${place.src}.${udpSport(b, place.at)} > ${place.dst}.${udpDport(b, place.at)}: `;
	return `${ports}UDP, length ${udpLength(b, place.at) - UDP_HLEN}`;
}

function etherTypeOf(b: Uint8Array, at: number): number {
	return ipv4Version(b, at) === 6 ? ETH_P_IPV6 : b.length >= at + ARP_LEN && arpIsValid(b, at, b.length) ? ETH_P_ARP : ETH_P_IP;
}

function etherTypeName(type: number): string {
	const names: Readonly<Record<number, string>> = {
		[ETH_P_IP]: "IPv4",
		[ETH_P_ARP]: "ARP",
		[ETH_P_IPV6]: "IPv6",
		[ETH_P_8021Q]: "802.1Q",
	};
	return names[type] ?? "Unknown";
}

function etherTypeText(type: number): string {
	return `${etherTypeName(type)} (0x${hex4(type)})`;
}

function hex4(n: number): string {
	return n.toString(16).padStart(4, "0");
}
