/** What the router tells senders (net/ipv4/route.c: ip_error, ip_rt_send_redirect, ipv4_link_failure). */
import type { DropReason } from "../../kernel/drop-reason.ts";
import {
	ICMP_DEST_UNREACH,
	ICMP_FRAG_NEEDED,
	ICMP_HOST_UNREACH,
	ICMP_NET_UNREACH,
	ICMP_PKT_FILTERED,
	ICMP_REDIRECT,
} from "../../wire/icmpv4.ts";
import { ipv4Dst, ipv4Src } from "../../wire/ipv4.ts";
import { dropSkb } from "../trace.ts";
import type { Fate, Skb } from "../types.ts";
import { inDev } from "./devinet.ts";
import { type DstErrno, type Ipv4Dst, ipv4DstOf } from "./dst.ts";
import { icmpSend } from "./icmp.ts";
import { ipErrorAllows, redirectAllows } from "./inet-peer.ts";

const ICMP_REDIR_HOST = 1;

/** The end of a packet without a route, or with one that refuses; its sender is told, but not too often. */
export function ipError(skb: Skb): Fate {
	const dst = ipv4DstOf(skb);
	const dev = skb.dev ?? dst?.dev;
	if (dev === undefined || dst?.errno === undefined) throw new Error("ip_error: the packet has a route");
	const { netns } = dev;
	if (inDev(dev).forwarding === 0) {
		return dropSkb(skb, netns, "ip_error", "IP_INADDRERRORS", { detail: `forwarding is off on ${dev.name}` });
	}
	const { code, reason } = OUTCOMES[dst.errno];
	if (code !== undefined && ipErrorAllows(netns, ipv4Src(skb.bytes, skb.network))) {
		icmpSend(skb, ICMP_DEST_UNREACH, code, 0);
	}
	return dropSkb(skb, netns, "ip_error", reason);
}

/** The next hop does not answer: the sender is told (`ipv4_send_dest_unreach`). */
export function ipv4LinkFailure(skb: Skb): void {
	icmpSend(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
}

/** Too long for the next link, and not to be cut. */
export function ipv4FragNeeded(skb: Skb, mtu: number): void {
	icmpSend(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
}

/** Tells the sender of a packet that leaves where it came in that there is a nearer way (`ip_rt_send_redirect`). */
export function ipRtSendRedirect(skb: Skb, dst: Ipv4Dst): void {
	const { dev } = skb;
	if (dev === undefined || inDev(dev).sendRedirects === 0) return;
	const src = ipv4Src(skb.bytes, skb.network);
	const gateway = dst.gateway ?? ipv4Dst(skb.bytes, skb.network);
	if (!redirectAllows(dev.netns, src)) return;
	icmpSend(skb, ICMP_REDIRECT, ICMP_REDIR_HOST, gateway);
}

/** The code of the answer, if there is one, and the reason of the drop. */
const OUTCOMES: Readonly<Record<DstErrno, { readonly code: number | undefined; readonly reason: DropReason }>> = {
	EHOSTUNREACH: { code: ICMP_HOST_UNREACH, reason: "ROUTE_UNREACHABLE" },
	ENETUNREACH: { code: ICMP_NET_UNREACH, reason: "IP_INNOROUTES" },
	EACCES: { code: ICMP_PKT_FILTERED, reason: "ROUTE_PROHIBIT" },
	EINVAL: { code: undefined, reason: "ROUTE_BLACKHOLE" },
};
