/** TCP sockets as the port has them: listen, connect, and a connection in a program's hands. */
import { ok, type Result } from "../../base/result.ts";
import type { SocketAddr, SocketError, TcpConnection, TcpHandlers, TcpListener } from "../../kernel/socket.ts";
import { IPPROTO_TCP } from "../../wire/ipv4.ts";
import { transportConf } from "./conf.ts";
import { socketErr } from "./errno.ts";
import { inetRouteConnect } from "./inet.ts";
import { ADDR_ANY, portIsValid, remoteAddr, type SockOptions, socketAddr } from "./sock-options.ts";
import { tcpDone } from "./tcp-done.ts";
import { tcpRequestDrop } from "./tcp-handshake.ts";
import { tcpPush, tcpSendActiveReset, tcpSendSyn } from "./tcp-output.ts";
import { tcpConnectPort, tcpListenPort } from "./tcp-ports.ts";
import { secureTcpSeq, secureTcpTsOffset } from "./tcp-secure.ts";
import { TcpSock } from "./tcp-sock.ts";
import { type TcpListenSock, tcpTable } from "./tcp-table.ts";
import { tcpForsake, tcpWake } from "./tcp-tell.ts";
import { tcpWriteTimer } from "./tcp-timer.ts";
import { tcpAdvMss, tcpInitialWindow, tcpSyncMss, tcpWindowScale } from "./tcp-window.ts";

/** Binds and listens. The listener answers at once; SYN cookies and a full accept queue are not modelled. */
export function listenTcpSock(
	options: SockOptions,
	onAccept: (connection: TcpConnection) => void,
): Result<TcpListener, SocketError> {
	const port = tcpListenPort(options);
	if (!port.ok) return port;
	const listener: TcpListenSock = {
		options,
		laddr: options.bindAddr,
		lport: port.value,
		onAccept: (sock) => {
			const connection = new SimTcpConnection(sock);
			// Nobody is left to accept it (`inet_csk_listen_stop`).
			if (tcpTable(options.netns).listeners.get(port.value)?.includes(listener) === true) onAccept(connection);
			else connection.abort();
		},
	};
	const { listeners } = tcpTable(options.netns);
	listeners.set(port.value, [...(listeners.get(port.value) ?? []), listener]);
	return ok({ local: socketAddr(listener.laddr, listener.lport), close: () => closeListener(listener) });
}

/** Chooses route, source and port, and sends the SYN (`tcp_v4_connect`). */
export function connectTcpSock(
	options: SockOptions,
	to: SocketAddr,
	handlers: TcpHandlers,
): Result<TcpConnection, SocketError> {
	if (!portIsValid(to.port) || to.port === 0) return socketErr("EINVAL", `port ${to.port}`);
	const raddr = remoteAddr(to.addr);
	if (!raddr.ok) return raddr;
	const route = inetRouteConnect(options.netns, {
		dst: raddr.value,
		src: options.bindAddr === ADDR_ANY ? undefined : options.bindAddr,
		oif: options.boundDev,
		mark: options.mark,
		tos: options.tos,
		proto: IPPROTO_TCP,
		sport: options.bindPort,
		dport: to.port,
	});
	if (!route.ok) return socketErr(route.error);
	const { type, mtu } = route.value.dst;
	if (type === "broadcast" || type === "multicast") return socketErr("ENETUNREACH");
	const laddr = route.value.saddr ?? ADDR_ANY;
	const port = tcpConnectPort(options, { laddr, raddr: raddr.value, rport: to.port });
	if (!port.ok) return port;
	const sock = new TcpSock({
		options,
		ends: { laddr, lport: port.value, raddr: raddr.value, rport: to.port },
		state: "SYN_SENT",
		handlers,
		onTimer: tcpWriteTimer,
	});
	sock.openedInTurn = options.netns.machine.loop.turn;
	prepare(sock, mtu);
	const { established, boundPorts } = tcpTable(options.netns);
	established.insert(sock);
	if (options.bindPort !== 0) {
		sock.holdsPort = true;
		boundPorts.set(port.value, (boundPorts.get(port.value) ?? 0) + 1);
	}
	tcpSendSyn(sock);
	return ok(new SimTcpConnection(sock));
}

