/** Opening IPv4 sockets with the port's options, and the table of those that are open. */
import { ok, type Result } from "../base/result.ts";
import type { SocketAddr, SocketError, SocketOptions } from "../kernel/socket.ts";
import { familyOf, type IpAddr, ip } from "../wire/addr.ts";
import type { NetnsTable } from "./driver.ts";
import { AF_INET, lastErrno, libc, SOCK_CLOEXEC, SOCK_NONBLOCK } from "./libc.ts";
import type { MessageReader } from "./message-reader.ts";
import type { LinuxNetns } from "./netns.ts";
import type { PacketReader } from "./packet-reader.ts";
import type { Poller } from "./poller.ts";
import { noIpv6, socketErr } from "./socket-error.ts";
import { SOL_SOCKET, setIntOption, sockaddrOf } from "./socket-option.ts";

/** What all sockets of a kernel share. */
export interface SocketRoom {
	readonly netns: NetnsTable;
	readonly poller: Poller;
	readonly messages: MessageReader;
	readonly packets: PacketReader;
	readonly open: OpenSockets;
}

/** A socket that is open, for `list` and for the end of its namespace. */
export interface OpenSocket {
	readonly fd: number;
	readonly options: Pick<SocketOptions, "program" | "pid">;
	/** It is still the program's, as `ss -p` has it. */
	isOwned(): boolean;
	/** Closes it at once, telling nobody: neither the program nor the peer. */
	destroy(): void;
}

/** The open sockets of each namespace. */
export class OpenSockets {
	readonly #byNetns = new Map<LinuxNetns, Set<OpenSocket>>();

	add(netns: LinuxNetns, socket: OpenSocket): void {
		const sockets = this.#byNetns.get(netns);
		if (sockets === undefined) this.#byNetns.set(netns, new Set([socket]));
		else sockets.add(socket);
	}

	delete(netns: LinuxNetns, socket: OpenSocket): void {
		this.#byNetns.get(netns)?.delete(socket);
	}

	of(netns: LinuxNetns): readonly OpenSocket[] {
		return [...(this.#byNetns.get(netns) ?? [])];
	}

	/** Destroys all sockets of a namespace. */
	destroyAll(netns: LinuxNetns): void {
		for (const socket of this.of(netns)) socket.destroy();
		this.#byNetns.delete(netns);
	}
}

export interface InetSpec {
	readonly type: number;
	/** IPPROTO_… */
	readonly protocol: number;
	readonly options: SocketOptions;
	/** SO_REUSEADDR: a port whose connections are all in TIME_WAIT is free. */
	readonly reuseAddr?: true;
	/** Bind even when the options name neither address nor port, so that the socket has a port at once. */
	readonly alwaysBind?: true;
}

const SO_REUSEADDR = 2;
const SO_BROADCAST = 6;
const SO_BINDTODEVICE = 25;
const SO_MARK = 36;
export const SOL_IP = 0;
const IP_TOS = 1;
export const IP_TTL = 2;
const IP_MTU_DISCOVER = 10;
const PMTUDISC = { dont: 0, want: 1, do: 2 } as const;
const ADDR_ANY: IpAddr = ip("0.0.0.0");
const LOOPBACK: IpAddr = ip("127.0.0.1");

/** The namespace of that name, or ENOENT. */
export function findNetns(room: SocketRoom, name: string): Result<LinuxNetns, SocketError> {
	const netns = room.netns.find(name);
	return netns === undefined ? socketErr("ENOENT", `network namespace ${name}`) : ok(netns);
}

/** Opens a non-blocking socket, sets its options and binds it; the value is the descriptor. */
export function openInet(netns: LinuxNetns, spec: InetSpec): Result<number, SocketError> {
	const { bind = {} } = spec.options;
	const port = bind.port ?? 0;
	if (!portIsValid(port)) return socketErr("EINVAL", `port ${port}`);
	if (bind.addr !== undefined && familyOf(bind.addr) !== "ipv4") return noIpv6(bind.addr);
	const fd = netns.run(() => libc.socket(AF_INET, spec.type | SOCK_NONBLOCK | SOCK_CLOEXEC, spec.protocol));
	if (fd < 0) return socketErr(lastErrno());
	const refused = setOptions(fd, spec) ?? bindTo(fd, { addr: bind.addr ?? ADDR_ANY, port }, spec);
	if (refused === undefined) return ok(fd);
	libc.close(fd);
	return { ok: false, error: refused };
}

/** The far end as `struct sockaddr_in`; port 0 is EINVAL. */
export function remoteSockaddr(to: SocketAddr): Result<Uint8Array, SocketError> {
	if (!portIsValid(to.port) || to.port === 0) return socketErr("EINVAL", `port ${to.port}`);
	const bytes = sockaddrOf(to);
	return bytes === undefined ? noIpv6(to.addr) : ok(bytes);
}

/** 0.0.0.0 as a far end is this host. */
export function remoteEnd(to: SocketAddr): SocketAddr {
	return to.addr === ADDR_ANY ? { addr: LOOPBACK, port: to.port } : to;
}

function portIsValid(port: number): boolean {
	return Number.isInteger(port) && port >= 0 && port <= 65535;
}

function setOptions(fd: number, { options, reuseAddr }: InetSpec): SocketError | undefined {
	if (options.dev !== undefined) {
		const name = Buffer.from(options.dev, "latin1");
		if (libc.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length) !== 0) return failed(options.dev);
	}
	const wanted: readonly (readonly [number, number, number | undefined, string])[] = [
		[SOL_SOCKET, SO_REUSEADDR, reuseAddr === true ? 1 : undefined, "SO_REUSEADDR"],
		[SOL_SOCKET, SO_BROADCAST, options.broadcast === true ? 1 : undefined, "SO_BROADCAST"],
		[SOL_SOCKET, SO_MARK, options.mark === undefined ? undefined : options.mark | 0, "SO_MARK"],
		[SOL_IP, IP_TTL, options.ttl === 0 ? undefined : options.ttl, "IP_TTL"],
		[SOL_IP, IP_TOS, options.tos, "IP_TOS"],
		[SOL_IP, IP_MTU_DISCOVER, options.pmtudisc && PMTUDISC[options.pmtudisc], "IP_MTU_DISCOVER"],
	];
	for (const [level, name, value, about] of wanted) {
		if (value !== undefined && !setIntOption(fd, level, name, value)) return failed(about);
	}
	return undefined;
}

function bindTo(fd: number, end: SocketAddr, { options, alwaysBind }: InetSpec): SocketError | undefined {
	const asked = options.bind?.addr !== undefined || end.port !== 0;
	const addr = asked || alwaysBind === true ? sockaddrOf(end) : undefined;
	if (addr === undefined || libc.bind(fd, addr, addr.length) === 0) return undefined;
	return failed(`${end.addr}:${end.port}`);
}

function failed(about: string): SocketError {
	return socketErr(lastErrno(), about).error;
}
