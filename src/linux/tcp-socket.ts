/** TCP: listen and connect on the real kernel. */
import { ok, type Result } from "../base/result.ts";
import type {
	SocketAddr,
	SocketError,
	SocketOptions,
	TcpConnection,
	TcpHandlers,
	TcpListener,
} from "../kernel/socket.ts";
import { IPPROTO_TCP, IPPROTO_UDP } from "../wire/ipv4.ts";
import { lastErrno, libc, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_STREAM } from "./libc.ts";
import type { LinuxNetns } from "./netns.ts";
import { type OpenSocket, openInet, remoteEnd, remoteSockaddr, type SocketRoom } from "./open-socket.ts";
import { EPOLLIN } from "./poller.ts";
import { socketErr } from "./socket-error.ts";
import { endAt, localEnd } from "./socket-option.ts";
import { LinuxTcpConnection } from "./tcp-connection.ts";

const SOMAXCONN = 4096;

/** Binds and listens; connections are accepted as soon as the poller looks. */
export function listenTcpSocket(
	room: SocketRoom,
	netns: LinuxNetns,
	options: SocketOptions,
	onAccept: (connection: TcpConnection) => void,
): Result<TcpListener, SocketError> {
	const fd = openInet(netns, {
		type: SOCK_STREAM,
		protocol: IPPROTO_TCP,
		options,
		reuseAddr: true,
		alwaysBind: true,
	});
	if (!fd.ok) return fd;
	if (libc.listen(fd.value, options.backlog ?? SOMAXCONN) !== 0) return closed(fd.value, lastErrno());
	return ok(new LinuxTcpListener(room, { netns, fd: fd.value, options }, onAccept));
}

/**
 * Sends the SYN. What stops the SYN from being made is the result's error; whatever comes after that, even before this
 * returns, is told to the handlers.
 */
export function connectTcpSocket(
	room: SocketRoom,
	netns: LinuxNetns,
	at: { readonly to: SocketAddr; readonly options: SocketOptions },
	handlers: TcpHandlers,
): Result<TcpConnection, SocketError> {
	const { to, options } = at;
	const remote = remoteSockaddr(to);
	if (!remote.ok) return remote;
	const fd = openInet(netns, { type: SOCK_STREAM, protocol: IPPROTO_TCP, options, reuseAddr: true });
	if (!fd.ok) return fd;
	const errno = libc.connect(fd.value, remote.value, remote.value.length) === 0 ? undefined : lastErrno();
	const failed = errno !== undefined && errno !== "EINPROGRESS";
	const local = localEnd(fd.value);
	if (failed && !synWasSent(netns, { ...at, errno, localPort: local.port }, remote.value)) {
		return closed(fd.value, errno);
	}
	const place = { netns, fd: fd.value, options, local, remote: remoteEnd(to) };
	return ok(
		new LinuxTcpConnection(room, place, { state: "connecting", handlers, ...(failed ? { failed: errno } : {}) }),
	);
}

class LinuxTcpListener implements TcpListener, OpenSocket {
	readonly local: SocketAddr;
	readonly fd: number;
	readonly options: SocketOptions;
	readonly #room: SocketRoom;
	readonly #netns: LinuxNetns;
	readonly #unwatch: () => void;
	readonly #onAccept: (connection: TcpConnection) => void;
	#closed = false;

	constructor(
		room: SocketRoom,
		at: { readonly netns: LinuxNetns; readonly fd: number; readonly options: SocketOptions },
		onAccept: (connection: TcpConnection) => void,
	) {
		this.#room = room;
		this.#netns = at.netns;
		this.fd = at.fd;
		this.options = at.options;
		this.local = localEnd(at.fd);
		this.#onAccept = onAccept;
		this.#unwatch = room.poller.watch(at.fd, EPOLLIN, () => this.#accept());
		room.open.add(at.netns, this);
	}

	isOwned(): boolean {
		return true;
	}

	close(): void {
		this.destroy();
	}

	destroy(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#unwatch();
		this.#room.open.delete(this.#netns, this);
		libc.close(this.fd);
	}

	#accept(): void {
		const addr = new Uint8Array(16);
		while (!this.#closed) {
			const length = new Uint32Array([addr.length]);
			const fd = libc.accept4(this.fd, addr, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
			if (fd < 0) {
				const errno = lastErrno();
				if (errno === "ECONNABORTED" || errno === "EINTR") continue;
				if (errno === "EAGAIN") return;
				throw new Error(`accept4: ${errno}`);
			}
			const remote = endAt(new DataView(addr.buffer), 0);
			const place = { netns: this.#netns, fd, options: this.options, local: localEnd(fd), remote };
			this.#onAccept(new LinuxTcpConnection(this.#room, place, { state: "open", handlers: {} }));
		}
	}
}

/**
 * Whether a connect that failed at once had sent its SYN: the answer can come, through veth devices, while connect still
 * runs. A port that was chosen says so; where the program had chosen it, a route that is there does.
 */
function synWasSent(
	netns: LinuxNetns,
	at: { readonly options: SocketOptions; readonly errno: string; readonly localPort: number },
	remote: Uint8Array,
): boolean {
	if (at.errno === "ECONNREFUSED" || at.errno === "ECONNRESET") return true;
	if (at.errno !== "EHOSTUNREACH" && at.errno !== "ENETUNREACH") return false;
	if ((at.options.bind?.port ?? 0) === 0) return at.localPort !== 0;
	const { bind: _, ...options } = at.options;
	const addr = at.options.bind?.addr;
	const spec = addr === undefined ? options : { ...options, bind: { addr } };
	const probe = openInet(netns, { type: SOCK_DGRAM, protocol: IPPROTO_UDP, options: spec });
	if (!probe.ok) return false;
	const hasRoute = libc.connect(probe.value, remote, remote.length) === 0;
	libc.close(probe.value);
	return hasRoute;
}

function closed(fd: number, errno: string): { readonly ok: false; readonly error: SocketError } {
	libc.close(fd);
	return socketErr(errno);
}
