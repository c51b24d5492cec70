/** UDP sockets of a namespace by local port, and which of them a datagram is for (net/ipv4/udp.c). */
import { ok, type Result } from "../../base/result.ts";
import type { SocketAddr, SocketError, UdpHandlers } from "../../kernel/socket.ts";
import type { IpNum } from "../../wire/addr.ts";
import type { SendErrno, SkbSocket, SocketOwner } from "../skb-socket.ts";
import { type Dst, type Fate, type Netns, pernet, type Skb } from "../types.ts";
import { transportConf } from "./conf.ts";
import { socketErr } from "./errno.ts";
import { ADDR_ANY, describeSock, type SockOptions } from "./sock-options.ts";

export class UdpSock implements SkbSocket {
	readonly options: SockOptions;
	handlers: UdpHandlers;
	/** The bound address, or the source that connect chose; ADDR_ANY: neither. */
	laddr: IpNum;
	lport = 0;
	/** ADDR_ANY: not connected. */
	raddr: IpNum = ADDR_ANY;
	rport = 0;
	/** IP id of the next packet while connected; counts up. */
	ipId: number;
	/** The route to the connected end, and the generation of the tables that it is good for. */
	dst: Dst | undefined = undefined;
	dstGeneration = -1;
	closed = false;
	/** Of a kernel socket: takes the datagram, `skb.data` at its UDP header, that ends at `end` (`encap_rcv`). */
	encapRcv: ((skb: Skb, end: number) => Fate) | undefined = undefined;
	/** What the way down reported about the packet just sent. */
	sendErrno: SendErrno | undefined = undefined;
	/** Ends of the last datagram, so that a stream of them makes no new text. */
	lastFrom: PeerName | undefined = undefined;
	lastTo: PeerName | undefined = undefined;
	lastHere: PeerName | undefined = undefined;

	constructor(options: SockOptions, handlers: UdpHandlers) {
		this.options = options;
		this.handlers = handlers;
		this.laddr = options.bindAddr;
		this.ipId = options.netns.machine.rng.below(0x10000);
	}

	get owner(): SocketOwner {
		return this.options.owner;
	}

	get describe(): string {
		return describeSock("udp", this.laddr, this.lport, this.options.program);
	}

	error(errno: SendErrno): void {
		this.sendErrno = errno;
	}
}

/** An end as number and as text. */
export interface PeerName {
	readonly num: IpNum;
	readonly name: SocketAddr;
}

export interface UdpTable {
	readonly byPort: Map<number, readonly UdpSock[]>;
}

export const udpTable: (netns: Netns) => UdpTable = pernet(() => ({ byPort: new Map() }));

/** Binds to the wanted port or to a free one (`udp_lib_get_port`). */
export function udpGetPort(sock: UdpSock): Result<void, SocketError> {
	const wanted = sock.options.bindPort;
	if (wanted !== 0) return portIsFree(sock, wanted) ? take(sock, wanted) : socketErr("EADDRINUSE");
	const { portLow, portHigh } = transportConf(sock.options.netns);
	const count = portHigh - portLow + 1;
	const start = sock.options.netns.machine.rng.below(count);
	for (let k = 0; k < count; k += 1) {
		const port = portLow + ((start + k) % count);
		if (portIsFree(sock, port)) return take(sock, port);
	}
	return socketErr("EADDRINUSE", "no free port");
}

export function udpUnhash(sock: UdpSock): void {
	const { byPort } = udpTable(sock.options.netns);
	const rest = (byPort.get(sock.lport) ?? []).filter((other) => other !== sock);
	if (rest.length === 0) byPort.delete(sock.lport);
	else byPort.set(sock.lport, rest);
}

/** The ends of a datagram as the receiver sees them, and the ifindex it came in by. */
export interface UdpArrival {
	readonly saddr: IpNum;
	readonly sport: number;
	readonly daddr: IpNum;
	readonly dport: number;
	readonly dif: number;
}

/** The best socket for a unicast datagram (`__udp4_lib_lookup`). */
export function udpLookup(table: UdpTable, at: UdpArrival): UdpSock | undefined {
	const socks = table.byPort.get(at.dport);
	if (socks === undefined) return undefined;
	let best: UdpSock | undefined;
	let bestScore = -1;
	for (const sock of socks) {
		const score = udpScore(sock, at);
		if (score > bestScore) {
			best = sock;
			bestScore = score;
		}
	}
	return best;
}

/** All sockets that a broadcast or multicast datagram is for (`__udp4_lib_mcast_deliver`). */
export function udpLookupAll(table: UdpTable, at: UdpArrival): readonly UdpSock[] {
	return (table.byPort.get(at.dport) ?? []).filter((sock) => udpScore(sock, at) >= 0);
}

/** How well a socket fits (`compute_score`); -1: not at all. */
function udpScore(sock: UdpSock, at: UdpArrival): number {
	let score = 0;
	if (sock.laddr !== ADDR_ANY) {
		if (sock.laddr !== at.daddr) return -1;
		score += 4;
	}
	if (sock.raddr !== ADDR_ANY) {
		if (sock.raddr !== at.saddr || sock.rport !== at.sport) return -1;
		score += 8;
	}
	if (sock.options.boundDev !== 0) {
		if (sock.options.boundDev !== at.dif) return -1;
		score += 4;
	}
	return score;
}

function portIsFree(sock: UdpSock, port: number): boolean {
	const others = udpTable(sock.options.netns).byPort.get(port);
	if (others === undefined) return true;
	return !others.some((other) => {
		const sameDev = dev(sock) === 0 || dev(other) === 0 || dev(sock) === dev(other);
		return sameDev && (sock.laddr === ADDR_ANY || other.laddr === ADDR_ANY || sock.laddr === other.laddr);
	});
}

function dev(sock: UdpSock): number {
	return sock.options.boundDev;
}

function take(sock: UdpSock, port: number): Result<void, SocketError> {
	const { byPort } = udpTable(sock.options.netns);
	sock.lport = port;
	byPort.set(port, [sock, ...(byPort.get(port) ?? [])]);
	return ok(undefined);
}
