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
 * socket is about an earlier datagram and is taken off before; one that is there after a refusal is about this one. A full
 * send buffer loses the datagram, as a full queue of a device does.
 */
export function sendDatagram(
	room: SocketRoom,
	socket: DatagramSocket,
	bytes: Uint8Array,
	to: Uint8Array | undefined,
): Result<void, SocketError> {
	tell(room, socket, takeQueuedErrors(room, socket.fd));
	const refused = attempt(socket.fd, bytes, to);
	if (refused === undefined) return SENT;
	const queued = takeQueuedErrors(room, socket.fd);
	tell(room, socket, queued);
	return refusal(refused, queued);
}

/** Tells later of those that came as ICMP errors. */
function tell(room: SocketRoom, socket: DatagramSocket, queued: readonly QueuedError[]): void {
	const icmp = queued.filter(({ origin }) => origin === "icmp");
	if (icmp.length === 0) return;
	room.poller.post(() => {
		for (const error of icmp) socket.onQueuedError(error);
	});
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
