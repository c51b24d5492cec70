/** The ICMP, ICMPv6 and IGMP part of a tcpdump line. */
import { ipText } from "./addr.ts";
import {
	ICMP_DEST_UNREACH,
	ICMP_ECHO,
	ICMP_ECHOREPLY,
	ICMP_FRAG_NEEDED,
	ICMP_HLEN,
	ICMP_PARAMETERPROB,
	ICMP_PORT_UNREACH,
	ICMP_PROT_UNREACH,
	ICMP_REDIRECT,
	ICMP_TIME_EXCEEDED,
	ICMP_TIMESTAMP,
	ICMP_TIMESTAMPREPLY,
	icmpCode,
	icmpId,
	icmpRest,
	icmpSeq,
	icmpType,
} from "./icmpv4.ts";
import { IPPROTO_TCP, IPPROTO_UDP, IPV4_MIN_HLEN, ipv4Dst, ipv4HeaderLength, ipv4Proto } from "./ipv4.ts";
import { get16, get32, get128 } from "./read-write.ts";

interface Place {
	readonly at: number;
	readonly end: number;
	readonly length: number;
}

/** By code; `%` stands for the destination of the packet that the message is about. */
const UNREACHABLE: Readonly<Record<number, string>> = {
	0: "net % unreachable",
	1: "host % unreachable",
	5: "% unreachable - source route failed",
	6: "net % unreachable - unknown",
	7: "host % unreachable - unknown",
	8: "% unreachable - source host isolated",
	9: "net % unreachable - admin prohibited",
	10: "host % unreachable - admin prohibited",
	11: "net % unreachable - tos prohibited",
	12: "host % unreachable - tos prohibited",
	13: "host % unreachable - admin prohibited filter",
	14: "host % unreachable - host precedence violation",
	15: "host % unreachable - precedence cutoff",
};
const REDIRECT: Readonly<Record<number, string>> = {
	0: "redirect % to net",
	1: "redirect % to host",
	2: "redirect-tos % to net",
	3: "redirect-tos % to host",
};
const ND_SOLICIT = 135;
const ND_ADVERT = 136;

/** `ICMP echo request, id 1, seq 1, length 64` */
export function summarizeIcmp(b: Uint8Array, place: Place): string {
	const { at, end } = place;
	if (end - at < ICMP_HLEN) return "[|icmp]";
	return `ICMP ${icmpText(b, at, end)}, length ${place.length}`;
}

/** `ICMP6, echo request, id 1, seq 1, length 64` */
export function summarizeIcmp6(b: Uint8Array, place: Place): string {
	const { at, end } = place;
	if (end - at < 8) return "[|icmp6]";
	return `ICMP6, ${icmp6Text(b, at, end)}, length ${place.length}`;
}

/** `igmp v3 report, 1 group record(s)` */
export function summarizeIgmp(b: Uint8Array, place: Place): string {
	const { at, end } = place;
	if (end - at < 8) return "[|igmp]";
	const group = ipText(get32(b, at + 4));
	const maxResponse = b[at + 1] ?? 0;
	switch (b[at] ?? 0) {
		case 0x11: {
			const version = place.length >= 12 ? "v3" : maxResponse > 0 ? "v2" : "v1";
			const time = version === "v2" && maxResponse !== 100 ? ` [max resp time ${maxResponse}]` : "";
			return `igmp query ${version}${time}${group === "0.0.0.0" ? "" : ` [gaddr ${group}]`}`;
		}
		case 0x12:
			return `igmp v1 report ${group}`;
		case 0x16:
			return `igmp v2 report ${group}`;
		case 0x17:
			return `igmp leave ${group}`;
		case 0x22:
			return `igmp v3 report, ${get16(b, at + 6)} group record(s)`;
		default:
			return `igmp-${b[at] ?? 0}`;
	}
}

function icmpText(b: Uint8Array, at: number, end: number): string {
	const code = icmpCode(b, at);
	const idSeq = `id ${icmpId(b, at)}, seq ${icmpSeq(b, at)}`;
	switch (icmpType(b, at)) {
		case ICMP_ECHO:
			return `echo request, ${idSeq}`;
		case ICMP_ECHOREPLY:
			return `echo reply, ${idSeq}`;
		case ICMP_DEST_UNREACH:
			return unreachableText(b, at, end);
		case ICMP_REDIRECT: {
			const what = (REDIRECT[code] ?? `redirect-#${code} % to net`).replace("%", quotedDst(b, at, end));
			return `${what} ${ipText(icmpRest(b, at))}`;
		}
		case ICMP_TIME_EXCEEDED:
			if (code > 1) return `time exceeded-#${code}`;
			return code === 0 ? "time exceeded in-transit" : "ip reassembly time exceeded";
		case ICMP_PARAMETERPROB:
			return code === 0 ? `parameter problem - octet ${b[at + 4] ?? 0}` : `parameter problem - code ${code}`;
		case ICMP_TIMESTAMP:
			return `time stamp query id ${icmpId(b, at)} seq ${icmpSeq(b, at)}`;
		case ICMP_TIMESTAMPREPLY:
			return `time stamp reply id ${icmpId(b, at)} seq ${icmpSeq(b, at)}`;
		case 4:
			return "source quench";
		default:
			return `type-#${icmpType(b, at)}`;
	}
}

/** The quoted packet names the destination, and for port unreachable the port. */
function unreachableText(b: Uint8Array, at: number, end: number): string {
	const code = icmpCode(b, at);
	const inner = at + ICMP_HLEN;
	const dst = quotedDst(b, at, end);
	const proto = ipv4Proto(b, inner);
	switch (code) {
		case ICMP_PROT_UNREACH:
			return `${dst} protocol ${proto} unreachable`;
		case ICMP_PORT_UNREACH: {
			const port = get16(b, inner + ipv4HeaderLength(b, inner) + 2);
			if (proto === IPPROTO_TCP) return `${dst} tcp port ${port} unreachable`;
			if (proto === IPPROTO_UDP) return `${dst} udp port ${port} unreachable`;
			return `${dst} protocol ${proto} port ${port} unreachable`;
		}
		case ICMP_FRAG_NEEDED: {
			const mtu = icmpRest(b, at) & 0xffff;
			return `${dst} unreachable - need to frag${mtu === 0 ? "" : ` (mtu ${mtu})`}`;
		}
		default:
			return (UNREACHABLE[code] ?? `% unreachable - #${code}`).replace("%", dst);
	}
}

function quotedDst(b: Uint8Array, at: number, end: number): string {
	const inner = at + ICMP_HLEN;
	return end - inner < IPV4_MIN_HLEN ? "[|icmp]" : ipText(ipv4Dst(b, inner));
}

function icmp6Text(b: Uint8Array, at: number, end: number): string {
	const type = icmpType(b, at);
	switch (type) {
		case 128:
			return `echo request, id ${icmpId(b, at)}, seq ${icmpSeq(b, at)}`;
		case 129:
			return `echo reply, id ${icmpId(b, at)}, seq ${icmpSeq(b, at)}`;
		case 133:
			return "router solicitation";
		case 134:
			return "router advertisement";
		case ND_SOLICIT:
		case ND_ADVERT: {
			if (end - at < 24) return "[|icmp6]";
			const target = ipText(get128(b, at + 8));
			return type === ND_SOLICIT
				? `neighbor solicitation, who has ${target}`
				: `neighbor advertisement, tgt is ${target}`;
		}
		default:
			return `type-#${type}`;
	}
}
