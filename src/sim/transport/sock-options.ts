/** What every kind of socket has: its namespace and the options it was opened with, checked and as numbers. */
import { ok, type Result } from "../../base/result.ts";
import type { SocketAddr, SocketError, SocketOptions } from "../../kernel/socket.ts";
import { formatAddrPort, type IpAddr, type IpNum, ipNum, ipText } from "../../wire/addr.ts";
import { inetConf } from "../ipv4/devinet-sysctl.ts";
import { inetAddrType } from "../ipv4/route.ts";
import type { SocketOwner } from "../skb-socket.ts";
import type { Machine, Netns } from "../types.ts";
import { transportConf } from "./conf.ts";
import { socketErr, socketError } from "./errno.ts";

export interface SockOptions {
	readonly netns: Netns;
	/** Empty: not named. */
	readonly program: string;
	readonly pid: number | undefined;
	readonly backlog: number;
	readonly owner: SocketOwner;
	/** ifindex of SO_BINDTODEVICE; 0: any. */
	readonly boundDev: number;
	readonly mark: number;
	/** 0: the namespace's default. */
	readonly ttl: number;
	readonly tos: number;
	readonly pmtudisc: "want" | "do" | "dont";
	readonly broadcast: boolean;
	/** 0: any. */
	readonly bindAddr: IpNum;
	/** 0: the kernel chooses. */
	readonly bindPort: number;
}

/** INADDR_ANY. */
export const ADDR_ANY = 0;

const SOMAXCONN = 4096;

/** Checks options as setsockopt and bind do, short of whether the port is free. */
export function sockOptions(
	machine: Machine,
	netnsName: string,
	options: SocketOptions,
): Result<SockOptions, SocketError> {
	const netns = machine.netns.get(netnsName);
	if (netns === undefined) return socketErr("ENOENT", `network namespace ${netnsName}`);
	const dev = options.dev === undefined ? undefined : netns.devicesByName.get(options.dev);
	if (options.dev !== undefined && dev === undefined) return socketErr("ENODEV", options.dev);
	const bindPort = options.bind?.port ?? 0;
	if (!portIsValid(bindPort)) return socketErr("EINVAL", `port ${bindPort}`);
	const bindAddr = options.bind?.addr === undefined ? ok(ADDR_ANY) : bindableAddr(netns, options.bind.addr);
	if (!bindAddr.ok) return bindAddr;
	return ok({
		netns,
		program: options.program ?? "",
		pid: options.pid,
		backlog: options.backlog ?? SOMAXCONN,
		owner: { uid: options.uid ?? 0, gid: options.gid ?? 0 },
		boundDev: dev?.ifindex ?? 0,
		mark: (options.mark ?? 0) >>> 0,
		ttl: options.ttl ?? 0,
		tos: options.tos ?? 0,
		pmtudisc: options.pmtudisc ?? "want",
		broadcast: options.broadcast === true,
		bindAddr: bindAddr.value,
		bindPort,
	});
}

/** The far end as a number; 0.0.0.0 is this host, as Linux takes it. IPv6 is not modelled. */
export function remoteAddr(addr: IpAddr): Result<number, SocketError> {
	const n = ipNum(addr);
	if (typeof n !== "number") return noIpv6(addr);
	return ok(n === ADDR_ANY ? 0x7f000001 : n);
}

export function portIsValid(port: number): boolean {
	return Number.isInteger(port) && port >= 0 && port <= 65535;
}

/** The TTL of a packet that the socket sends. */
export function sockTtl(options: SockOptions): number {
	return options.ttl === 0 ? inetConf(options.netns).ipDefaultTtl : options.ttl;
}

export function socketAddr(addr: IpNum, port: number): SocketAddr {
	return { addr: ipText(addr), port };
}

/** `10.244.1.5:80`, `[2001:db8::1]:80`. */
export function endText(addr: IpNum, port: number): string {
	return formatAddrPort(ipText(addr), port);
}

/** `tcp 10.244.1.5:80 (http-server)`: how a socket is called in traces. */
export function describeSock(protocol: string, addr: IpNum, port: number, program: string): string {
	return `${protocol} ${endText(addr, port)}${program === "" ? "" : ` (${program})`}`;
}

function bindableAddr(netns: Netns, addr: IpAddr): Result<IpNum, SocketError> {
	const n = ipNum(addr);
	if (typeof n !== "number") return noIpv6(addr);
	if (n === ADDR_ANY || transportConf(netns).ipNonlocalBind !== 0) return ok(n);
	const type = inetAddrType(netns, n);
	return type === "local" || type === "broadcast" || type === "multicast" ? ok(n) : socketErr("EADDRNOTAVAIL", addr);
}

function noIpv6(addr: IpAddr): { readonly ok: false; readonly error: SocketError } {
	return { ok: false, error: { ...socketError("EOPNOTSUPP"), message: `IPv6 sockets are not modelled: ${addr}` } };
}
