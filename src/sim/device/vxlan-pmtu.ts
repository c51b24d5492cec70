/** What a VXLAN device answers to a bridged packet that is too long for the outer path (net/ipv4/ip_tunnel_core.c: iptunnel_pmtud_build_icmp). */
import { ETH_HLEN, ETH_P_IP, ethDst, ethType, putEthernet } from "../../wire/ethernet.ts";
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, ICMP_HLEN, icmpIsError, icmpType, putIcmp } from "../../wire/icmpv4.ts";
import {
	IP_DF,
	IPPROTO_ICMP,
	IPV4_MIN_HLEN,
	ipv4Dst,
	ipv4Frag,
	ipv4HeaderLength,
	ipv4Proto,
	ipv4Src,
	ipv4Ttl,
	putIpv4,
} from "../../wire/ipv4.ts";
import { isLoopback, isMulticast, isZeronet, LIMITED_BROADCAST } from "../ipv4/martian.ts";
import { allocSkb } from "../skb.ts";
import { consumeSkb, originSkb, traceStep } from "../trace.ts";
import type { NetDevice, Skb } from "../types.ts";

/** The longest such error, IP header included. */
const ERROR_MAX = 576;

/** A frame for the sender of `skb`, as if from its destination; undefined: none is due, and the packet goes on. */
export function fragNeededReply(skb: Skb, dev: NetDevice, mtu: number): Skb | undefined {
	const { bytes, mac, network } = skb;
	if (ethType(bytes, mac) !== ETH_P_IP || mtu < ERROR_MAX || ipv4Frag(bytes, network) !== IP_DF) return undefined;
	const [src, dst] = [ipv4Src(bytes, network), ipv4Dst(bytes, network)];
	if (isGroup(dst) || isGroup(src) || isZeronet(src) || isLoopback(src)) return undefined;
	const isIcmp = ipv4Proto(bytes, network) === IPPROTO_ICMP;
	if (isIcmp && icmpIsError(icmpType(bytes, network + ipv4HeaderLength(bytes, network)))) return undefined;
	const quoted = bytes.subarray(network, Math.min(skb.end, network + ERROR_MAX - IPV4_MIN_HLEN - ICMP_HLEN));
	const totalLength = IPV4_MIN_HLEN + ICMP_HLEN + quoted.length;
	const reply = allocSkb(skb.machine, ETH_HLEN + totalLength);
	const ip = reply.data + ETH_HLEN;
	putEthernet(reply.bytes, reply.data, { dst: ethDst(bytes, mac + 6), src: ethDst(bytes, mac), type: ETH_P_IP });
	reply.bytes.set(quoted, ip + IPV4_MIN_HLEN + ICMP_HLEN);
	putIcmp(reply.bytes, ip + IPV4_MIN_HLEN, reply.end, { type: ICMP_DEST_UNREACH, code: ICMP_FRAG_NEEDED, rest: mtu });
	const ttl = ipv4Ttl(bytes, network);
	putIpv4(reply.bytes, ip, { src: dst, dst: src, proto: IPPROTO_ICMP, ttl, tos: 0, id: 0, frag: IP_DF, totalLength });
	reply.mac = reply.data;
	reply.network = ip;
	reply.protocol = ETH_P_IP;
	// Linux turns the packet itself into the error: it goes on as part of its connection, not as one about it.
	reply.mark = skb.mark;
	reply.ct = skb.ct;
	reply.ctInfo = skb.ctInfo;
	const what = "ICMP fragmentation needed";
	if (skb.machine.tracer !== undefined) {
		traceStep(skb, dev.netns, "iptunnel_pmtud_build_icmp", { step: "answer", what, child: reply.id });
		originSkb(reply, dev.netns, "iptunnel_pmtud_build_icmp", what, skb);
	}
	consumeSkb(
		skb,
		dev.netns,
		"iptunnel_pmtud_build_icmp",
		`too long for the outer path: answered with packet #${reply.id}`,
	);
	return reply;
}

function isGroup(addr: number): boolean {
	return addr === LIMITED_BROADCAST || isMulticast(addr);
}