class SimTcpConnection implements TcpConnection {
	readonly local: SocketAddr;
	readonly remote: SocketAddr;
	readonly #sock: TcpSock;

	constructor(sock: TcpSock) {
		this.#sock = sock;
		this.local = socketAddr(sock.laddr, sock.lport);
		this.remote = socketAddr(sock.raddr, sock.rport);
	}

	handle(handlers: TcpHandlers): void {
		const sock = this.#sock;
		sock.handlers = handlers;
		if (sock.unread.length > 0 || (sock.finArrived && !sock.endTold)) tcpWake(sock);
	}

	send(bytes: Uint8Array): Result<void, SocketError> {
		const sock = this.#sock;
		if (sock.finQueued || sock.state === "CLOSE") return this.#broken();
		if (bytes.length === 0) return ok(undefined);
		sock.unsent.push({ bytes: bytes.slice(), at: 0 });
		sock.unsentBytes += bytes.length;
		tcpPush(sock);
		return ok(undefined);
	}

	/** The first to hear of a failure may be who sends (`sk_stream_error`). */
	#broken(): Result<void, SocketError> {
		const { untold } = this.#sock;
		const errno = untold.heardBySend === true ? undefined : untold.failed;
		untold.heardBySend = true;
		return socketErr(errno ?? "EPIPE");
	}

	close(): void {
		const sock = this.#sock;
		if (sock.finQueued || sock.state === "CLOSE") return;
		if (sock.state === "SYN_SENT" && sock.unsentBytes === 0) {
			tcpDone(sock);
			tcpForsake(sock);
			return;
		}
		sock.finQueued = true;
		if (sock.state === "ESTABLISHED") sock.state = "FIN_WAIT1";
		else if (sock.state === "CLOSE_WAIT") sock.state = "LAST_ACK";
		tcpPush(sock);
	}

	abort(): void {
		const sock = this.#sock;
		const silent = sock.state === "SYN_SENT" || sock.state === "CLOSING" || sock.state === "LAST_ACK";
		if (sock.state !== "CLOSE" && !silent) tcpSendActiveReset(sock);
		tcpDone(sock);
		tcpForsake(sock);
	}
}

/** First sequence number, options offered, first window. */
function prepare(sock: TcpSock, mtu: number): void {
	const { netns } = sock.options;
	const conf = transportConf(netns);
	const isn = secureTcpSeq(netns, sock);
	sock.sndUna = isn;
	sock.sndNxt = isn;
	sock.sndSml = isn;
	sock.recover = isn;
	sock.tstampOk = conf.tcpTimestamps !== 0;
	sock.sackOk = conf.tcpSack !== 0;
	sock.wscaleOk = conf.tcpWindowScaling !== 0;
	sock.rcvWscale = sock.wscaleOk ? tcpWindowScale(conf) : 0;
	sock.tsOffset = conf.tcpTimestamps === 1 ? secureTcpTsOffset(netns, sock) : 0;
	sock.rcvSpace = tcpInitialWindow(conf, tcpAdvMss(mtu));
	sock.rcvWnd = sock.rcvSpace;
	tcpSyncMss(sock, mtu);
}

function closeListener(listener: TcpListenSock): void {
	const { listeners, established } = tcpTable(listener.options.netns);
	const rest: readonly TcpListenSock[] = (listeners.get(listener.lport) ?? []).filter((other) => other !== listener);
	if (rest.length === 0) listeners.delete(listener.lport);
	else listeners.set(listener.lport, rest);
	for (const flow of established.list()) {
		if (flow.kind === "request" && flow.listener === listener) tcpRequestDrop(flow);
	}
}
