/** Building TCP packets and handing them to IP (net/ipv4/tcp_output.c: __tcp_transmit_skb; ip_send_unicast_reply). */
import type { IpNum } from "../../wire/addr.ts";
import { IPPROTO_TCP } from "../../wire/ipv4.ts";
import { put32 } from "../../wire/read-write.ts";
import { buildTcpOptions, putTcp, TCP_ACK, TCP_MIN_HLEN, TCP_SYN } from "../../wire/tcp.ts";
import { neighConfirm, neighHolds } from "../core/neighbour.ts";
import { inetConf } from "../ipv4/devinet-sysctl.ts";
import { allocSkb } from "../skb.ts";
import { KERNEL_SOCKET, type SkbSocket } from "../skb-socket.ts";
import { dropSkb, originSkb } from "../trace.ts";
import type { Dst, Netns, Skb } from "../types.ts";
import { inetRoute, inetRouteGeneration, inetXmit, type Origin, v4 } from "./inet.ts";
import { endText, type SockOptions, sockTtl } from "./sock-options.ts";
import { NO_BYTES, tcpFlagNames } from "./tcp-arrival.ts";
import type { TcpEnds } from "./tcp-secure.ts";
import type { TcpSock } from "./tcp-sock.ts";
import { TCP_TS_BYTES, tcpAdvMss, tcpSelectWindow } from "./tcp-window.ts";

/** Milliseconds, the unit of time stamps. */
export function tcpClockMs(netns: Netns): number {
	return Math.floor(netns.machine.loop.now() / 1_000_000);
}

/**
 * Sends one segment of a connection. `flags` with TCP_SYN gets the options of a SYN; an ACK clears `ackPending`. Undefined:
 * there was no route; `sendFailed` says so, too, and whether netfilter dropped it.
 */
export function tcpTransmit(sock: TcpSock, seq: number, flags: number, payload: Uint8Array): Skb | undefined {
	const { netns } = sock.options;
	const dst = tcpRoute(sock);
	sock.sendFailed = dst === undefined;
	const syn = (flags & TCP_SYN) !== 0;
	const window = syn ? Math.min(sock.rcvWnd, 65535) : tcpSelectWindow(sock) >>> sock.rcvWscale;
	if ((flags & TCP_ACK) !== 0) sock.ackPending = false;
	const options = syn ? synOptions(sock, dst) : stampOption(sock);
	const skb = buildTcp(netns, sock, {
		seq,
		ack: (flags & TCP_ACK) === 0 ? 0 : sock.rcvNxt,
		flags,
		window,
		options,
		payload,
	});
	skb.sk = sock;
	skb.checksumIsOpen = true;
	skb.hashedBySocket = true;
	skb.mark = sock.options.mark;
	const origin =
		netns.machine.tracer === undefined
			? undefined
			: { fn: "__ip_queue_xmit", what: whatOf(sock, flags, payload.length) };
	if (dst === undefined) {
		dropUnrouted(skb, netns, origin);
		return undefined;
	}
	skb.dst = dst;
	if (sock.dstPendingConfirm) confirmNeighbour(sock, dst);
	const id = sock.ipId;
	sock.ipId = (id + 1) & 0xffff;
	inetXmit(
		netns,
		skb,
		{
			src: sock.laddr,
			dst: sock.raddr,
			proto: IPPROTO_TCP,
			ttl: sockTtl(sock.options),
			tos: sock.options.tos,
			id,
			df: sock.options.pmtudisc !== "dont",
		},
		origin,
	);
	return skb;
}

/** True: the packet has not left, it waits for the next hop's MAC address (`skb_still_in_host_queue`). */
export function tcpStillHere(sock: TcpSock, skb: Skb | undefined): boolean {
	if (skb?.dst === undefined) return false;
	return neighHolds(skb.dst.dev, skb.dst.gateway ?? sock.raddr, skb);
}

/** The route of a connection's packets; undefined: there is none now. */
export function tcpRoute(sock: TcpSock): Dst | undefined {
	const generation = inetRouteGeneration(sock.options.netns);
	if (sock.dst === undefined || sock.dstGeneration !== generation) {
		sock.dst = tcpRouteOf(sock, sock.options);
		sock.dstGeneration = generation;
	}
	return sock.dst;
}

/** A segment that no full socket sends: RST, the ACK of TIME_WAIT, a SYN-ACK. It goes out with DF and id 0. */
export interface TcpReply {
	readonly seq: number;
	readonly ack: number;
	readonly flags: number;
	/** As on the wire, scaled. */
	readonly window: number;
	readonly options: Uint8Array;
	/** The Linux function that sends it. */
	readonly fn: string;
	/** The packet that it answers. */
	readonly parent?: Skb;
	/** From a socket: its options; absent: from nobody. */
	readonly from?: SockOptions;
	/** The socket that netfilter shall take it to come from; absent: the kernel's own. */
	readonly sk?: SkbSocket;
	readonly tos?: number;
}

