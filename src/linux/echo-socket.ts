/**
 * What `ping` opens as root: a raw ICMP socket that lets only echo replies through, and an error queue. Raw sockets see the
 * whole namespace's replies, so the identifier is checked here and kept unique among the sockets of this process.
 */
import { ok, type Result } from "../base/result.ts";
import type { EchoHandlers, EchoSocket, SocketError, SocketOptions } from "../kernel/socket.ts";
import type { IpAddr } from "../wire/addr.ts";
import {
	ICMP_DEST_UNREACH,
	ICMP_ECHO,
	ICMP_ECHOREPLY,
	ICMP_FRAG_NEEDED,
	ICMP_HLEN,
	icmpChecksumIsValid,
	icmpId,
	icmpSeq,
	icmpType,
	putIcmp,
} from "../wire/icmpv4.ts";
import { IPPROTO_ICMP, IPPROTO_UDP, ipv4HeaderLength, ipv4Ttl } from "../wire/ipv4.ts";
import { lastErrno, libc, SOCK_DGRAM, SOCK_RAW } from "./libc.ts";
import type { Datagram, QueuedError } from "./message-reader.ts";
import type { LinuxNetns } from "./netns.ts";
import { IP_TTL, type OpenSocket, openInet, remoteEnd, SOL_IP, type SocketRoom } from "./open-socket.ts";
import { EPOLLERR, EPOLLIN } from "./poller.ts";
import { sendDatagram, takeQueuedErrors } from "./send-datagram.ts";
import { noIpv6, socketErr } from "./socket-error.ts";
import { SOL_SOCKET, setIntOption, sockaddrOf } from "./socket-option.ts";

const SOL_RAW = 255;
const ICMP_FILTER = 1;
const IP_RECVERR = 11;
const SO_RCVBUFFORCE = 33;
const RECEIVE_BUFFER_BYTES = 4 << 20;
/** IP_TTL: back to the namespace's default. */
const DEFAULT_TTL = -1;
/** Any port: the probe sends nothing. */
const PROBE_PORT = 1025;

export type EchoOptions = SocketOptions & { readonly id?: number };

/** Opens a socket that pings `to`; fails as connect does when there is no route. EADDRINUSE: another has the identifier. */
export function openEchoSocket(
	room: SocketRoom,
	netns: LinuxNetns,
	at: { readonly to: IpAddr; readonly options: EchoOptions },
	handlers: EchoHandlers,
): Result<EchoSocket, SocketError> {
	const { options } = at;
	const to = sockaddrOf(remoteEnd({ addr: at.to, port: PROBE_PORT }));
	if (to === undefined) return noIpv6(at.to);
	const taken = new Set(room.open.of(netns).flatMap((other) => (other instanceof LinuxEchoSocket ? [other.id] : [])));
	const id = options.id ?? freeId(taken);
	if (taken.has(id)) return socketErr("EADDRINUSE", `id ${id}`);
	if (!Number.isInteger(id) || id < 0 || id > 0xffff) return socketErr("EINVAL", `id ${id}`);
	const refused = refusedRoute(netns, options, to);
	if (refused !== undefined) return { ok: false, error: refused };
	const fd = openInet(netns, { type: SOCK_RAW, protocol: IPPROTO_ICMP, options: withoutPort(options) });
	if (!fd.ok) return fd;
	setIntOption(fd.value, SOL_RAW, ICMP_FILTER, ~(1 << ICMP_ECHOREPLY));
	setIntOption(fd.value, SOL_IP, IP_RECVERR, 1);
	setIntOption(fd.value, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES);
	return ok(new LinuxEchoSocket(room, { netns, fd: fd.value, options, to, id }, handlers));
}

interface EchoPlace {
	readonly netns: LinuxNetns;
	readonly fd: number;
	readonly options: EchoOptions;
	readonly to: Uint8Array;
	readonly id: number;
}

class LinuxEchoSocket implements EchoSocket, OpenSocket {
	readonly id: number;
	readonly fd: number;
	readonly options: EchoOptions;
	readonly #room: SocketRoom;
	readonly #netns: LinuxNetns;
	readonly #to: Uint8Array;
	readonly #unwatch: () => void;
	#handlers: EchoHandlers;
	#ttl: number;
	#closed = false;

