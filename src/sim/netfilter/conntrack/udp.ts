/** UDP in connection tracking (nf_conntrack_proto_udp.c). */
import { ipv4Dst, ipv4HeaderLength, ipv4Src } from "../../../wire/ipv4.ts";
import { UDP_HLEN, udpChecksumIsValid, udpLength } from "../../../wire/udp.ts";
import type { HookState, Skb } from "../../types.ts";
import type { ConntrackNet } from "./net.ts";
import { type L4Verdict, refresh, refuse, verifiesChecksum } from "./proto.ts";
import { type Conntrack, IPS_ASSURED, IPS_CONFIRMED, IPS_SEEN_REPLY } from "./types.ts";

/** How long both ends must talk before the flow counts as a stream. */
const STREAM_AFTER_NS = 2e9;

export function udpPacket(skb: Skb, ct: Conntrack, net: ConntrackNet, state: HookState): L4Verdict {
	const error = udpError(skb, net, state);
	if (error !== undefined) return refuse(net, error);
	const { udpNs, udpStreamNs } = net.settings;
	if ((ct.status & IPS_CONFIRMED) === 0) ct.streamNs = net.now() + STREAM_AFTER_NS;
	if ((ct.status & IPS_SEEN_REPLY) !== 0 && net.now() > ct.streamNs) {
		refresh(ct, udpStreamNs, net);
		ct.status |= IPS_ASSURED;
	} else refresh(ct, udpNs, net);
	return "accept";
}

function udpError(skb: Skb, net: ConntrackNet, state: HookState): string | undefined {
	const b = skb.bytes;
	const at = skb.network + ipv4HeaderLength(b, skb.network);
	if (at + UDP_HLEN > skb.end) return "short UDP packet";
	const length = udpLength(b, at);
	if (length < UDP_HLEN || at + length > skb.end) return "truncated or malformed UDP packet";
	if (!verifiesChecksum(net, state)) return undefined;
	const addrs = { src: ipv4Src(b, skb.network), dst: ipv4Dst(b, skb.network) };
	skb.checksumIsKnown = udpChecksumIsValid(b, at, at + length, addrs);
	return skb.checksumIsKnown ? undefined : "bad UDP checksum";
}
