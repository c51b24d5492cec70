/** Counting packets at the destination, its service and in all, while the destination is there (`ip_vs_in_stats`, `ip_vs_out_stats`). */
import type { Skb } from "../types.ts";
import type { IpvsNet } from "./net.ts";
import type { IpvsConn } from "./types.ts";

export function countIn(net: IpvsNet, cp: IpvsConn, skb: Skb): void {
	const { dest } = cp;
	if (dest?.available !== true) return;
	const bytes = skb.end - skb.network;
	dest.stats.countIn(net, bytes);
	dest.svc.stats.countIn(net, bytes);
	net.totals.countIn(net, bytes);
}

export function countOut(net: IpvsNet, cp: IpvsConn, skb: Skb): void {
	const { dest } = cp;
	if (dest?.available !== true) return;
	const bytes = skb.end - skb.network;
	dest.stats.countOut(net, bytes);
	dest.svc.stats.countOut(net, bytes);
	net.totals.countOut(net, bytes);
}
