/**
 * Finding the socket of a packet before it is routed (net/ipv4/tcp_ipv4.c: tcp_v4_early_demux; udp.c: udp_v4_early_demux).
 * Linux saves itself a look-up by it; what is to be seen of it is the user that LOG --log-uid prints in INPUT.
 */
import { TCP_MIN_HLEN, tcpDport, tcpHeaderLength, tcpSport } from "../../wire/tcp.ts";
import { UDP_HLEN, udpDport, udpSport } from "../../wire/udp.ts";
import type { Skb } from "../types.ts";
import { inetDst, inetSrc } from "./inet.ts";
import { tcpTable } from "./tcp-table.ts";
import { udpTable } from "./udp-sock.ts";

/** Only connections: a listener, a half-open one and one in TIME_WAIT are no full sockets. */
export function tcpV4EarlyDemux(skb: Skb): void {
	const { dev, bytes, transport, end } = skb;
	if (dev === undefined || skb.pktType !== "host" || end - transport < TCP_MIN_HLEN) return;
	const { established } = tcpTable(dev.netns);
	if (established.size === 0 || tcpHeaderLength(bytes, transport) < TCP_MIN_HLEN) return;
	const found = established.find(inetDst(skb), tcpDport(bytes, transport), inetSrc(skb), tcpSport(bytes, transport));
	if (found?.kind === "sock" && isBoundTo(found.options.boundDev, dev.ifindex)) skb.sk = found;
}

/** Only connected sockets. */
export function udpV4EarlyDemux(skb: Skb): void {
	const { dev, bytes, transport, end } = skb;
	if (dev === undefined || skb.pktType !== "host" || end - transport < UDP_HLEN) return;
	const socks = udpTable(dev.netns).byPort.get(udpDport(bytes, transport));
	if (socks === undefined) return;
	const saddr = inetSrc(skb);
	const sport = udpSport(bytes, transport);
	skb.sk = socks.find(
		(sock) =>
			sock.raddr === saddr &&
			sock.rport === sport &&
			sock.laddr === inetDst(skb) &&
			isBoundTo(sock.options.boundDev, dev.ifindex),
	);
}

function isBoundTo(boundDev: number, ifindex: number): boolean {
	return boundDev === 0 || boundDev === ifindex;
}
