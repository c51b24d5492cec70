/** Receiving datagrams and ICMP errors about them (net/ipv4/udp.c: udp_rcv, udp_err). */
import type { SocketAddr, SocketError, UdpErrorReport } from "../../kernel/socket.ts";
import { type IpNum, ipText } from "../../wire/addr.ts";
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, ICMP_PORT_UNREACH } from "../../wire/icmpv4.ts";
import { ipv4Dst, ipv4HeaderLength, ipv4Src } from "../../wire/ipv4.ts";
import { UDP_HLEN, udpChecksumIsValid, udpDport, udpLength, udpSport } from "../../wire/udp.ts";
import type { Work } from "../event-loop.ts";
import { icmpSend } from "../ipv4/icmp.ts";
import { deliverSkb, dropSkb } from "../trace.ts";
import type { Fate, Netns, Skb } from "../types.ts";
import { icmpErrConvert, socketError } from "./errno.ts";
import { inetDst, inetSrc, v4 } from "./inet.ts";
import { describeSock, socketAddr } from "./sock-options.ts";
import { type UdpArrival, type UdpSock, udpLookup, udpLookupAll, udpTable } from "./udp-sock.ts";

/** Takes a datagram with `skb.data` at its UDP header. */
export function udpRcv(skb: Skb): Fate {
	const netns = skb.dev?.netns;
	if (netns === undefined) throw new Error("udp_rcv: a packet without a device");
	const { bytes, data } = skb;
	if (skb.length < UDP_HLEN) return dropSkb(skb, netns, "__udp4_lib_rcv", "PKT_TOO_SMALL");
	const length = udpLength(bytes, data);
	if (length < UDP_HLEN || length > skb.length) return dropSkb(skb, netns, "__udp4_lib_rcv", "PKT_TOO_SMALL");
	const end = data + length;
	const saddr = inetSrc(skb);
	const daddr = inetDst(skb);
	if (!udpChecksumIsValid(bytes, data, end, { src: v4(saddr), dst: v4(daddr) })) {
		return dropSkb(skb, netns, "__udp4_lib_rcv", "UDP_CSUM");
	}
	const at: UdpArrival = {
		saddr,
		sport: udpSport(bytes, data),
		daddr,
		dport: udpDport(bytes, data),
		dif: skb.dev?.ifindex ?? 0,
	};
	const type = skb.dst?.type;
	if (type === "broadcast" || type === "multicast") return udpDeliverToAll(skb, netns, at, end);
	const sock = udpLookup(udpTable(netns), at);
	if (sock !== undefined) return udpQueueRcv(sock, skb, at, end);
	skb.ct = undefined; // nf_reset_ct: the error is looked up by what it quotes.
	skb.ctInfo = "none";
	icmpSend(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	return dropSkb(skb, netns, "__udp4_lib_rcv", "NO_SOCKET");
}

/** An ICMP error about a datagram of a socket here; `skb.data` is at the quoted IP header. */
export function udpErr(skb: Skb, error: { readonly type: number; readonly code: number; readonly info: number }): void {
	const { bytes, data } = skb;
	const udp = data + ipv4HeaderLength(bytes, data);
	const sock = quotedSock(skb);
	if (sock === undefined) return;
	const report: UdpErrorReport = {
		from: ipText(inetSrc(skb)),
		type: error.type,
		code: error.code,
		to: socketAddr(ipv4Dst(bytes, data), udpDport(bytes, udp)),
		...(error.type === ICMP_DEST_UNREACH && error.code === ICMP_FRAG_NEEDED ? { mtu: error.info } : {}),
	};
	skb.machine.loop.wake(reportWork, { sock, report, error: socketErrorOf(sock, error) });
}

/** What an ICMP error means to a connected socket. */
function socketErrorOf(
	sock: UdpSock,
	{ type, code, info }: { readonly type: number; readonly code: number; readonly info: number },
): SocketError | undefined {
	if (sock.rport === 0) return undefined;
	if (type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED) {
		return sock.options.pmtudisc === "dont" ? undefined : socketError("EMSGSIZE", `mtu=${info}`);
	}
	const meaning = icmpErrConvert(type, code);
	return meaning?.fatal === true ? socketError(meaning.errno) : undefined;
}

/** A redirect is heard by the socket that sent the datagram. */
export function udpHearsRedirect(skb: Skb): boolean {
	return quotedSock(skb) !== undefined;
}

/** The socket that sent the quoted datagram. */
function quotedSock({ bytes, data, end, dev }: Skb): UdpSock | undefined {
	const udp = data + ipv4HeaderLength(bytes, data);
	if (dev === undefined || end - udp < UDP_HLEN) return undefined;
	return udpLookup(udpTable(dev.netns), {
		saddr: ipv4Dst(bytes, data),
		sport: udpDport(bytes, udp),
		daddr: ipv4Src(bytes, data),
		dport: udpSport(bytes, udp),
		dif: dev.ifindex,
	});
}

function udpQueueRcv(sock: UdpSock, skb: Skb, at: UdpArrival, end: number): Fate {
	if (sock.encapRcv !== undefined) return sock.encapRcv(skb, end);
	const fate = deliverSkb(skb, sock.options.netns, "udp_queue_rcv_skb", deliveredTo(skb, sock, at));
	give(sock, skb.bytes.subarray(skb.data + UDP_HLEN, end), at);
	return fate;
}

function udpDeliverToAll(skb: Skb, netns: Netns, at: UdpArrival, end: number): Fate {
	const socks = udpLookupAll(udpTable(netns), at);
	if (socks.length === 0) return dropSkb(skb, netns, "__udp4_lib_mcast_deliver", "NO_SOCKET");
	const [only] = socks;
	if (only?.encapRcv !== undefined && socks.length === 1) return only.encapRcv(skb, end);
	const to = socks.map((sock) => deliveredTo(skb, sock, at)).join(", ");
	const fate = deliverSkb(skb, netns, "__udp4_lib_mcast_deliver", to);
	for (const sock of socks) give(sock, skb.bytes.slice(skb.data + UDP_HLEN, end), at);
	return fate;
}

function give(sock: UdpSock, payload: Uint8Array, at: UdpArrival): void {
	if (sock.handlers.onDatagram !== undefined) sock.options.netns.machine.loop.wake(datagramWork, { sock, payload, at });
}

/** The program reads a datagram: not before all packets under way have arrived. */
const datagramWork: Work<{ readonly sock: UdpSock; readonly payload: Uint8Array; readonly at: UdpArrival }> = {
	run({ sock, payload, at }) {
		sock.handlers.onDatagram?.(payload, fromName(sock, at.saddr, at.sport), toName(sock, at.daddr));
	},
};

const reportWork: Work<{
	readonly sock: UdpSock;
	readonly report: UdpErrorReport;
	readonly error: SocketError | undefined;
}> = {
	run({ sock, report, error }) {
		sock.handlers.onIcmpError?.(report);
		if (error !== undefined) sock.handlers.onError?.(error);
	},
};

function fromName(sock: UdpSock, saddr: IpNum, sport: number): SocketAddr {
	const last = sock.lastFrom;
	if (last !== undefined && last.num === saddr && last.name.port === sport) return last.name;
	const name = socketAddr(saddr, sport);
	sock.lastFrom = { num: saddr, name };
	return name;
}

function toName(sock: UdpSock, daddr: IpNum): SocketAddr {
	const last = sock.lastHere;
	if (last !== undefined && last.num === daddr) return last.name;
	const name = socketAddr(daddr, sock.lport);
	sock.lastHere = { num: daddr, name };
	return name;
}

function deliveredTo(skb: Skb, sock: UdpSock, at: UdpArrival): string {
	if (skb.machine.tracer === undefined) return "";
	return describeSock("udp", at.daddr, at.dport, sock.options.program);
}
