/**
 * Packet sockets of the port: frames of one EtherType on one device, in and out as they are. A closed one is kept for the
 * next that asks for the same (closing a descriptor of this kind waits for 10 to 20 ms), shut by a filter meanwhile.
 */
import { ok, type Result } from "../base/result.ts";
import type { PacketHandlers, PacketSocket, SocketError } from "../kernel/socket.ts";
import { closeLater, lastErrno, libc } from "./libc.ts";
import type { LinuxNetns } from "./netns.ts";
import type { OpenSocket, SocketRoom } from "./open-socket.ts";
import { acceptAll, openPacketFd, refuseAll } from "./packet-fd.ts";
import { VNET_BYTES } from "./packet-reader.ts";
import { EPOLLIN } from "./poller.ts";
import { socketErr } from "./socket-error.ts";

export interface PacketOptions {
	readonly dev: string;
	readonly etherType: number;
	readonly program?: string;
}

const MSG_DONTWAIT = 0x40;
const SOCKADDR_LL_BYTES = 20;

/** Descriptors that wait for their next use, by namespace, device and EtherType. */
export class PacketPool {
	readonly #idle = new Map<LinuxNetns, Map<string, number[]>>();

	take(netns: LinuxNetns, ifindex: number, etherType: number): number | undefined {
		const fds = this.#idle.get(netns)?.get(`${ifindex} ${etherType}`);
		for (let fd = fds?.pop(); fd !== undefined; fd = fds?.pop()) {
			if (boundIfindex(fd) === ifindex) return fd;
			closeLater(fd);
		}
		return undefined;
	}

	give(netns: LinuxNetns, at: { readonly ifindex: number; readonly etherType: number }, fd: number): void {
		const key = `${at.ifindex} ${at.etherType}`;
		const byKey = this.#idle.get(netns) ?? new Map<string, number[]>();
		this.#idle.set(netns, byKey);
		const fds = byKey.get(key);
		if (fds === undefined) byKey.set(key, [fd]);
		else fds.push(fd);
	}

	/** Closes what waits for a namespace's next use. */
	closeAll(netns: LinuxNetns): void {
		for (const fd of [...(this.#idle.get(netns)?.values() ?? [])].flat()) closeLater(fd);
		this.#idle.delete(netns);
	}
}

/** Opens a socket bound to a device. It does not make the device promiscuous. */
export function openPacketSocket(
	room: SocketRoom & { readonly pool: PacketPool },
	netns: LinuxNetns,
	options: PacketOptions,
	handlers: PacketHandlers,
): Result<PacketSocket, SocketError> {
	const ifindex = netns.run(() => libc.if_nametoindex(options.dev));
	if (ifindex === 0) return socketErr("ENODEV", options.dev);
	const kept = room.pool.take(netns, ifindex, options.etherType);
	const fd = kept ?? netns.run(() => openPacketFd(options.etherType, ifindex));
	if (typeof fd === "string") return socketErr(fd, options.dev);
	if (kept !== undefined) {
		room.packets.read(fd, () => undefined);
		acceptAll(fd);
	}
	return ok(new LinuxPacketSocket(room, { netns, fd, ifindex, options }, handlers));
}

interface PacketPlace {
	readonly netns: LinuxNetns;
	readonly fd: number;
	readonly ifindex: number;
	readonly options: PacketOptions;
}

class LinuxPacketSocket implements PacketSocket, OpenSocket {
	readonly fd: number;
	readonly options: PacketOptions;
	readonly #room: SocketRoom & { readonly pool: PacketPool };
	readonly #place: PacketPlace;
	readonly #unwatch: () => void;
	#handlers: PacketHandlers;
	#closed = false;

	constructor(room: SocketRoom & { readonly pool: PacketPool }, place: PacketPlace, handlers: PacketHandlers) {
		this.#room = room;
		this.#place = place;
		this.fd = place.fd;
		this.options = place.options;
		this.#handlers = handlers;
		this.#unwatch = room.poller.watch(place.fd, EPOLLIN, () => this.#ready());
		room.open.add(place.netns, this);
	}

	isOwned(): boolean {
		return true;
	}

	send(frame: Uint8Array): Result<void, SocketError> {
		if (this.#closed) return socketErr("EINVAL", "closed socket");
		// In front goes a `struct virtio_net_hdr` that asks for nothing.
		const bytes = new Uint8Array(VNET_BYTES + frame.length);
		bytes.set(frame, VNET_BYTES);
		let errno = attempt(this.fd, bytes);
		// The socket still remembers when the device went down, although it may be up again.
		if (errno === "ENETDOWN") errno = attempt(this.fd, bytes);
		// A full queue loses the frame, on a device as in the socket.
		if (errno === undefined || errno === "EAGAIN" || errno === "ENOBUFS") return ok(undefined);
		return socketErr(errno, errno === "EINVAL" ? `a frame of ${frame.length} bytes` : this.options.dev);
	}

	close(): void {
		if (!this.#leave()) return;
		refuseAll(this.fd);
		this.#room.pool.give(this.#place.netns, { ...this.options, ifindex: this.#place.ifindex }, this.fd);
	}

	destroy(): void {
		if (this.#leave()) closeLater(this.fd);
	}

	#leave(): boolean {
		if (this.#closed) return false;
		this.#closed = true;
		this.#handlers = {};
		this.#unwatch();
		this.#room.open.delete(this.#place.netns, this);
		return true;
	}

	#ready(): void {
		this.#room.packets.read(this.fd, ({ bytes, pktType }) => {
			if (pktType !== "outgoing") this.#handlers.onFrame?.(bytes, pktType);
		});
	}
}

/** The errno's name; undefined: sent. */
function attempt(fd: number, bytes: Uint8Array): string | undefined {
	return libc.send(fd, bytes, bytes.length, MSG_DONTWAIT) < 0 ? lastErrno() : undefined;
}

/** -1: the device it was bound to is gone. */
function boundIfindex(fd: number): number {
	const addr = new Uint8Array(SOCKADDR_LL_BYTES);
	libc.getsockname(fd, addr, new Uint32Array([addr.length]));
	return new DataView(addr.buffer).getInt32(4, true);
}
