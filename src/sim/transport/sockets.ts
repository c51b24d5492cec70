/** The port's sockets on the simulated kernel. */
import { ok, type Result } from "../../base/result.ts";
import type {
	EchoHandlers,
	EchoSocket,
	PacketHandlers,
	PacketSocket,
	SocketAddr,
	SocketEntry,
	SocketError,
	SocketOptions,
	Sockets,
	TcpConnection,
	TcpHandlers,
	TcpListener,
	UdpHandlers,
	UdpSocket,
} from "../../kernel/socket.ts";
import type { IpAddr } from "../../wire/addr.ts";
import type { Machine } from "../types.ts";
import { socketErr } from "./errno.ts";
import { openPacketSock } from "./packet-sock.ts";
import { openPingSock } from "./ping-sock.ts";
import { listSocks } from "./sock-list.ts";
import { remoteAddr, sockOptions } from "./sock-options.ts";
import { connectTcpSock, listenTcpSock } from "./tcp.ts";
import { openUdpSock } from "./udp.ts";

/** Opens sockets in the namespaces of a machine. IPv6 addresses are EOPNOTSUPP. */
export class SimSockets implements Sockets {
	readonly #machine: Machine;

	constructor(machine: Machine) {
		this.#machine = machine;
	}

	listenTcp(
		netns: string,
		options: SocketOptions,
		onAccept: (connection: TcpConnection) => void,
	): Result<TcpListener, SocketError> {
		const checked = sockOptions(this.#machine, netns, options);
		return checked.ok ? listenTcpSock(checked.value, onAccept) : checked;
	}

	connectTcp(
		netns: string,
		to: SocketAddr,
		options: SocketOptions,
		handlers: TcpHandlers,
	): Result<TcpConnection, SocketError> {
		const checked = sockOptions(this.#machine, netns, options);
		return checked.ok ? connectTcpSock(checked.value, to, handlers) : checked;
	}

	openUdp(
		netns: string,
		options: SocketOptions & { readonly connect?: SocketAddr },
		handlers: UdpHandlers,
	): Result<UdpSocket, SocketError> {
		const checked = sockOptions(this.#machine, netns, options);
		return checked.ok ? openUdpSock(checked.value, options.connect, handlers) : checked;
	}

	openEcho(
		netns: string,
		to: IpAddr,
		options: SocketOptions & { readonly id?: number },
		handlers: EchoHandlers,
	): Result<EchoSocket, SocketError> {
		const checked = sockOptions(this.#machine, netns, options);
		if (!checked.ok) return checked;
		const addr = remoteAddr(to);
		return addr.ok ? openPingSock(checked.value, addr.value, options.id, handlers) : addr;
	}

	openPacket(
		netns: string,
		options: { readonly dev: string; readonly etherType: number; readonly program?: string },
		handlers: PacketHandlers,
	): Result<PacketSocket, SocketError> {
		const found = this.#machine.netns.get(netns);
		if (found === undefined) return socketErr("ENOENT", `network namespace ${netns}`);
		return openPacketSock(found, options, handlers);
	}

	list(netns: string): Result<readonly SocketEntry[], SocketError> {
		const found = this.#machine.netns.get(netns);
		return found === undefined ? socketErr("ENOENT", `network namespace ${netns}`) : ok(listSocks(found));
	}
}
