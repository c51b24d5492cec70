/** UDP sockets. ICMP errors come from the error queue (IP_RECVERR), whether the socket is connected or not. */
import { ok, type Result } from "../base/result.ts";
import type { SocketAddr, SocketError, SocketOptions, UdpHandlers, UdpSocket } from "../kernel/socket.ts";
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED } from "../wire/icmpv4.ts";
import { IPPROTO_UDP } from "../wire/ipv4.ts";
import { errnoName, lastErrno, libc, SOCK_DGRAM } from "./libc.ts";
import type { QueuedError } from "./message-reader.ts";
import type { LinuxNetns } from "./netns.ts";
import { type OpenSocket, openInet, remoteSockaddr, type SocketRoom } from "./open-socket.ts";
import { EPOLLERR, EPOLLIN } from "./poller.ts";
import { sendDatagram, takeQueuedErrors } from "./send-datagram.ts";
import { icmpErrorIsFatal, socketErr, socketError } from "./socket-error.ts";
import { localEnd, SOL_SOCKET, setIntOption } from "./socket-option.ts";

const SOL_IP = 0;
const IP_PKTINFO = 8;
const IP_RECVERR = 11;
const SO_RCVBUFFORCE = 33;
const RECEIVE_BUFFER_BYTES = 4 << 20;

export type UdpOptions = SocketOptions & { readonly connect?: SocketAddr };

/** Opens, binds and, with `connect`, connects a socket. */
export function openUdpSocket(
	room: SocketRoom,
	netns: LinuxNetns,
	options: UdpOptions,
	handlers: UdpHandlers,
): Result<UdpSocket, SocketError> {
	const to = options.connect === undefined ? undefined : remoteSockaddr(options.connect);
	if (to?.ok === false) return to;
	const fd = openInet(netns, { type: SOCK_DGRAM, protocol: IPPROTO_UDP, options, alwaysBind: true });
	if (!fd.ok) return fd;
	setIntOption(fd.value, SOL_IP, IP_PKTINFO, 1);
	setIntOption(fd.value, SOL_IP, IP_RECVERR, 1);
	setIntOption(fd.value, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES);
	if (to !== undefined && libc.connect(fd.value, to.value, to.value.length) !== 0) {
		const errno = lastErrno();
		libc.close(fd.value);
		return socketErr(errno);
	}
	return ok(new LinuxUdpSocket(room, { netns, fd: fd.value, options }, handlers));
}

class LinuxUdpSocket implements UdpSocket, OpenSocket {
	readonly local: SocketAddr;
	readonly fd: number;
	readonly options: UdpOptions;
	readonly #room: SocketRoom;
	readonly #netns: LinuxNetns;
	readonly #unwatch: () => void;
	#handlers: UdpHandlers;
	#closed = false;
	/** The end sent to last. */
	#lastTo: { readonly end: SocketAddr; readonly bytes: Uint8Array } | undefined;

	constructor(
		room: SocketRoom,
		at: { readonly netns: LinuxNetns; readonly fd: number; readonly options: UdpOptions },
		handlers: UdpHandlers,
	) {
		this.#room = room;
		this.#netns = at.netns;
		this.fd = at.fd;
		this.options = at.options;
		this.#handlers = handlers;
		this.local = localEnd(at.fd);
		this.#unwatch = room.poller.watch(at.fd, EPOLLIN, (events) => this.#ready(events));
		room.open.add(at.netns, this);
	}

	isOwned(): boolean {
		return true;
	}

	send(bytes: Uint8Array, to?: SocketAddr): Result<void, SocketError> {
		if (this.#closed) return socketErr("EINVAL", "closed socket");
		if (to === undefined) {
			if (this.options.connect === undefined) return socketErr("ENOTCONN");
			return sendDatagram(this.#room, this.#sending, bytes, undefined);
		}
		if (this.#lastTo?.end !== to) {
			const remote = remoteSockaddr(to);
			if (!remote.ok) return remote;
			this.#lastTo = { end: to, bytes: remote.value };
		}
		return sendDatagram(this.#room, this.#sending, bytes, this.#lastTo.bytes);
	}

	close(): void {
		this.destroy();
	}

	destroy(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#handlers = {};
		this.#unwatch();
		this.#room.open.delete(this.#netns, this);
		libc.close(this.fd);
	}

	get #sending(): { readonly fd: number; readonly onQueuedError: (error: QueuedError) => void } {
		return { fd: this.fd, onQueuedError: (error) => this.#icmpError(error) };
	}

	#ready(events: number): void {
		if ((events & EPOLLERR) !== 0) {
			for (const error of takeQueuedErrors(this.#room, this.fd)) this.#icmpError(error);
		}
		while (!this.#closed) {
			const next = this.#room.messages.datagram(this.fd);
			// Another error than EAGAIN is one that came meanwhile: the next look finds it in the queue.
			if (typeof next === "string") return;
			this.#handlers.onDatagram?.(next.bytes, next.from, { addr: next.to ?? this.local.addr, port: this.local.port });
		}
	}

	#icmpError(error: QueuedError): void {
		if (error.origin === "local") return;
		const { type, code, info } = error;
		const tooLong = type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED;
		const mtu = tooLong ? { mtu: info } : {};
		this.#handlers.onIcmpError?.({ from: error.from, type, code, to: error.to, ...mtu });
		if (this.options.connect === undefined) return;
		if (tooLong) this.#handlers.onError?.(socketError("EMSGSIZE", `mtu=${info}`));
		else if (icmpErrorIsFatal(type, code)) this.#handlers.onError?.(socketError(errnoName(error.errno)));
	}
}
