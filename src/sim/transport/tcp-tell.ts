/**
 * Telling the program what happened to its connection. Packets do not call programs: they queue a wake-up, and the program
 * runs when all packets under way have arrived (`sk->sk_data_ready`, `sk_state_change`; the softirq ends before the process
 * goes on). What came together it reads together.
 */
import { concatBytes } from "../../base/bytes.ts";
import type { SocketErrno } from "../../kernel/socket.ts";
import type { Work } from "../event-loop.ts";
import { socketError } from "./errno.ts";
import { NO_BYTES } from "./tcp-arrival.ts";
import { tcpSendAck } from "./tcp-output.ts";
import type { TcpSock } from "./tcp-sock.ts";
import { freeWindow, tcpReceiveWindow } from "./tcp-window.ts";

/** How much a program reads at once. */
const READ_BYTES = 0x10000;

/** Wakes the program: it has something to read, or one of the socket's `untold` news to hear. */
export function tcpWake(sock: TcpSock): void {
	if (sock.wakeQueued) return;
	sock.wakeQueued = true;
	sock.options.netns.machine.loop.wake(wakeWork, sock);
}

/**
 * The handshake is done. Where `connect` itself saw it through, because nothing on the way had to wait, its program goes on
 * only then, behind the program that listens.
 */
export function tcpTellConnected(sock: TcpSock): void {
	const { loop } = sock.options.netns.machine;
	sock.untold.connected = true;
	if (sock.wakeQueued || sock.openedInTurn !== loop.turn) tcpWake(sock);
	else {
		sock.wakeQueued = true;
		loop.wake(returnFromConnect, sock);
	}
}

const returnFromConnect: Work<TcpSock> = {
	run(sock) {
		sock.options.netns.machine.loop.wake(wakeWork, sock);
	},
};

/** The program wants to hear nothing more. */
export function tcpForsake(sock: TcpSock): void {
	sock.handlers = {};
	sock.unread = [];
	sock.unreadBytes = 0;
	sock.untold = {};
}

const wakeWork: Work<TcpSock> = {
	run(sock) {
		sock.wakeQueued = false;
		if (!sock.options.netns.dead) tell(sock);
	},
};

function tell(sock: TcpSock): void {
	if (sock.untold.connected === true) {
		sock.untold.connected = false;
		if (sock.onAccept !== undefined) sock.onAccept(sock);
		else if (sock.untold.failed === undefined) sock.handlers.onConnect?.();
		else {
			tellFailure(sock, sock.untold.failed);
			return;
		}
	}
	giveData(sock);
	tellEnd(sock);
	if (sock.ackPending) tcpSendAck(sock);
	if (sock.untold.failed !== undefined) tellFailure(sock, sock.untold.failed);
	if (sock.untold.closed !== true) return;
	sock.untold.closed = false;
	sock.handlers.onClose?.();
}

function giveData(sock: TcpSock): void {
	const before = sock.unreadBytes;
	while (sock.unread.length > 0 && sock.handlers.onData !== undefined) sock.handlers.onData(takeUnread(sock));
	if (sock.unreadBytes < before && sock.state !== "CLOSE") tcpWindowUpdate(sock);
}

function takeUnread(sock: TcpSock): Uint8Array {
	const parts: Uint8Array[] = [];
	let bytes = 0;
	for (let next = sock.unread[0]; next !== undefined; next = sock.unread[0]) {
		if (bytes > 0 && bytes + next.length > READ_BYTES) break;
		parts.push(next);
		bytes += next.length;
		sock.unread.shift();
	}
	sock.unreadBytes -= bytes;
	return parts.length === 1 ? (parts[0] ?? NO_BYTES) : concatBytes(...parts);
}

/** The program has read all, and the peer will send no more. */
function tellEnd(sock: TcpSock): void {
	if (!sock.finArrived || sock.endTold || sock.unread.length > 0) return;
	sock.endTold = true;
	sock.handlers.onEnd?.();
}

function tellFailure(sock: TcpSock, errno: SocketErrno): void {
	sock.untold = {};
	sock.handlers.onError?.(socketError(errno));
}

/** The program read: tells the peer when the window has grown a lot (`tcp_cleanup_rbuf`). */
function tcpWindowUpdate(sock: TcpSock): void {
	const current = tcpReceiveWindow(sock);
	if (2 * current <= sock.rcvSpace && freeWindow(sock) >= 2 * current && freeWindow(sock) > 0) tcpSendAck(sock);
}
