/** The TCP sockets of a namespace: listeners, and by four-tuple the connections, half-open ones and those in TIME_WAIT. */
import type { IpNum } from "../../wire/addr.ts";
import type { Timer } from "../event-loop.ts";
import { type Netns, pernet } from "../types.ts";
import { FlowTable } from "./flow-table.ts";
import { ADDR_ANY, describeSock, type SockOptions } from "./sock-options.ts";
import { SockTimer } from "./sock-timer.ts";
import type { TcpEnds } from "./tcp-secure.ts";
import type { TcpSock } from "./tcp-sock.ts";

/** A listening socket. The accept queue never fills. */
export interface TcpListenSock {
	readonly options: SockOptions;
	readonly laddr: IpNum;
	readonly lport: number;
	/** A connection is complete; the program gets it. */
	readonly onAccept: (sock: TcpSock) => void;
}

/** A connection of which only the SYN came (`struct tcp_request_sock`, the SYN queue). */
export class TcpRequestSock implements TcpEnds {
	readonly kind = "request";
	readonly listener: TcpListenSock;
	readonly laddr: IpNum;
	readonly lport: number;
	readonly raddr: IpNum;
	readonly rport: number;
	/** The peer's first sequence number, and ours. */
	readonly rcvIsn: number;
	readonly sndIsn: number;
	readonly agreed: TcpAgreed;
	readonly timer: SockTimer;
	tsRecent: number;
	retransmits = 0;
	/** The SYN-ACK was sent again because the SYN came again. */
	resent = false;
	sentNs = 0;

	constructor(init: {
		readonly listener: TcpListenSock;
		readonly ends: TcpEnds;
		readonly rcvIsn: number;
		readonly sndIsn: number;
		readonly agreed: TcpAgreed;
		readonly tsRecent: number;
		readonly onTimer: (request: TcpRequestSock) => void;
	}) {
		this.listener = init.listener;
		this.laddr = init.ends.laddr;
		this.lport = init.ends.lport;
		this.raddr = init.ends.raddr;
		this.rport = init.ends.rport;
		this.rcvIsn = init.rcvIsn;
		this.sndIsn = init.sndIsn;
		this.agreed = init.agreed;
		this.tsRecent = init.tsRecent;
		this.timer = new SockTimer(init.listener.options.netns.machine.loop, () => init.onTimer(this));
	}
}

/** What the two ends agreed on by the options of the SYN. */
export interface TcpAgreed {
	/** The peer's. */
	readonly mss: number;
	readonly tstampOk: boolean;
	readonly sackOk: boolean;
	readonly wscaleOk: boolean;
	readonly sndWscale: number;
	readonly rcvWscale: number;
	readonly rcvWnd: number;
	/** Ours, for the SYN-ACK. */
	readonly advMss: number;
	readonly tsOffset: number;
}

/** What is left of a connection that was closed from here (`struct tcp_timewait_sock`). */
export interface TcpTimewaitSock extends TcpEnds {
	readonly kind: "timewait";
	readonly options: SockOptions;
	readonly sndNxt: number;
	readonly rcvNxt: number;
	/** As on the wire, scaled. */
	readonly rcvWnd: number;
	readonly tstampOk: boolean;
	readonly tsOffset: number;
	tsRecent: number;
	lastOowAckNs: number;
	timer: Timer | undefined;
}

export type TcpEndpoint = TcpSock | TcpRequestSock | TcpTimewaitSock;

export interface TcpTable {
	readonly listeners: Map<number, readonly TcpListenSock[]>;
	readonly established: FlowTable<TcpEndpoint>;
	/** Ports that a connecting socket asked for by bind: not given to others by chance. */
	readonly boundPorts: Map<number, number>;
}

export const tcpTable: (netns: Netns) => TcpTable = pernet(() => ({
	listeners: new Map(),
	established: new FlowTable(),
	boundPorts: new Map(),
}));

/** The listener for a segment to `daddr`; a bound address goes before a bound device (`__inet_lookup_listener`). */
export function tcpLookupListener(
	table: TcpTable,
	daddr: IpNum,
	dport: number,
	dif: number,
): TcpListenSock | undefined {
	let best: TcpListenSock | undefined;
	let bestScore = -1;
	for (const listener of table.listeners.get(dport) ?? []) {
		const { boundDev } = listener.options;
		if (listener.laddr !== ADDR_ANY && listener.laddr !== daddr) continue;
		if (boundDev !== 0 && boundDev !== dif) continue;
		const score = (listener.laddr === ADDR_ANY ? 0 : 2) + (boundDev === 0 ? 0 : 1);
		if (score > bestScore) {
			best = listener;
			bestScore = score;
		}
	}
	return best;
}

/** How an endpoint is called in traces. */
export function describeTcp(at: { readonly laddr: IpNum; readonly lport: number }, program: string): string {
	return describeSock("tcp", at.laddr, at.lport, program);
}
