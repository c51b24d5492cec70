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
	| "ENETDOWN"
	| "ENODEV";

export interface SocketError {
	readonly errno: SocketErrno;
	readonly message: string;
	/** EMSGSIZE: the path MTU that the packet is too long for. */
	readonly mtu?: number;
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
	/** SO_BROADCAST: may send to a broadcast address. */
	readonly broadcast?: boolean;
	/** Shown in traces and by `ss -p`, e.g. `nginx`. */
	readonly program?: string;
	/** The process it belongs to, shown by `ss -p`. */
	readonly pid?: number;
	/** Whom the process runs as, for `-m owner` and LOG; 0 (root) when absent. */
	readonly uid?: number;
	readonly gid?: number;
	/** What a listening socket asked for, shown by `ss -l`; the queue never fills. Default 4096 (somaxconn). */
	readonly backlog?: number;
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
	/** Any ICMP error about a datagram of this socket, connected or not (IP_RECVERR). */
	onIcmpError?(report: UdpErrorReport): void;
}

/** An ICMP error about a datagram. */
export interface UdpErrorReport {
	/** Who says so. */
	readonly from: IpAddr;
	readonly type: number;
	readonly code: number;
	/** Where the datagram was going. */
	readonly to: SocketAddr;
	/** Next-hop MTU of "fragmentation needed". */
	readonly mtu?: number;
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
	/** `ttl` is for this request only (`traceroute -I`). */
	send(request: {
		readonly seq: number;
		readonly payload: Uint8Array;
		readonly ttl?: number;
	}): Result<void, SocketError>;
	close(): void;
}

/** What AF_PACKET sockets do: whole frames of one EtherType on one device. */
export interface PacketHandlers {
	/** A frame that the device received, from its Ethernet header on. */
	onFrame?(frame: Uint8Array, pktType: "host" | "broadcast" | "multicast" | "otherhost"): void;
}

export interface PacketSocket {
	/** Sends a frame as it is, Ethernet header included; fails when the device is down. */
	send(frame: Uint8Array): Result<void, SocketError>;
	close(): void;
}

/** As `ss` calls them. */
export type SocketState =
	| "LISTEN"
	| "SYN-SENT"
	| "SYN-RECV"
	| "ESTAB"
	| "FIN-WAIT-1"
	| "FIN-WAIT-2"
	| "CLOSE-WAIT"
	| "CLOSING"
	| "LAST-ACK"
	| "TIME-WAIT"
	| "UNCONN";

/** A socket as `ss` lists it. */
export interface SocketEntry {
	readonly protocol: "tcp" | "udp";
	readonly state: SocketState;
	/** An unbound address is 0.0.0.0. */
	readonly local: SocketAddr;
	/** Absent: it is not connected. */
	readonly remote?: SocketAddr;
	/** SO_BINDTODEVICE. */
	readonly dev?: string;
	/** Bytes that the program has not read; of a listening socket: connections not accepted. */
	readonly recvQueue: number;
	/** Bytes that the peer has not acknowledged; of a listening socket: its backlog. */
	readonly sendQueue: number;
	/** Absent: nobody owns it any more (TIME-WAIT), or nobody said. */
	readonly program?: string;
	readonly pid?: number;
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
	/** A socket for all frames of an EtherType that `dev` receives. */
	openPacket(
		netns: string,
		options: { readonly dev: string; readonly etherType: number; readonly program?: string },
		handlers: PacketHandlers,
	): Result<PacketSocket, SocketError>;
	/** The namespace's sockets: TCP listeners, TCP connections, UDP sockets. */
	list(netns: string): Result<readonly SocketEntry[], SocketError>;
}
