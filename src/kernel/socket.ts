/**
 * Sockets of the port. Callbacks, not promises: in the simulated kernel they run inside the event loop, so a program
 * written once gives the same order of events for the same seed.
 */
import type { Result } from "../base/result.ts";
import type { IpAddr } from "../wire/addr.ts";

export interface SocketAddr {
	readonly addr: IpAddr;
	readonly port: number;
}

/** errno of a failed socket call or connection, as Linux names it. */
export type SocketErrno =
	| "EADDRINUSE"
	| "EADDRNOTAVAIL"
	| "ECONNREFUSED"
	| "ECONNRESET"
	| "EHOSTUNREACH"
	| "ENETUNREACH"
	| "EACCES"
	| "EINVAL"
	| "EPERM"
	| "ETIMEDOUT"
	| "EMSGSIZE"
	| "ENOPROTOOPT"
	| "EPIPE"
	| "ENOTCONN"
	| "EOPNOTSUPP"
	| "ENOENT"
	| "ENODEV";

export interface SocketError {
	readonly errno: SocketErrno;
	readonly message: string;
}

/** Options common to all sockets. */
export interface SocketOptions {
	/** Bind to this local address; absent: any. */
	readonly bind?: { readonly addr?: IpAddr; readonly port?: number };
	/** SO_BINDTODEVICE. */
	readonly dev?: string;
	/** SO_MARK. */
	readonly mark?: number;
	readonly ttl?: number;
	readonly tos?: number;
	/** IP_MTU_DISCOVER: `do` sets DF and fails locally when too long, `want` is the default, `dont` clears DF. */
	readonly pmtudisc?: "want" | "do" | "dont";
	/** Shown in traces and by `ss -p`, e.g. `nginx`. */
	readonly program?: string;
}

/** A connection that stood ends with exactly one of `onError` and `onClose`; after `abort` neither is called. */
export interface TcpHandlers {
	onConnect?(): void;
	/** Absent: nothing is read, and the receive window closes. */
	onData?(bytes: Uint8Array): void;
	/** The peer sent FIN: no more data will come. */
	onEnd?(): void;
	/** The connection failed or was reset. */
	onError?(error: SocketError): void;
	/** Both directions are closed (the socket may still be in TIME_WAIT). */
	onClose?(): void;
}

export interface TcpConnection {
	readonly local: SocketAddr;
	readonly remote: SocketAddr;
	/** Accepted connections get their handlers here; calling it again replaces them. */
	handle(handlers: TcpHandlers): void;
	send(bytes: Uint8Array): Result<void, SocketError>;
	/** Sends FIN after what was sent before; data still comes in until the peer closes. While connecting it gives up silently. */
	close(): void;
	/** Sends RST. */
	abort(): void;
}

export interface TcpListener {
	readonly local: SocketAddr;
	close(): void;
}

export interface UdpHandlers {
	onDatagram?(bytes: Uint8Array, from: SocketAddr, to: SocketAddr): void;
	/** An ICMP error came for a connected socket. */
	onError?(error: SocketError): void;
}

export interface UdpSocket {
	readonly local: SocketAddr;
	/** A socket created with `connect` may leave out `to`. */
	send(bytes: Uint8Array, to?: SocketAddr): Result<void, SocketError>;
	close(): void;
}

export interface IcmpReply {
	readonly from: IpAddr;
	readonly id: number;
	readonly seq: number;
	readonly ttl: number;
	readonly payload: Uint8Array;
}

/** An ICMP error about an echo request of this socket. */
export interface IcmpErrorReport {
	readonly from: IpAddr;
	readonly type: number;
	readonly code: number;
	readonly seq: number;
	/** Next-hop MTU of "fragmentation needed". */
	readonly mtu?: number;
}

export interface EchoHandlers {
	onReply?(reply: IcmpReply): void;
	onError?(report: IcmpErrorReport): void;
}

/** What `ping` opens: a socket that sends ICMP echo requests with one identifier. */
export interface EchoSocket {
	readonly id: number;
	send(request: { readonly seq: number; readonly payload: Uint8Array }): Result<void, SocketError>;
	close(): void;
}

export interface Sockets {
	listenTcp(
		netns: string,
		options: SocketOptions,
		onAccept: (connection: TcpConnection) => void,
	): Result<TcpListener, SocketError>;
	connectTcp(
		netns: string,
		to: SocketAddr,
		options: SocketOptions,
		handlers: TcpHandlers,
	): Result<TcpConnection, SocketError>;
	openUdp(
		netns: string,
		options: SocketOptions & { readonly connect?: SocketAddr },
		handlers: UdpHandlers,
	): Result<UdpSocket, SocketError>;
	openEcho(
		netns: string,
		to: IpAddr,
		options: SocketOptions & { readonly id?: number },
		handlers: EchoHandlers,
	): Result<EchoSocket, SocketError>;
}
