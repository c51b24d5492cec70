/** The ends of a connection: closed, failed, TIME_WAIT (net/ipv4/tcp.c: tcp_done; tcp_minisocks.c: tcp_time_wait). */
import type { SocketErrno } from "../../kernel/socket.ts";
import type { TcpSock } from "./tcp-sock.ts";
import { type TcpTimewaitSock, tcpTable } from "./tcp-table.ts";
import { tcpWake } from "./tcp-tell.ts";

const TCP_TIMEWAIT_LEN_NS = 60_000_000_000;

/** The socket exists no more; tells nobody. */
export function tcpDone(sock: TcpSock): void {
	if (sock.state === "CLOSE") return;
	sock.state = "CLOSE";
	sock.timer.stop();
	sock.rtxQueue.length = 0;
	sock.unsent.length = 0;
	sock.early.length = 0;
	sock.lostOut = 0;
	sock.ackPending = false;
	tcpTable(sock.options.netns).established.remove(sock);
	tcpPutPort(sock);
}

/** The connection failed: tells the program why. */
export function tcpFail(sock: TcpSock, errno: SocketErrno): void {
	if (sock.state === "CLOSE") return;
	tcpDone(sock);
	sock.untold.failed = errno;
	tcpWake(sock);
}

/** Both directions are closed. */
export function tcpClosed(sock: TcpSock): void {
	tcpDone(sock);
	sock.untold.closed = true;
	tcpWake(sock);
}

/** A valid RST came (`tcp_reset`). */
export function tcpReset(sock: TcpSock): void {
	if (sock.state === "SYN_SENT") tcpFail(sock, "ECONNREFUSED");
	else if (sock.state === "CLOSE_WAIT") tcpFail(sock, "EPIPE");
	else tcpFail(sock, "ECONNRESET");
}

/** Replaces the socket by a small one that answers late segments for 60 s, and tells the program that both directions are closed. */
export function tcpTimeWait(sock: TcpSock): void {
	const { netns } = sock.options;
	const timewait: TcpTimewaitSock = {
		kind: "timewait",
		options: sock.options,
		laddr: sock.laddr,
		lport: sock.lport,
		raddr: sock.raddr,
		rport: sock.rport,
		sndNxt: sock.sndNxt,
		rcvNxt: sock.rcvNxt,
		rcvWnd: sock.rcvWnd >>> sock.rcvWscale,
		tstampOk: sock.tstampOk,
		tsOffset: sock.tsOffset,
		tsRecent: sock.tsRecent,
		lastOowAckNs: Number.NEGATIVE_INFINITY,
		timer: undefined,
	};
	tcpClosed(sock);
	tcpTable(netns).established.insert(timewait);
	tcpTimewaitSchedule(timewait);
}

/** Starts the 60 s anew. */
export function tcpTimewaitSchedule(timewait: TcpTimewaitSock): void {
	timewait.timer?.cancel();
	const { machine } = timewait.options.netns;
	timewait.timer = machine.loop.after(TCP_TIMEWAIT_LEN_NS, () => tcpTimewaitKill(timewait));
}

export function tcpTimewaitKill(timewait: TcpTimewaitSock): void {
	timewait.timer?.cancel();
	timewait.timer = undefined;
	tcpTable(timewait.options.netns).established.remove(timewait);
}

function tcpPutPort(sock: TcpSock): void {
	if (!sock.holdsPort) return;
	sock.holdsPort = false;
	const { boundPorts } = tcpTable(sock.options.netns);
	const left = (boundPorts.get(sock.lport) ?? 0) - 1;
	if (left > 0) boundPorts.set(sock.lport, left);
	else boundPorts.delete(sock.lport);
}
