/** TCP's entry from IPv4: finding the socket of a segment, and ICMP errors about one (net/ipv4/tcp_ipv4.c). */
import { assertNever } from "../../base/assert-never.ts";
import {
	ICMP_DEST_UNREACH,
	ICMP_FRAG_NEEDED,
	ICMP_HOST_UNREACH,
	ICMP_NET_UNREACH,
	ICMP_PARAMETERPROB,
	ICMP_TIME_EXCEEDED,
} from "../../wire/icmpv4.ts";
import { ipv4Dst, ipv4HeaderLength, ipv4Src } from "../../wire/ipv4.ts";
import { tcpChecksumIsValid, tcpDport, tcpSeq, tcpSport } from "../../wire/tcp.ts";
import { dropSkb } from "../trace.ts";
import type { Fate, Netns, Skb } from "../types.ts";
import { icmpErrConvert } from "./errno.ts";
import { inetDst, inetSrc, v4 } from "./inet.ts";
import { readTcpArrival, type TcpArrival } from "./tcp-arrival.ts";
import { tcpFail } from "./tcp-done.ts";
import { tcpCheckReq, tcpListenRcv, tcpRequestDrop } from "./tcp-handshake.ts";
import { tcpDoRcv } from "./tcp-input.ts";
import { tcpCurrentMss, tcpMarkLost, tcpRetransmitLost } from "./tcp-output.ts";
import { tcpV4SendReset } from "./tcp-reset.ts";
import { after, before } from "./tcp-seq.ts";
import type { TcpSock } from "./tcp-sock.ts";
import { type TcpEndpoint, tcpLookupListener, tcpTable } from "./tcp-table.ts";
import { tcpTimewaitRcv } from "./tcp-timewait.ts";

const QUOTED_BYTES = 8;

/** Takes a segment with `skb.data` at its TCP header. */
export function tcpV4Rcv(skb: Skb): Fate {
	const { dev } = skb;
	if (dev === undefined) throw new Error("tcp_v4_rcv: a packet without a device");
	const { netns } = dev;
	if (skb.pktType !== "host")
		return dropSkb(skb, netns, "tcp_v4_rcv", "NOT_SPECIFIED", { detail: "not for this host" });
	const seg = readTcpArrival(skb);
	if (seg === undefined) return dropSkb(skb, netns, "tcp_v4_rcv", "PKT_TOO_SMALL");
	const saddr = inetSrc(skb);
	const daddr = inetDst(skb);
	if (!tcpChecksumIsValid(skb.bytes, skb.data, skb.end, { src: v4(saddr), dst: v4(daddr) })) {
		return dropSkb(skb, netns, "tcp_v4_rcv", "TCP_CSUM");
	}
	const table = tcpTable(netns);
	const dport = tcpDport(skb.bytes, skb.data);
	const found = table.established.find(daddr, dport, saddr, tcpSport(skb.bytes, skb.data));
	if (found !== undefined && isBoundTo(found, dev.ifindex)) return toEndpoint(found, seg);
	const listener = tcpLookupListener(table, daddr, dport, dev.ifindex);
	if (listener !== undefined) return tcpListenRcv(listener, seg);
	// Broadcasts get none, whatever their MAC address says.
	if (skb.dst?.type === "local") tcpV4SendReset(netns, seg);
	return dropSkb(skb, netns, "tcp_v4_rcv", "NO_SOCKET");
}

/** An ICMP error about a segment of a socket here; `skb.data` is at the quoted IP header. */
export function tcpV4Err(
	skb: Skb,
	error: { readonly type: number; readonly code: number; readonly info: number },
): void {
	const netns = skb.dev?.netns;
	if (netns === undefined) return;
	const { bytes, data } = skb;
	const tcp = data + ipv4HeaderLength(bytes, data);
	if (skb.end - tcp < QUOTED_BYTES) return;
	const found = lookupQuoted(netns, skb, tcp);
	const seq = tcpSeq(bytes, tcp);
	if (found === undefined || found.kind === "timewait") return;
	if (found.kind === "request") {
		const unreachable = error.code === ICMP_NET_UNREACH || error.code === ICMP_HOST_UNREACH;
		const aborts =
			error.type === ICMP_PARAMETERPROB ||
			error.type === ICMP_TIME_EXCEEDED ||
			(error.type === ICMP_DEST_UNREACH && unreachable);
		if (aborts && seq === found.sndIsn) tcpRequestDrop(found);
		return;
	}
	if (before(seq, found.sndUna) || after(seq, sndNxtNow(found))) return;
	if (error.type === ICMP_DEST_UNREACH && error.code === ICMP_FRAG_NEEDED) {
		tcpMtuReduced(found);
		return;
	}
	const meaning = icmpErrConvert(error.type, error.code);
	if (meaning === undefined) return;
	if (found.state === "SYN_SENT" || found.state === "SYN_RECV") tcpFail(found, meaning.errno);
	else found.softErrno = meaning.errno;
}

/** Until `connect` comes back from sending it, a SYN does not count as sent (`tcp_connect`). */
function sndNxtNow(sock: TcpSock): number {
	const isConnecting = sock.state === "SYN_SENT" && sock.openedInTurn === sock.options.netns.machine.loop.turn;
	return isConnecting ? sock.sndUna : sock.sndNxt;
}

/** A redirect is heard by a connection that is there, not by one that only begins or that waits to be forgotten. */
export function tcpHearsRedirect(skb: Skb): boolean {
	const netns = skb.dev?.netns;
	const tcp = skb.data + ipv4HeaderLength(skb.bytes, skb.data);
	if (netns === undefined || skb.end - tcp < QUOTED_BYTES) return false;
	const found = lookupQuoted(netns, skb, tcp);
	const seq = tcpSeq(skb.bytes, tcp);
	return found?.kind === "sock" && !before(seq, found.sndUna) && !after(seq, found.sndNxt);
}

function toEndpoint(found: TcpEndpoint, seg: TcpArrival): Fate {
	switch (found.kind) {
		case "sock":
			return tcpDoRcv(found, seg);
		case "request":
			return tcpCheckReq(found, seg);
		case "timewait":
			return tcpTimewaitRcv(found, seg);
		default:
			return assertNever(found);
	}
}

function isBoundTo(found: TcpEndpoint, ifindex: number): boolean {
	const { boundDev } = found.kind === "request" ? found.listener.options : found.options;
	return boundDev === 0 || boundDev === ifindex;
}

function lookupQuoted(netns: Netns, skb: Skb, tcp: number): TcpEndpoint | undefined {
	const { bytes, data } = skb;
	return tcpTable(netns).established.find(
		ipv4Src(bytes, data),
		tcpSport(bytes, tcp),
		ipv4Dst(bytes, data),
		tcpDport(bytes, tcp),
	);
}

/** The path's MTU became smaller: what is too long goes out again in shorter segments (`tcp_v4_mtu_reduced`, `tcp_simple_retransmit`). */
function tcpMtuReduced(sock: TcpSock): void {
	if (sock.options.pmtudisc === "dont") return;
	const before = sock.mss;
	tcpCurrentMss(sock);
	if (sock.mss >= before) return;
	for (const seg of sock.rtxQueue) if (seg.payload.length > sock.mss) tcpMarkLost(sock, seg);
	if (sock.lostOut === 0) return;
	if (sock.caState === "open") {
		sock.caState = "loss";
		sock.recover = sock.sndNxt;
	}
	tcpRetransmitLost(sock);
}
