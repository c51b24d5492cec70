/** Sending on sockets that have an error queue (UDP, ICMP). */
import { err, ok, type Result } from "../base/result.ts";
import type { SocketError } from "../kernel/socket.ts";
import { lastErrno, libc } from "./libc.ts";
import type { QueuedError } from "./message-reader.ts";
import type { SocketRoom } from "./open-socket.ts";
import { socketErr, socketError } from "./socket-error.ts";
import { takeSocketError } from "./socket-option.ts";

const MSG_DONTWAIT = 0x40;

export interface DatagramSocket {
	readonly fd: number;
	/** Told later of the ICMP errors that were found on the way. */
	readonly onQueuedError: (error: QueuedError) => void;
}

/**
 * Sends one datagram; `to` is a `struct sockaddr_in`, undefined on a connected socket. An ICMP error that waits at the
 * socket is about an earlier datagram: it is taken off and this one sent. A full send buffer loses the datagram, as a full
 * queue of a device does.
 */
export function sendDatagram(
	room: SocketRoom,
	socket: DatagramSocket,
	bytes: Uint8Array,
	to: Uint8Array | undefined,
): Result<void, SocketError> {
	const first = attempt(socket.fd, bytes, to);
	if (first === undefined) return SENT;
	const queued = takeQueuedErrors(room, socket.fd);
	const icmp = queued.filter(({ origin }) => origin === "icmp");
	if (icmp.length > 0) {
		room.poller.post(() => {
			for (const error of icmp) socket.onQueuedError(error);
		});
		// A rule of this host refused this very datagram, and the error is about it: no ICMP error becomes EPERM.
		if (first === "EPERM") return refusal(first, queued);
		const second = attempt(socket.fd, bytes, to);
		return second === undefined ? SENT : refusal(second, takeQueuedErrors(room, socket.fd));
	}
	return refusal(first, queued);
}

/** Empties the error queue and clears the pending error. */
export function takeQueuedErrors(room: SocketRoom, fd: number): readonly QueuedError[] {
	const found: QueuedError[] = [];
	for (let next = room.messages.queuedError(fd); next !== undefined; next = room.messages.queuedError(fd)) {
		found.push(next);
	}
	takeSocketError(fd);
	return found;
}

/** The errno's name; undefined: sent. */
function attempt(fd: number, bytes: Uint8Array, to: Uint8Array | undefined): string | undefined {
	const sent =
		to === undefined
			? libc.send(fd, bytes, bytes.length, MSG_DONTWAIT)
			: libc.sendto(fd, bytes, bytes.length, MSG_DONTWAIT, to, to.length);
	if (sent >= 0) return undefined;
	const errno = lastErrno();
	return errno === "EAGAIN" || errno === "ENOBUFS" ? undefined : errno;
}

function refusal(errno: string, queued: readonly QueuedError[]): Result<void, SocketError> {
	const mtu = queued.findLast(({ origin }) => origin === "local")?.info;
	if (errno !== "EMSGSIZE" || mtu === undefined) return socketErr(errno);
	return err({ ...socketError(errno, `mtu=${mtu}`), mtu });
}

const SENT: Result<void, SocketError> = ok(undefined);
