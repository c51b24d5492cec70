/**
 * A TCP connection on the real kernel. The descriptor stays open until TCP itself is done with it (state CLOSE), so that
 * `close` is a half close, and `onClose` comes when both directions are closed.
 */
import { ok, type Result } from "../base/result.ts";
import type { SocketAddr, SocketError, SocketOptions, TcpConnection, TcpHandlers } from "../kernel/socket.ts";
import { lastErrno, libc } from "./libc.ts";
import type { LinuxNetns } from "./netns.ts";
import type { OpenSocket, SocketRoom } from "./open-socket.ts";
import { EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from "./poller.ts";
import { socketErr, socketError } from "./socket-error.ts";
import { getOption, SOL_SOCKET, setIntOption, takeSocketError } from "./socket-option.ts";

const EVENTS = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
const MSG_PEEK = 0x2;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const SHUT_WR = 1;
const SO_LINGER = 13;
const SOL_TCP = 6;
const TCP_INFO = 11;
const TCP_REPAIR = 19;
const TCP_CLOSE = 7;
/** TCP_SYN_SENT, TCP_SYN_RECV, TCP_CLOSE. */
const BEFORE_CONNECTED: readonly number[] = [2, 3, TCP_CLOSE];
const READ_BYTES = 0x10000;
/** How much to read before others have their turn. */
const READS_A_TURN = 16;
/** `struct linger`: on, 0 s. */
const LINGER_0 = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

export interface TcpPlace {
	readonly netns: LinuxNetns;
	readonly fd: number;
	readonly options: SocketOptions;
	readonly local: SocketAddr;
	readonly remote: SocketAddr;
}

type State = "connecting" | "open" | "done";

export class LinuxTcpConnection implements TcpConnection, OpenSocket {
	readonly local: SocketAddr;
	readonly remote: SocketAddr;
	readonly fd: number;
	readonly options: SocketOptions;
	readonly #room: SocketRoom;
	readonly #netns: LinuxNetns;
	readonly #unwatch: () => void;
	#handlers: TcpHandlers;
	#state: State;
	/** What the kernel had no room for yet. */
	#unsent: Uint8Array[] = [];
	#closing = false;
	#finSent = false;
	/** `send` told that the connection failed, and `onError` will. */
	#broken = false;
	/** The peer's FIN was read; `onEnd` was called. */
	#ended = false;

	/** `failed` is the errno of a connection that failed before anybody could watch it: the program is told later. */
	constructor(
		room: SocketRoom,
		place: TcpPlace,
		at: { readonly state: "connecting" | "open"; readonly handlers: TcpHandlers; readonly failed?: string },
	) {
		this.#room = room;
		this.#netns = place.netns;
		this.fd = place.fd;
		this.options = place.options;
		this.local = place.local;
		this.remote = place.remote;
		this.#state = at.state;
		this.#handlers = at.handlers;
		room.open.add(place.netns, this);
		const { failed } = at;
		if (failed === undefined) {
			this.#unwatch = room.poller.watch(place.fd, EVENTS, (events) => this.#ready(events));
		} else {
			this.#unwatch = () => undefined;
			room.poller.post(() => this.#fail(failed));
		}
	}

	isOwned(): boolean {
		return !this.#closing;
	}

	handle(handlers: TcpHandlers): void {
		this.#handlers = handlers;
		if (this.#state === "open") this.#room.poller.post(() => this.#read());
	}

	send(bytes: Uint8Array): Result<void, SocketError> {
		if (this.#closing || this.#broken || this.#state === "done") return socketErr("EPIPE");
		if (bytes.length === 0) return ok(undefined);
		if (this.#state === "connecting" || this.#unsent.length > 0) {
			this.#unsent.push(bytes.slice());
			return ok(undefined);
		}
		const sent = this.#write(bytes);
		if (typeof sent === "string") {
			this.#broken = true;
			this.#room.poller.post(() => this.#fail(sent));
			return socketErr(sent);
		}
		if (sent < bytes.length) this.#unsent.push(bytes.slice(sent));
		return ok(undefined);
	}

	close(): void {
		if (this.#closing || this.#state === "done") return;
		this.#closing = true;
		if (this.#state === "connecting") {
			if (this.#unsent.length === 0) this.#leave();
			return;
		}
		this.#flush();
	}

	abort(): void {
		if (this.#state === "done") return;
		libc.setsockopt(this.fd, SOL_SOCKET, SO_LINGER, LINGER_0, LINGER_0.length);
		this.#leave();
	}

	destroy(): void {
		if (this.#state === "done") return;
		// In repair mode TCP closes without a word to the peer.
		setIntOption(this.fd, SOL_TCP, TCP_REPAIR, 1);
		this.#leave();
	}

	#ready(events: number): void {
		if (this.#state === "connecting") {
			if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) === 0) return;
			// An ICMP error that came while `connect` still ran is a soft one (`sk_err_soft`), and all there is.
			const state = this.#tcpState();
			if (BEFORE_CONNECTED.includes(state)) {
				const errno = takeSocketError(this.fd);
				if (errno !== undefined) this.#fail(errno);
				else if (state === TCP_CLOSE) this.#fail("ECONNABORTED");
				return;
			}
			this.#state = "open";
			this.#handlers.onConnect?.();
		}
		if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) !== 0) this.#read();
		if ((events & EPOLLOUT) !== 0) this.#flush();
		if ((events & (EPOLLERR | EPOLLHUP)) !== 0) this.#checkDone();
	}

	/** Hands over what came, then tells of the peer's FIN. */
	#read(): void {
		for (let turn = 0; this.#handlers.onData !== undefined; turn += 1) {
			if (this.#state !== "open" || this.#ended || this.#broken) return;
			if (turn === READS_A_TURN) {
				this.#room.poller.post(() => this.#read());
				return;
			}
			const length = libc.recv(this.fd, READ_BUFFER, READ_BYTES, MSG_DONTWAIT);
			if (length < 0) {
				this.#readFailed(lastErrno());
				return;
			}
			if (length === 0) {
				this.#end();
				return;
			}
			this.#handlers.onData(READ_BUFFER.slice(0, length));
		}
		if (this.#state !== "open" || this.#ended || this.#broken) return;
		const waiting = libc.recv(this.fd, READ_BUFFER, 1, MSG_PEEK | MSG_DONTWAIT);
		if (waiting === 0) this.#end();
		else if (waiting < 0) this.#readFailed(lastErrno());
	}

	#readFailed(errno: string): void {
		if (errno !== "EAGAIN" && errno !== "EINTR") this.#fail(errno);
	}

	#end(): void {
		this.#ended = true;
		this.#handlers.onEnd?.();
		if (this.#state === "open") this.#checkDone();
	}

	/** Sends what waits, and after it the FIN that was asked for. */
	#flush(): void {
		if (this.#state !== "open") return;
		for (let next = this.#unsent[0]; next !== undefined; next = this.#unsent[0]) {
			const sent = this.#write(next);
			if (typeof sent === "string") {
				this.#fail(sent);
				return;
			}
			if (sent < next.length) {
				this.#unsent[0] = next.subarray(sent);
				return;
			}
			this.#unsent.shift();
		}
		if (!this.#closing || this.#finSent) return;
		this.#finSent = true;
		libc.shutdown(this.fd, SHUT_WR);
		if (this.#ended) this.#room.poller.post(() => this.#checkDone());
	}

	/** How many bytes the kernel took, or the errno's name. */
	#write(bytes: Uint8Array): number | string {
		const sent = libc.send(this.fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent >= 0) return sent;
		const errno = lastErrno();
		return errno === "EAGAIN" || errno === "EINTR" ? 0 : errno;
	}

	/** Ends the connection when TCP has. */
	#checkDone(): void {
		// Before that SO_ERROR would tell of ICMP errors that do not end a connection.
		if (this.#state !== "open" || this.#broken || this.#tcpState() !== TCP_CLOSE) return;
		const errno = takeSocketError(this.fd);
		if (errno !== undefined) {
			this.#fail(errno);
			return;
		}
		this.#leave();
		this.#handlers.onClose?.();
	}

	#tcpState(): number {
		getOption(this.fd, { level: SOL_TCP, name: TCP_INFO }, INFO);
		return INFO[0] ?? TCP_CLOSE;
	}

	#fail(errno: string): void {
		if (this.#state === "done") return;
		this.#leave();
		this.#handlers.onError?.(socketError(errno));
	}

	#leave(): void {
		this.#state = "done";
		this.#unsent = [];
		this.#unwatch();
		this.#room.open.delete(this.#netns, this);
		libc.close(this.fd);
	}
}

const READ_BUFFER = new Uint8Array(READ_BYTES);
const INFO = new Uint8Array(1);
