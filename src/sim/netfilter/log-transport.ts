/** The transport part of LOG lines, from `PROTO=` on (net/netfilter/nf_log_syslog.c: nf_log_dump_tcp_header and others). */
import { hex } from "../../base/bytes.ts";
import type { Target } from "../../kernel/xtables.ts";
import { ipText } from "../../wire/addr.ts";
import {
	ICMP_DEST_UNREACH,
	ICMP_ECHO,
	ICMP_ECHOREPLY,
	ICMP_FRAG_NEEDED,
	ICMP_HLEN,
	ICMP_PARAMETERPROB,
	ICMP_REDIRECT,
	ICMP_TIME_EXCEEDED,
	ICMP_TIMESTAMP,
	ICMP_TIMESTAMPREPLY,
	icmpCode,
	icmpId,
	icmpRest,
	icmpSeq,
	icmpType,
} from "../../wire/icmpv4.ts";
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, IPV4_MIN_HLEN } from "../../wire/ipv4.ts";
import { get16, get32 } from "../../wire/read-write.ts";
import {
	TCP_ACK,
	TCP_CWR,
	TCP_ECE,
	TCP_FIN,
	TCP_MIN_HLEN,
	TCP_PSH,
	TCP_RST,
	TCP_SYN,
	TCP_URG,
	tcpAck,
	tcpDport,
	tcpFlags,
	tcpHeaderLength,
	tcpSeq,
	tcpSport,
	tcpWindow,
} from "../../wire/tcp.ts";
import { UDP_HLEN, udpDport, udpLength, udpSport } from "../../wire/udp.ts";

type TransportOptions = Pick<Extract<Target, { kind: "log" }>, "tcpSequence" | "tcpOptions">;

export interface Transport {
	readonly bytes: Uint8Array;
	/** Where the transport header begins, and where the packet ends. */
	readonly at: number;
	readonly end: number;
	readonly proto: number;
	/** Not the first fragment: there is no transport header. */
	readonly isFragment: boolean;
}

const IPPROTO_ESP = 50;
const IPPROTO_AH = 51;
const IPPROTO_UDPLITE = 136;
const ICMP_SOURCE_QUENCH = 4;

/** `quote` prints the packet that an ICMP error is about, in brackets; absent: do not. */
export function transportText(t: Transport, options: TransportOptions, quote?: (from: number) => string): string {
	switch (t.proto) {
		case IPPROTO_TCP:
			return `PROTO=TCP ${t.isFragment ? "" : tcpText(t, options)}`;
		case IPPROTO_UDP:
			return `PROTO=UDP ${t.isFragment ? "" : udpText(t)}`;
		case IPPROTO_UDPLITE:
			return `PROTO=UDPLITE ${t.isFragment ? "" : udpText(t)}`;
		case IPPROTO_ICMP:
			return `PROTO=ICMP ${t.isFragment ? "" : icmpText(t, quote)}`;
		case IPPROTO_AH:
			return `PROTO=AH ${t.isFragment ? "" : spiText(t, 12, 4)}`;
		case IPPROTO_ESP:
			return `PROTO=ESP ${t.isFragment ? "" : spiText(t, 8, 0)}`;
		default:
			return `PROTO=${t.proto} `;
	}
}

const TCP_FLAG_NAMES: readonly (readonly [bit: number, name: string])[] = [
	[TCP_CWR, "CWR "],
	[TCP_ECE, "ECE "],
	[TCP_URG, "URG "],
	[TCP_ACK, "ACK "],
	[TCP_PSH, "PSH "],
	[TCP_RST, "RST "],
	[TCP_SYN, "SYN "],
	[TCP_FIN, "FIN "],
];

/** A TCP or UDP header that is cut off ends the line (`nf_log_dump_tcp_header` fails). */
export function endsLine(t: Transport, options: TransportOptions): boolean {
	if (t.isFragment) return false;
	if (t.proto === IPPROTO_TCP) return t.end - t.at < TCP_MIN_HLEN || hasCutOptions(t, options);
	return (t.proto === IPPROTO_UDP || t.proto === IPPROTO_UDPLITE) && t.end - t.at < UDP_HLEN;
}

