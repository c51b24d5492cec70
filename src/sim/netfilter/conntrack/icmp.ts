/** ICMP in connection tracking (nf_conntrack_proto_icmp.c): queries by id, errors by the packet they quote. */
import {
	ICMP_ECHO,
	ICMP_HLEN,
	ICMP_TIMESTAMP,
	icmpChecksumIsValid,
	icmpIsError,
	icmpType,
} from "../../../wire/icmpv4.ts";
import { ipv4Dst, ipv4HeaderLength } from "../../../wire/ipv4.ts";
import type { HookState, Skb } from "../../types.ts";
import type { ConntrackNet } from "./net.ts";
import { type L4Verdict, refresh, refuse, verifiesChecksum } from "./proto.ts";
import { invertTuple, readIpv4Tuple } from "./tuple.ts";
import { type Conntrack, IPS_CONFIRMED, REPLY } from "./types.ts";

/** The highest type that conntrack lets pass (NR_ICMP_TYPES). */
const MAX_TYPE = 18;
const ICMP_INFO_REQUEST = 15;
const ICMP_ADDRESS = 17;

export function icmpPacket(skb: Skb, ct: Conntrack, net: ConntrackNet): L4Verdict {
	if ((ct.status & IPS_CONFIRMED) === 0) {
		const type = icmpType(skb.bytes, skb.network + ipv4HeaderLength(skb.bytes, skb.network));
		const asks = type === ICMP_ECHO || type === ICMP_TIMESTAMP || type === ICMP_INFO_REQUEST || type === ICMP_ADDRESS;
		if (!asks) return refuse(net, `ICMP type ${type} cannot begin a flow`);
	}
	refresh(ct, net.settings.icmpNs, net);
	return "accept";
}

/**
 * Looks at an ICMP packet before it is looked up by itself: `related`: it is an error about a known flow, which it now
 * belongs to; `accept`: not an error (`nf_conntrack_icmpv4_error`).
 */
export function icmpError(skb: Skb, net: ConntrackNet, state: HookState): "accept" | "invalid" | "related" {
	const b = skb.bytes;
	const at = skb.network + ipv4HeaderLength(b, skb.network);
	if (at + ICMP_HLEN > skb.end) return refuse(net, "short ICMP packet");
	if (verifiesChecksum(net, state)) {
		skb.checksumIsKnown = icmpChecksumIsValid(b, at, skb.end);
		if (!skb.checksumIsKnown) return refuse(net, "bad ICMP checksum");
	}
	const type = icmpType(b, at);
	if (type > MAX_TYPE) return refuse(net, `unknown ICMP type ${type}`);
	return icmpIsError(type) ? inetError(skb, at + ICMP_HLEN, net) : "accept";
}

/** The quoted packet of the error at `inner` belongs to a flow; the error goes the other way (`nf_conntrack_inet_error`). */
function inetError(skb: Skb, inner: number, net: ConntrackNet): "invalid" | "related" {
	const quoted = net.scratch;
	const answer = net.scratch2;
	if (!readIpv4Tuple(skb.bytes, inner, skb.end, quoted) || !invertTuple(quoted, answer)) {
		return refuse(net, "the packet that the ICMP error quotes has no tuple");
	}
	const hit = net.find(answer);
	if (hit?.ct === undefined) return refuse(net, "the ICMP error is about no known flow");
	if (hit.dst !== ipv4Dst(skb.bytes, skb.network)) {
		return refuse(net, "the ICMP error is not addressed to the sender of the packet it quotes");
	}
	skb.ct = hit.ct;
	skb.ctInfo = hit.dir === REPLY ? "related-reply" : "related";
	return "related";
}
