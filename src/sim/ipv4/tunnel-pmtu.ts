/** What a tunnel tells the senders of packets that are too long for it (include/net/dst.h, net/ipv4/icmp.c: icmp_ndo_send). */
import { ipv4Dst, ipv4Proto, ipv4Src, ipv4Tos, setIpv4Src } from "../../wire/ipv4.ts";
import { ctInfoDir, IPS_NAT_MASK, skbCt } from "../netfilter/conntrack/types.ts";
import type { Skb } from "../types.ts";
import { ipv4DstOf } from "./dst.ts";
import { icmpSend } from "./icmp.ts";
import { ipv4UpdatePmtu } from "./route.ts";

/** Notes that the inner packet's path takes only `mtu` bytes (`skb_dst_update_pmtu_no_confirm`). */
export function lowerPathMtu(skb: Skb, mtu: number): void {
	const dst = ipv4DstOf(skb);
	// Linux notes an equal one too, which changes nothing but what `ip route get` shows.
	if (dst === undefined || dst.mtu <= mtu) return;
	const { bytes, network } = skb;
	const flow = {
		dst: ipv4Dst(bytes, network),
		src: ipv4Src(bytes, network),
		mark: skb.mark,
		tos: ipv4Tos(bytes, network),
		proto: ipv4Proto(bytes, network),
	};
	ipv4UpdatePmtu(dst.dev.netns, flow, mtu);
}

/** An ICMP error about a packet that POST_ROUTING may have translated: it goes to the address that the packet came from. */
export function icmpNdoSend(skb: Skb, type: number, code: number, rest: number): void {
	const ct = skbCt(skb);
	if (ct === undefined || (ct.status & IPS_NAT_MASK) === 0) {
		icmpSend(skb, type, code, rest);
		return;
	}
	const { bytes, network } = skb;
	const translated = ipv4Src(bytes, network);
	const original = ct.tuple(ctInfoDir(skb.ctInfo)).src;
	if (typeof original === "number") setIpv4Src(bytes, network, original);
	icmpSend(skb, type, code, rest);
	setIpv4Src(bytes, network, translated);
}
