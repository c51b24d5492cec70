/** Sending datagrams (net/ipv4/udp.c: udp_sendmsg). */
import { ok, type Result } from "../../base/result.ts";
import type { SocketAddr, SocketError } from "../../kernel/socket.ts";
import type { IpNum } from "../../wire/addr.ts";
import { IPPROTO_UDP, IPV4_MIN_HLEN } from "../../wire/ipv4.ts";
import { putUdp, UDP_HLEN } from "../../wire/udp.ts";
import { ipSelectIdent } from "../ipv4/ip-output.ts";
import type { OutputFlow } from "../ipv4/route.ts";
import { allocSkb } from "../skb.ts";
import type { Dst } from "../types.ts";
import { socketErr, tooLongErr } from "./errno.ts";
import { inetAppendSizes, inetRoute, inetRouteConnect, inetRouteGeneration, inetXmit, v4 } from "./inet.ts";
import { ADDR_ANY, endText, remoteAddr, sockTtl } from "./sock-options.ts";
import type { UdpSock } from "./udp-sock.ts";

/** The longest payload of an IPv4 datagram. */
const MAX_PAYLOAD = 65535 - IPV4_MIN_HLEN - UDP_HLEN;

/** Sends one datagram, to the connected end when `to` is absent. */
export function udpSendmsg(sock: UdpSock, payload: Uint8Array, to: SocketAddr | undefined): Result<void, SocketError> {
	if (sock.closed) return socketErr("EINVAL", "closed socket");
	if (to === undefined) {
		if (sock.raddr === ADDR_ANY) return socketErr("ENOTCONN");
		const route = connectedRoute(sock);
		return route.ok ? udpSendSkb(sock, payload, route.value, { daddr: sock.raddr, dport: sock.rport }) : route;
	}
	const daddr = daddrOf(sock, to);
	if (!daddr.ok) return daddr;
	if (to.port === 0) return socketErr("EINVAL", "port 0");
	const route = udpRoute(sock, daddr.value, to.port);
	return route.ok ? udpSendSkb(sock, payload, route.value, { daddr: daddr.value, dport: to.port }) : route;
}

function connectedRoute(sock: UdpSock): Result<Dst, SocketError> {
	const generation = inetRouteGeneration(sock.options.netns);
	if (sock.dst !== undefined && sock.dstGeneration === generation) return ok(sock.dst);
	const route = udpRoute(sock, sock.raddr, sock.rport);
	sock.dst = route.ok ? route.value : undefined;
	sock.dstGeneration = generation;
	return route;
}

/** The source address for a connected socket; refused where Linux refuses to connect. */
export function udpConnectSource(sock: UdpSock, daddr: IpNum, dport: number): Result<IpNum, SocketError> {
	const route = inetRouteConnect(sock.options.netns, udpFlow(sock, daddr, dport));
	if (!route.ok) return socketErr(route.error);
	const { dst, saddr } = route.value;
	return dst.type === "broadcast" && !sock.options.broadcast ? socketErr("EACCES") : ok(saddr ?? ADDR_ANY);
}

/** The route for datagrams to an end; refused where Linux refuses to send. */
function udpRoute(sock: UdpSock, daddr: IpNum, dport: number): Result<Dst, SocketError> {
	const route = inetRoute(sock.options.netns, udpFlow(sock, daddr, dport));
	if (!route.ok) return socketErr(route.error);
	return route.value.type === "broadcast" && !sock.options.broadcast ? socketErr("EACCES") : route;
}

function udpFlow(sock: UdpSock, daddr: IpNum, dport: number): OutputFlow {
	const { boundDev, mark, tos } = sock.options;
	return {
		dst: daddr,
		src: sock.laddr === ADDR_ANY ? undefined : sock.laddr,
		oif: boundDev,
		mark,
		tos,
		proto: IPPROTO_UDP,
		sport: sock.lport,
		dport,
	};
}

function udpSendSkb(
	sock: UdpSock,
	payload: Uint8Array,
	dst: Dst,
	to: { readonly daddr: IpNum; readonly dport: number },
): Result<void, SocketError> {
	if (payload.length > MAX_PAYLOAD) return socketErr("EMSGSIZE");
	const { daddr, dport } = to;
	const { netns, pmtudisc } = sock.options;
	const fits = payload.length + UDP_HLEN + IPV4_MIN_HLEN <= dst.mtu;
	if (pmtudisc === "do" && !fits) return tooLongErr(dst.mtu);
	const saddr = sock.laddr === ADDR_ANY ? (dst.prefsrc ?? ADDR_ANY) : sock.laddr;

	const skb = allocSkb(netns.machine, UDP_HLEN + payload.length);
	skb.bytes.set(payload, skb.data + UDP_HLEN);
	putUdp(skb.bytes, skb.data, skb.end, { src: v4(saddr), dst: v4(daddr), sport: sock.lport, dport });
	skb.dst = dst;
	skb.sk = sock;
	skb.hashedBySocket = sock.raddr !== ADDR_ANY;
	skb.mark = sock.options.mark;
	skb.ignoreDf = pmtudisc !== "do";
	skb.fragSizes = inetAppendSizes(skb.length, dst.mtu);
	// It is left to a device that the route has now, if that one computes checksums (`__ip_append_data`).
	skb.checksumIsOpen = dst.dev.isLoopback && skb.fragSizes === undefined;
	sock.sendErrno = undefined;
	inetXmit(
		netns,
		skb,
		{
			src: saddr,
			dst: daddr,
			proto: IPPROTO_UDP,
			ttl: sockTtl(sock.options),
			tos: sock.options.tos,
			id: udpIpId(sock),
			df: pmtudisc !== "dont" && fits,
		},
		netns.machine.tracer === undefined
			? undefined
			: {
					fn: "udp_send_skb",
					what: `UDP ${endText(saddr, sock.lport)} → ${endText(daddr, dport)}, ${payload.length} bytes, from ${sock.describe}`,
				},
	);
	// The socket's callbacks may have run meanwhile; only this field says what became of the packet.
	const errno: UdpSock["sendErrno"] = sock.sendErrno;
	return errno === undefined ? SENT : socketErr(errno);
}

const SENT: Result<void, SocketError> = ok(undefined);

/** `ip_select_ident`: connected sockets count, others draw; 0 where nobody may fragment. */
function udpIpId(sock: UdpSock): number {
	if (sock.raddr !== ADDR_ANY) {
		const id = sock.ipId;
		sock.ipId = (id + 1) & 0xffff;
		return id;
	}
	return sock.options.pmtudisc === "do" ? 0 : ipSelectIdent(sock.options.netns);
}

function daddrOf(sock: UdpSock, to: SocketAddr): Result<IpNum, SocketError> {
	if (sock.lastFrom?.name === to) return ok(sock.lastFrom.num);
	if (sock.lastTo?.name.addr === to.addr) return ok(sock.lastTo.num);
	const parsed = remoteAddr(to.addr);
	if (parsed.ok) sock.lastTo = { num: parsed.value, name: to };
	return parsed;
}