	constructor(room: SocketRoom, place: EchoPlace, handlers: EchoHandlers) {
		this.#room = room;
		this.#netns = place.netns;
		this.id = place.id;
		this.fd = place.fd;
		this.options = place.options;
		this.#to = place.to;
		this.#handlers = handlers;
		this.#ttl = this.#ownTtl;
		this.#unwatch = room.poller.watch(place.fd, EPOLLIN, (events) => this.#ready(events));
		room.open.add(place.netns, this);
	}

	isOwned(): boolean {
		return true;
	}

	send(request: {
		readonly seq: number;
		readonly payload: Uint8Array;
		readonly ttl?: number;
	}): Result<void, SocketError> {
		if (this.#closed) return socketErr("EINVAL", "closed socket");
		const ttl = request.ttl ?? this.#ownTtl;
		if (ttl !== this.#ttl && !setIntOption(this.fd, SOL_IP, IP_TTL, ttl)) return socketErr(lastErrno(), "IP_TTL");
		this.#ttl = ttl;
		const bytes = new Uint8Array(ICMP_HLEN + request.payload.length);
		bytes.set(request.payload, ICMP_HLEN);
		const rest = ((this.id << 16) | (request.seq & 0xffff)) >>> 0;
		putIcmp(bytes, 0, bytes.length, { type: ICMP_ECHO, code: 0, rest });
		const sending = { fd: this.fd, onQueuedError: (error: QueuedError) => this.#icmpError(error) };
		return sendDatagram(this.#room, sending, bytes, this.#to);
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

	get #ownTtl(): number {
		const { ttl } = this.options;
		return ttl === undefined || ttl === 0 ? DEFAULT_TTL : ttl;
	}

	#ready(events: number): void {
		if ((events & EPOLLERR) !== 0) {
			for (const error of takeQueuedErrors(this.#room, this.fd)) this.#icmpError(error);
		}
		while (!this.#closed) {
			const next = this.#room.messages.datagram(this.fd);
			if (typeof next === "string") return;
			this.#reply(next);
		}
	}

	/** `bytes` is the packet from its IP header on. */
	#reply({ bytes, from }: Datagram): void {
		const at = ipv4HeaderLength(bytes, 0);
		if (bytes.length - at < ICMP_HLEN || icmpType(bytes, at) !== ICMP_ECHOREPLY || icmpId(bytes, at) !== this.id)
			return;
		if (!icmpChecksumIsValid(bytes, at, bytes.length)) return;
		this.#handlers.onReply?.({
			from: from.addr,
			id: this.id,
			seq: icmpSeq(bytes, at),
			ttl: ipv4Ttl(bytes, 0),
			payload: bytes.slice(at + ICMP_HLEN),
		});
	}

	#icmpError({ origin, from, type, code, info, quoted }: QueuedError): void {
		if (origin === "local" || quoted.length < ICMP_HLEN) return;
		if (icmpType(quoted, 0) !== ICMP_ECHO || icmpId(quoted, 0) !== this.id) return;
		const mtu = type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED ? { mtu: info } : {};
		this.#handlers.onError?.({ from, type, code, seq: icmpSeq(quoted, 0), ...mtu });
	}
}

/** Asks for the way as `ping` does: by connecting a UDP socket. */
function refusedRoute(netns: LinuxNetns, options: EchoOptions, to: Uint8Array): SocketError | undefined {
	const probe = openInet(netns, { type: SOCK_DGRAM, protocol: IPPROTO_UDP, options: withoutPort(options) });
	if (!probe.ok) return probe.error;
	const failed = libc.connect(probe.value, to, to.length) === 0 ? undefined : socketErr(lastErrno()).error;
	libc.close(probe.value);
	return failed;
}

/** ICMP has no ports. */
function withoutPort({ bind, ...options }: EchoOptions): SocketOptions {
	return bind?.addr === undefined ? options : { ...options, bind: { addr: bind.addr } };
}

function freeId(taken: ReadonlySet<number>): number {
	const start = Math.floor(Math.random() * 0xffff);
	for (let k = 0; k < 0xffff; k += 1) {
		const id = 1 + ((start + k) % 0xffff);
		if (!taken.has(id)) return id;
	}
	return start;
}