/** Sends a reply from the local to the remote end. Undefined: there is no route. */
export function tcpSendReply(netns: Netns, ends: TcpEnds, reply: TcpReply): Skb | undefined {
	const dst = tcpRouteOf(ends, reply.from ?? { netns, boundDev: 0, mark: 0, tos: reply.tos ?? 0 });
	if (dst === undefined) return undefined;
	const skb = buildTcp(netns, ends, { ...reply, payload: NO_BYTES });
	skb.dst = dst;
	skb.sk = reply.sk ?? KERNEL_SOCKET;
	skb.mark = reply.from?.mark ?? 0;
	// Only a SYN-ACK's: what answers for no full socket is summed up by `ip_send_unicast_reply`.
	skb.checksumIsOpen = (reply.flags & TCP_SYN) !== 0;
	skb.hashedBySocket = reply.from !== undefined;
	const header = {
		src: ends.laddr,
		dst: ends.raddr,
		proto: IPPROTO_TCP,
		ttl: reply.from === undefined ? inetConf(netns).ipDefaultTtl : sockTtl(reply.from),
		tos: reply.from?.tos ?? reply.tos ?? 0,
		id: 0,
		df: true,
	};
	inetXmit(netns, skb, header, {
		fn: reply.fn,
		what: netns.machine.tracer === undefined ? "" : whatOf(ends, reply.flags, 0),
		...(reply.parent === undefined ? {} : { parent: reply.parent }),
	});
	return skb;
}

/** `nop, nop, TS`. */
export function timestampOption(value: number, echo: number): Uint8Array {
	const option = new Uint8Array(TCP_TS_BYTES);
	put32(option, 0, 0x0101080a);
	put32(option, 4, value);
	put32(option, 8, echo);
	return option;
}

/** The route for packets between two ends. */
export function tcpRouteOf(
	ends: TcpEnds,
	options: { readonly netns: Netns; readonly boundDev: number; readonly mark: number; readonly tos: number },
): Dst | undefined {
	const route = inetRoute(options.netns, {
		dst: ends.raddr,
		src: ends.laddr,
		oif: options.boundDev,
		mark: options.mark,
		tos: options.tos,
		proto: IPPROTO_TCP,
		sport: ends.lport,
		dport: ends.rport,
		anySrc: true,
	});
	return route.ok ? route.value : undefined;
}

interface Segment {
	readonly seq: number;
	readonly ack: number;
	readonly flags: number;
	readonly window: number;
	readonly options: Uint8Array;
	readonly payload: Uint8Array;
}

function buildTcp(netns: Netns, ends: TcpEnds, segment: Segment): Skb {
	const { options, payload } = segment;
	const skb = allocSkb(netns.machine, TCP_MIN_HLEN + options.length + payload.length);
	if (payload.length > 0) skb.bytes.set(payload, skb.data + TCP_MIN_HLEN + options.length);
	putTcp(skb.bytes, skb.data, skb.end, {
		src: v4(ends.laddr),
		dst: v4(ends.raddr),
		sport: ends.lport,
		dport: ends.rport,
		seq: segment.seq,
		ack: segment.ack,
		flags: segment.flags,
		window: segment.window,
		options,
	});
	return skb;
}

function synOptions(sock: TcpSock, dst: Dst | undefined): Uint8Array {
	const value = (tcpClockMs(sock.options.netns) + sock.tsOffset) >>> 0;
	return buildTcpOptions({
		mss: tcpAdvMss(dst?.mtu ?? 1500),
		...(sock.sackOk ? { sackPermitted: true as const } : {}),
		...(sock.tstampOk ? { timestamps: { value, echo: sock.tsRecent } } : {}),
		...(sock.wscaleOk ? { windowScale: sock.rcvWscale } : {}),
	});
}

function stampOption(sock: TcpSock): Uint8Array {
	if (!sock.tstampOk) return NO_BYTES;
	return timestampOption((tcpClockMs(sock.options.netns) + sock.tsOffset) >>> 0, sock.tsRecent);
}

/** The next hop need not be asked whether it is there (`sock_confirm_neigh`). */
function confirmNeighbour(sock: TcpSock, dst: Dst): void {
	sock.dstPendingConfirm = false;
	neighConfirm(dst.dev, dst.gateway ?? sock.raddr);
}

function dropUnrouted(skb: Skb, netns: Netns, origin: Origin | undefined): void {
	if (origin === undefined) return;
	originSkb(skb, netns, origin.fn, origin.what);
	dropSkb(skb, netns, "__ip_queue_xmit", "IP_OUTNOROUTES");
}

function whatOf(ends: TcpEnds, flags: number, payloadBytes: number): string {
	const length = payloadBytes === 0 ? "" : `, ${payloadBytes} bytes`;
	const from: IpNum = ends.laddr;
	return `TCP ${tcpFlagNames(flags)} ${endText(from, ends.lport)} → ${endText(ends.raddr, ends.rport)}${length}`;
}
