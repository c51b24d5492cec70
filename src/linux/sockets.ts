/** The port's sockets on the real kernel: non-blocking descriptors in the namespaces, their callbacks from the poller. */
import { fstatSync } from "node:fs";
import { ok, type Result } from "../base/result.ts";
import type {
	EchoHandlers,
	EchoSocket,
	PacketHandlers,
	PacketSocket,
	SocketAddr,
	SocketEntry,
	SocketError,
	SocketOptions,
	SocketState,
	Sockets,
	TcpConnection,
	TcpHandlers,
	TcpListener,
	UdpHandlers,
	UdpSocket,
} from "../kernel/socket.ts";
import type { IpAddr } from "../wire/addr.ts";
import { IPPROTO_TCP, IPPROTO_UDP } from "../wire/ipv4.ts";
import type { NetnsTable } from "./driver.ts";
import { type EchoOptions, openEchoSocket } from "./echo-socket.ts";
import { libc } from "./libc.ts";
import { MessageReader } from "./message-reader.ts";
import type { LinuxNetns } from "./netns.ts";
import { findNetns, type OpenSocket, OpenSockets, type SocketRoom } from "./open-socket.ts";
import { PacketReader } from "./packet-reader.ts";
import { openPacketSocket, type PacketOptions, PacketPool } from "./packet-socket.ts";
import type { Poller } from "./poller.ts";
import { type DiagSocket, diagSockets } from "./sock-diag.ts";
import { socketErr } from "./socket-error.ts";
import { connectTcpSocket, listenTcpSocket } from "./tcp-socket.ts";
import { openUdpSocket, type UdpOptions } from "./udp-socket.ts";

/** Opens sockets in the namespaces of a kernel. IPv6 addresses are EOPNOTSUPP. */
export class LinuxSockets implements Sockets {
	readonly #room: SocketRoom & { readonly pool: PacketPool };

	constructor(netns: NetnsTable, poller: Poller) {
		this.#room = {
			netns,
			poller,
			messages: new MessageReader(),
			packets: new PacketReader(),
			open: new OpenSockets(),
			pool: new PacketPool(),
		};
	}

	listenTcp(
		netns: string,
		options: SocketOptions,
		onAccept: (connection: TcpConnection) => void,
	): Result<TcpListener, SocketError> {
		const found = findNetns(this.#room, netns);
		return found.ok ? listenTcpSocket(this.#room, found.value, options, onAccept) : found;
	}

	connectTcp(
		netns: string,
		to: SocketAddr,
		options: SocketOptions,
		handlers: TcpHandlers,
	): Result<TcpConnection, SocketError> {
		const found = findNetns(this.#room, netns);
		return found.ok ? connectTcpSocket(this.#room, found.value, { to, options }, handlers) : found;
	}

	openUdp(netns: string, options: UdpOptions, handlers: UdpHandlers): Result<UdpSocket, SocketError> {
		const found = findNetns(this.#room, netns);
		return found.ok ? openUdpSocket(this.#room, found.value, options, handlers) : found;
	}

	openEcho(netns: string, to: IpAddr, options: EchoOptions, handlers: EchoHandlers): Result<EchoSocket, SocketError> {
		const found = findNetns(this.#room, netns);
		return found.ok ? openEchoSocket(this.#room, found.value, { to, options }, handlers) : found;
	}

	openPacket(netns: string, options: PacketOptions, handlers: PacketHandlers): Result<PacketSocket, SocketError> {
		const found = findNetns(this.#room, netns);
		return found.ok ? openPacketSocket(this.#room, found.value, options, handlers) : found;
	}

	list(netns: string): Result<readonly SocketEntry[], SocketError> {
		const found = findNetns(this.#room, netns);
		if (!found.ok) return found;
		const tcp = diagSockets(found.value, IPPROTO_TCP);
		if (typeof tcp === "string") return socketErr(tcp, "sock_diag");
		const udp = diagSockets(found.value, IPPROTO_UDP);
		if (typeof udp === "string") return socketErr(udp, "sock_diag");
		const owners = ownersByInode(this.#room.open.of(found.value));
		const listeners = tcp.filter(({ state }) => state === TCP_LISTEN);
		const connections = tcp
			.filter(({ state }) => state !== TCP_LISTEN && STATES[state] !== undefined)
			.sort((a, b) => a.local.port - b.local.port || a.remote.port - b.remote.port);
		const names = found.value.run(() => deviceNames([...tcp, ...udp]));
		return ok([
			...[...listeners, ...connections].map((socket) => entry("tcp", socket, owners.get(socket.inode), names)),
			...udp.map((socket) => entry("udp", socket, owners.get(socket.inode), names)),
		]);
	}

	/**
	 * Closes all sockets of a namespace, open and kept, telling neither their programs nor their peers. To be called before
	 * the namespace is let go: its sockets would keep it alive.
	 */
	closeNetns(netns: LinuxNetns): void {
		this.#room.open.destroyAll(netns);
		this.#room.pool.closeAll(netns);
	}
}

const TCP_LISTEN = 10;

/** By the kernel's number; of UDP, 7 is "not connected". */
const STATES: Readonly<Record<number, SocketState>> = {
	1: "ESTAB",
	2: "SYN-SENT",
	3: "SYN-RECV",
	4: "FIN-WAIT-1",
	5: "FIN-WAIT-2",
	6: "TIME-WAIT",
	8: "CLOSE-WAIT",
	9: "LAST-ACK",
	10: "LISTEN",
	11: "CLOSING",
	12: "SYN-RECV",
};

function entry(
	protocol: "tcp" | "udp",
	socket: DiagSocket,
	owner: OpenSocket | undefined,
	names: ReadonlyMap<number, string>,
): SocketEntry {
	const dev = names.get(socket.ifindex);
	const owned = owner?.isOwned() === true ? owner.options : {};
	return {
		protocol,
		state: STATES[socket.state] ?? "UNCONN",
		local: socket.local,
		...(socket.remote.port === 0 ? {} : { remote: socket.remote }),
		...(dev === undefined ? {} : { dev }),
		recvQueue: socket.recvQueue,
		sendQueue: socket.sendQueue,
		...(owned.program === undefined || owned.program === "" ? {} : { program: owned.program }),
		...(owned.pid === undefined ? {} : { pid: owned.pid }),
	};
}

function ownersByInode(open: readonly OpenSocket[]): ReadonlyMap<number, OpenSocket> {
	return new Map(open.map((socket) => [fstatSync(socket.fd).ino, socket]));
}

/** In the namespace. */
function deviceNames(sockets: readonly DiagSocket[]): ReadonlyMap<number, string> {
	const names = new Map<number, string>();
	for (const { ifindex } of sockets) {
		if (ifindex === 0 || names.has(ifindex)) continue;
		const name = new Uint8Array(16);
		if (libc.if_indextoname(ifindex, name) === 0) continue;
		names.set(ifindex, Buffer.from(name.subarray(0, name.indexOf(0))).toString("latin1"));
	}
	return names;
}
