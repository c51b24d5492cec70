/** Rewriting packets (nf_nat_proto.c): addresses, ports and ICMP ids, with checksums mended by increment. */
import { checksumReplace16, checksumReplace32 } from "../../../wire/checksum.ts";
import {
	fillIcmpChecksum,
	ICMP_ECHO,
	ICMP_ECHOREPLY,
	ICMP_HLEN,
	ICMP_REDIRECT,
	icmpChecksumIsValid,
	icmpType,
} from "../../../wire/icmpv4.ts";
import {
	IPPROTO_ICMP,
	IPPROTO_SCTP,
	IPPROTO_TCP,
	IPPROTO_UDP,
	ipv4Dst,
	ipv4HeaderLength,
	ipv4Src,
	setIpv4Dst,
	setIpv4Src,
} from "../../../wire/ipv4.ts";
import { get16, put16 } from "../../../wire/read-write.ts";
import { TCP_CHECK, TCP_MIN_HLEN } from "../../../wire/tcp.ts";
import { PORT_DST, PORT_SRC, UDP_CHECK } from "../../../wire/udp.ts";
import type { Skb } from "../../types.ts";
import { conntrackNet } from "../conntrack/net.ts";
import { invertTuple, ipv4Of } from "../conntrack/tuple.ts";
import {
	type Conntrack,
	type CtTuple,
	ctInfoDir,
	type Direction,
	IPS_DST_NAT,
	IPS_NAT_DONE_MASK,
	IPS_NAT_MASK,
	IPS_SRC_NAT,
	ORIGINAL,
	REPLY,
} from "../conntrack/types.ts";
import type { Manip } from "./range.ts";
import { fillSctpChecksum, SCTP_HLEN } from "./sctp-checksum.ts";

/** The status bit that says whether packets of direction `dir` have the end `manip` names rewritten. */
export function natStatusBit(manip: Manip, dir: Direction): number {
	return (manip === "src") === (dir === ORIGINAL) ? IPS_SRC_NAT : IPS_DST_NAT;
}

/** Rewrites the packet's end `manip` to what the flow's other direction says (`nf_nat_manip_pkt`). */
export function nfNatManipPkt(skb: Skb, ct: Conntrack, manip: Manip, dir: Direction): void {
	const target = conntrackNet(ct.netns).scratch;
	invertTuple(ct.tuple(dir === ORIGINAL ? REPLY : ORIGINAL), target);
	manipIpv4(skb, skb.network, target, manip);
}

/**
 * Translates an ICMP error about a translated flow: the packet it quotes and its own header, back to what the receiver
 * knows. A string: it must be dropped, for this reason (`nf_nat_icmp_reply_translation`).
 */
export function nfNatIcmpReplyTranslation(skb: Skb, ct: Conntrack, manip: Manip): string | undefined {
	const b = skb.bytes;
	const icmp = skb.network + ipv4HeaderLength(b, skb.network);
	if (icmp + ICMP_HLEN > skb.end) return "a short ICMP error";
	if (!icmpChecksumIsValid(b, icmp, skb.end)) return "a bad ICMP checksum";
	if (icmpType(b, icmp) === ICMP_REDIRECT) {
		// A redirect would send the host past the translation.
		if ((ct.status & IPS_NAT_DONE_MASK) !== IPS_NAT_DONE_MASK) return "a redirect before NAT was set up";
		if ((ct.status & IPS_NAT_MASK) !== 0) return "a redirect of a translated flow";
	}
	const dir = ctInfoDir(skb.ctInfo);
	if ((ct.status & natStatusBit(manip, dir)) === 0) return undefined;
	const other = ct.tuple(dir === ORIGINAL ? REPLY : ORIGINAL);
	manipIpv4(skb, icmp + ICMP_HLEN, other, manip === "src" ? "dst" : "src");
	fillIcmpChecksum(b, icmp, skb.end);
	const target = conntrackNet(ct.netns).scratch;
	invertTuple(other, target);
	target.proto = IPPROTO_ICMP;
	manipIpv4(skb, skb.network, target, manip);
	return undefined;
}

/** Rewrites one end of the IPv4 packet at `at`, a quoted one too, of which only eight transport bytes need be there. */
export function manipIpv4(skb: Skb, at: number, target: CtTuple, manip: Manip): void {
	const b = skb.bytes;
	if (at + 20 > skb.end) return;
	const l4 = at + ipv4HeaderLength(b, at);
	if (l4 + 8 <= skb.end) manipL4(skb, at, target, manip);
	if (manip === "src") setIpv4Src(b, at, ipv4Of(target.src));
	else setIpv4Dst(b, at, ipv4Of(target.dst));
}

function manipL4(skb: Skb, at: number, target: CtTuple, manip: Manip): void {
	const b = skb.bytes;
	const l4 = at + ipv4HeaderLength(b, at);
	// The connection's protocol, not the packet's: they differ where a device turned the packet into an ICMP error.
	switch (target.proto) {
		case IPPROTO_TCP:
			if (l4 + TCP_MIN_HLEN <= skb.end) mendChecksum(b, at, l4 + TCP_CHECK, { target, manip });
			putPort(b, l4, target, manip);
			break;
		case IPPROTO_UDP:
			if (get16(b, l4 + UDP_CHECK) !== 0) {
				mendChecksum(b, at, l4 + UDP_CHECK, { target, manip });
				// 0 would say that there is none.
				if (get16(b, l4 + UDP_CHECK) === 0) put16(b, l4 + UDP_CHECK, 0xffff);
			}
			putPort(b, l4, target, manip);
			break;
		case IPPROTO_SCTP:
			putPort(b, l4, target, manip);
			if (l4 + SCTP_HLEN <= skb.end) fillSctpChecksum(b, l4, skb.end);
			break;
		case IPPROTO_ICMP:
			manipIcmp(b, l4, target);
			break;
		default:
	}
}

function putPort(b: Uint8Array, l4: number, target: CtTuple, manip: Manip): void {
	if (manip === "src") put16(b, l4 + PORT_SRC, target.sport);
	else put16(b, l4 + PORT_DST, target.dport);
}

/** Mends the transport checksum at `check` for the address and port that are about to change. */
function mendChecksum(
	b: Uint8Array,
	at: number,
	check: number,
	to: { readonly target: CtTuple; readonly manip: Manip },
): void {
	const l4 = at + ipv4HeaderLength(b, at);
	const { target } = to;
	const src = to.manip === "src";
	const addr = ipv4Of(src ? target.src : target.dst);
	const sum = checksumReplace32(get16(b, check), src ? ipv4Src(b, at) : ipv4Dst(b, at), addr);
	const port = get16(b, l4 + (src ? PORT_SRC : PORT_DST));
	put16(b, check, checksumReplace16(sum, port, src ? target.sport : target.dport));
}

/** The id of a query takes the place of a port; errors have none. */
function manipIcmp(b: Uint8Array, l4: number, target: CtTuple): void {
	const type = icmpType(b, l4);
	if (type !== ICMP_ECHO && type !== ICMP_ECHOREPLY && (type < 13 || type > 18)) return;
	put16(b, l4 + 2, checksumReplace16(get16(b, l4 + 2), get16(b, l4 + 4), target.sport));
	put16(b, l4 + 4, target.sport);
}