function hasCutOptions({ bytes, at, end }: Transport, { tcpOptions }: TransportOptions): boolean {
	return tcpOptions === true && at + tcpHeaderLength(bytes, at) > end;
}

function tcpText(t: Transport, options: TransportOptions): string {
	const { bytes: b, at } = t;
	if (t.end - at < TCP_MIN_HLEN) return incomplete(t);
	let text = `SPT=${tcpSport(b, at)} DPT=${tcpDport(b, at)} `;
	if (options.tcpSequence === true) text += `SEQ=${tcpSeq(b, at)} ACK=${tcpAck(b, at)} `;
	text += `WINDOW=${tcpWindow(b, at)} RES=0x${(((b[at + 12] ?? 0) & 15) << 2).toString(16).padStart(2, "0")} `;
	const flags = tcpFlags(b, at);
	for (const [bit, name] of TCP_FLAG_NAMES) if ((flags & bit) !== 0) text += name;
	text += `URGP=${get16(b, at + 18)} `;
	const length = tcpHeaderLength(b, at);
	if (hasCutOptions(t, options)) text += "OPT (TRUNCATED)";
	else if (options.tcpOptions === true && length > TCP_MIN_HLEN) {
		text += `OPT (${hex(b.subarray(at + TCP_MIN_HLEN, at + length)).toUpperCase()}) `;
	}
	return text;
}

function udpText(t: Transport): string {
	if (t.end - t.at < UDP_HLEN) return incomplete(t);
	return `SPT=${udpSport(t.bytes, t.at)} DPT=${udpDport(t.bytes, t.at)} LEN=${udpLength(t.bytes, t.at)} `;
}

function icmpText(t: Transport, quote: ((from: number) => string) | undefined): string {
	const { bytes: b, at } = t;
	if (t.end - at < ICMP_HLEN) return incomplete(t);
	const type = icmpType(b, at);
	let text = `TYPE=${type} CODE=${icmpCode(b, at)} `;
	if (t.end - at < icmpLength(type)) return text + incomplete(t);
	if (type === ICMP_ECHO || type === ICMP_ECHOREPLY) return `${text}ID=${icmpId(b, at)} SEQ=${icmpSeq(b, at)} `;
	if (type === ICMP_PARAMETERPROB) return `${text}PARAMETER=${icmpRest(b, at) >>> 24} `;
	if (type === ICMP_REDIRECT) text += `GATEWAY=${ipText(icmpRest(b, at))} `;
	if (isQuoting(type)) {
		if (quote !== undefined) text += quote(at + ICMP_HLEN);
		if (type === ICMP_DEST_UNREACH && icmpCode(b, at) === ICMP_FRAG_NEEDED) text += `MTU=${icmpRest(b, at) & 0xffff} `;
	}
	return text;
}

function isQuoting(type: number): boolean {
	return (
		type === ICMP_DEST_UNREACH || type === ICMP_SOURCE_QUENCH || type === ICMP_REDIRECT || type === ICMP_TIME_EXCEEDED
	);
}

/** What a message of the type has at least, in bytes. */
function icmpLength(type: number): number {
	if (isQuoting(type) || type === ICMP_PARAMETERPROB) return ICMP_HLEN + IPV4_MIN_HLEN;
	return type === ICMP_TIMESTAMP || type === ICMP_TIMESTAMPREPLY ? 20 : ICMP_HLEN;
}

function spiText(t: Transport, length: number, spiAt: number): string {
	return t.end - t.at < length ? incomplete(t) : `SPI=0x${get32(t.bytes, t.at + spiAt).toString(16)} `;
}

function incomplete(t: Transport): string {
	return `INCOMPLETE [${t.end - t.at} bytes] `;
}
