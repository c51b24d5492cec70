/** IPVS and connection tracking (ip_vs_nfct.c): by default its packets are not tracked; with `vs.conntrack` entries show where they go. */
import { IPPROTO_ICMP } from "../../wire/ipv4.ts";
import { ctInfoDir, IPS_CONFIRMED, IPS_DYING, ORIGINAL, skbCt } from "../netfilter/conntrack/types.ts";
import type { Skb } from "../types.ts";
import { CONN_F_NFCT, type IpvsConn } from "./types.ts";

/** Takes the packet out of tracking: NAT and `-m conntrack` see none of it from here on (`ip_vs_notrack`). */
export function ipVsNotrack(skb: Skb): void {
	skb.ct = undefined;
	skb.ctInfo = "untracked";
}

/** The connection uses conntrack and the packet's entry is older than it (`ip_vs_conn_uses_old_conntrack`). */
export function ipVsConnUsesOldConntrack(cp: IpvsConn, skb: Skb): boolean {
	return cp.has(CONN_F_NFCT) && skbCt(skb)?.confirmed === true;
}

/**
 * Makes the answer that a new entry expects come from the real server (`towards` it) or go to the virtual address. No bit says
 * that the entry is translated, so `--ctstate DNAT` does not match (`ip_vs_update_conntrack`).
 */
export function ipVsUpdateConntrack(skb: Skb, cp: IpvsConn, towards: "server" | "client"): void {
	const ct = skbCt(skb);
	if (ct === undefined || (ct.status & (IPS_CONFIRMED | IPS_DYING)) !== 0) return;
	if (cp.method !== "masq" || ctInfoDir(skb.ctInfo) !== ORIGINAL) return;
	const hasPort = ct.proto !== IPPROTO_ICMP;
	if (towards === "server") {
		ct.reply.src = cp.daddr;
		if (hasPort) ct.reply.sport = cp.dport;
	} else {
		ct.reply.dst = cp.vaddr;
		if (hasPort) ct.reply.dport = cp.vport;
	}
}
