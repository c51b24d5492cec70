/** IPv4 forwarding (net/ipv4/ip_forward.c). */
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, ICMP_TIME_EXCEEDED } from "../../wire/icmpv4.ts";
import { IP_DF, ipv4Frag, ipv4Ttl, setIpv4Ttl } from "../../wire/ipv4.ts";
import { nfHook } from "../netfilter/hooks.ts";
import { dropSkb, traceStep } from "../trace.ts";
import type { Fate, Netns, Skb } from "../types.ts";
import { inetConf } from "./devinet-sysctl.ts";
import { ipv4DstOf } from "./dst.ts";
import { icmpSend } from "./icmp.ts";
import { ipRtSendRedirect } from "./ip-error.ts";

/**
 * After so many encapsulations Linux 6.18 drops a packet here (measured): one that comes back into its tunnel by way of
 * another host ends so, for it is sent anew each time, where `xmitDepth` stops none. The cause is inferred: each time that
 * room is made for a tunnel's headers the buffer doubles, until `skb_cow` finds no memory.
 */
const MAX_ENCAPSULATIONS = 17;

/** Passes on a routed packet: time to live, length, redirect, FORWARD, then out. */
export function ipForward(skb: Skb): Fate {
	const dst = ipv4DstOf(skb);
	const indev = skb.dev;
	if (dst === undefined || indev === undefined) throw new Error("ip_forward: the packet has no route or device");
	const { netns } = indev;
	if (skb.pktType !== "host") {
		return dropSkb(skb, netns, "ip_forward", "NOT_SPECIFIED", { detail: `a ${skb.pktType} frame is not forwarded` });
	}
	const { bytes, network } = skb;
	const ttl = ipv4Ttl(bytes, network);
	if (ttl <= 1) {
		icmpSend(skb, ICMP_TIME_EXCEEDED, 0, 0);
		return dropSkb(skb, netns, "ip_forward", "TTL_EXPIRED");
	}
	skb.forwarded = true;
	const mtu = inetConf(netns).ipForwardUsePmtu === 0 ? dst.forwardMtu : dst.mtu;
	if (ipExceedsMtu(skb, mtu)) {
		icmpSend(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
		const detail = `${skb.end - network} bytes, MTU ${mtu} of ${dst.dev.name}`;
		return dropSkb(skb, netns, "ip_forward", "PKT_TOO_BIG", { detail });
	}
	if (skb.encapsulations >= MAX_ENCAPSULATIONS) {
		const detail = `${skb.encapsulations} tunnels' headers were put in front of it: it came back into one`;
		return dropSkb(skb, netns, "ip_forward", "NOT_SPECIFIED", { detail });
	}
	setIpv4Ttl(bytes, network, ttl - 1);
	if (skb.machine.tracer !== undefined) traceTtl(skb, netns, ttl);
	if (skb.doRedirect) ipRtSendRedirect(skb, dst);
	return nfHook({ family: "ipv4", hook: "FORWARD", netns, indev, outdev: dst.dev, okfn: ipForwardFinish }, skb);
}

function ipForwardFinish(skb: Skb): Fate {
	if (skb.dst === undefined) throw new Error("ip_forward_finish: the packet lost its route");
	return skb.dst.output(skb);
}

/** Longer than the MTU, and says "don't fragment"; what was put together counts by its largest fragment. */
function ipExceedsMtu(skb: Skb, mtu: number): boolean {
	if (skb.end - skb.network <= mtu) return false;
	if ((ipv4Frag(skb.bytes, skb.network) & IP_DF) === 0) return false;
	return !skb.ignoreDf || skb.fragMaxSize > mtu;
}

function traceTtl(skb: Skb, netns: Netns, ttl: number): void {
	traceStep(skb, netns, "ip_decrease_ttl", { step: "ttl", before: ttl, after: ttl - 1 });
}
