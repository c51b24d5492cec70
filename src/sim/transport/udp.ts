/** UDP sockets as the port has them. */
import { ok, type Result } from "../../base/result.ts";
import type { SocketAddr, SocketError, UdpHandlers, UdpSocket } from "../../kernel/socket.ts";
import { socketErr } from "./errno.ts";
import { portIsValid, remoteAddr, type SockOptions, socketAddr } from "./sock-options.ts";
import { udpConnectSource, udpSendmsg } from "./udp-output.ts";
import { UdpSock, udpGetPort, udpUnhash } from "./udp-sock.ts";

/** Opens, binds and, with `connect`, connects a socket. */
export function openUdpSock(
	options: SockOptions,
	connect: SocketAddr | undefined,
	handlers: UdpHandlers,
): Result<UdpSocket, SocketError> {
	const sock = new UdpSock(options, handlers);
	const bound = udpGetPort(sock);
	if (!bound.ok) return bound;
	if (connect !== undefined) {
		const connected = udpConnect(sock, connect);
		if (!connected.ok) {
			udpUnhash(sock);
			return connected;
		}
	}
	return ok(new SimUdpSocket(sock));
}

class SimUdpSocket implements UdpSocket {
	readonly local: SocketAddr;
	readonly #sock: UdpSock;

	constructor(sock: UdpSock) {
		this.#sock = sock;
		this.local = socketAddr(sock.laddr, sock.lport);
	}

	send(bytes: Uint8Array, to?: SocketAddr): Result<void, SocketError> {
		return udpSendmsg(this.#sock, bytes, to);
	}

	close(): void {
		if (this.#sock.closed) return;
		this.#sock.closed = true;
		this.#sock.handlers = {};
		udpUnhash(this.#sock);
	}
}

/** Fixes the far end and, unless bound, the source address (`__ip4_datagram_connect`). */
function udpConnect(sock: UdpSock, to: SocketAddr): Result<void, SocketError> {
	if (!portIsValid(to.port) || to.port === 0) return socketErr("EINVAL", `port ${to.port}`);
	const raddr = remoteAddr(to.addr);
	if (!raddr.ok) return raddr;
	const saddr = udpConnectSource(sock, raddr.value, to.port);
	if (!saddr.ok) return saddr;
	sock.laddr = saddr.value;
	sock.raddr = raddr.value;
	sock.rport = to.port;
	return ok(undefined);
}
