/** A TCP connection's state (`struct tcp_sock`, RFC 9293 §3.3.1). What happens to it is in the modules named tcp-*. */
import type { SocketErrno, TcpHandlers } from "../../kernel/socket.ts";
import type { IpNum } from "../../wire/addr.ts";
import type { SkbSocket, SocketOwner } from "../skb-socket.ts";
import type { Dst, Skb } from "../types.ts";
import { describeSock, type SockOptions } from "./sock-options.ts";
import { SockTimer } from "./sock-timer.ts";
import type { TcpEnds } from "./tcp-secure.ts";

/** TIME_WAIT and half-open passive connections have small sockets of their own (tcp-table.ts). */
export type TcpState =
	| "SYN_SENT"
	| "SYN_RECV"
	| "ESTABLISHED"
	| "FIN_WAIT1"
	| "FIN_WAIT2"
	| "CLOSE_WAIT"
	| "CLOSING"
	| "LAST_ACK"
	| "CLOSE";

/** A segment that was sent and not yet acknowledged. */
export interface TcpSegment {
	seq: number;
	/** One past its last sequence number; SYN and FIN take one. */
	readonly endSeq: number;
	/** TCP_SYN, TCP_FIN and TCP_PSH bits. */
	readonly flags: number;
	payload: Uint8Array;
	sentNs: number;
	retransmitted: boolean;
	/** Believed lost: to be sent again, and not in flight. */
	lost: boolean;
	/** As it was last sent. */
	skb: Skb | undefined;
}

/** Bytes of one `send` of which those from `at` on were not sent yet. */
export interface TcpChunk {
	readonly bytes: Uint8Array;
	at: number;
}

/** A segment that arrived ahead of its turn. */
export interface TcpEarly {
	readonly seq: number;
	readonly endSeq: number;
	readonly payload: Uint8Array;
	readonly flags: number;
}

export interface TcpSockInit {
	readonly options: SockOptions;
	readonly ends: TcpEnds;
	readonly state: TcpState;
	readonly handlers: TcpHandlers;
	/** The retransmission or probe timer fired. */
	readonly onTimer: (sock: TcpSock) => void;
	/** Of a passive socket: gives it to the program that listens. */
	readonly onAccept?: (sock: TcpSock) => void;
}

/** News that the program has still to hear (tcp-tell.ts). */
export interface TcpNews {
	/** The handshake is done. */
	connected?: boolean;
	failed?: SocketErrno;
	/** The program was told of `failed` by a `send`, `onError` is still to come. */
	heardBySend?: boolean;
	/** Both directions are closed. */
	closed?: boolean;
}

/** The segment size used before anything is known (RFC 9293 §3.7.1). */
export const TCP_MSS_DEFAULT = 536;
export const TCP_INIT_CWND = 10;
const TCP_TIMEOUT_INIT_NS = 1_000_000_000;

export class TcpSock implements SkbSocket, TcpEnds {
	readonly kind = "sock";
	readonly options: SockOptions;
	readonly laddr: IpNum;
	readonly lport: number;
	readonly raddr: IpNum;
	readonly rport: number;
	state: TcpState;
	handlers: TcpHandlers;
	readonly onAccept: ((sock: TcpSock) => void) | undefined;
	untold: TcpNews = {};
	wakeQueued = false;
	/** Of an active socket: the loop's turn in which the program called `connect`. */
	openedInTurn = -1;
	/** The route last used, and the generation of the tables that it is good for. */
	dst: Dst | undefined = undefined;
	dstGeneration = -1;
	/** The peer acknowledged something new: with the next packet the neighbour counts as confirmed. */
	dstPendingConfirm = false;
	/** Retransmission while something is in flight, else the zero-window probe. */
	readonly timer: SockTimer;
	/** Counted in `boundPorts` of the table. */
	holdsPort = false;
	/** IP id of the next packet. */
	ipId: number;

	// Sending
	sndUna = 0;
	sndNxt = 0;
	sndWnd = 0;
	/** Sequence number of the segment that last updated `sndWnd`. */
	sndWl1 = 0;
	maxWindow = 0;
	sndWscale = 0;
	/** End of the last segment shorter than the MSS (Nagle, as Minshall has it). */
	sndSml = 0;
	/** The peer's MSS option. */
	mssClamp: number = TCP_MSS_DEFAULT;
	/** Payload of a full segment, options taken off. */
	mss: number = TCP_MSS_DEFAULT;
	/** The path MTU that `mss` was computed for. */
	pmtu = 0;
	readonly rtxQueue: TcpSegment[] = [];
	readonly unsent: TcpChunk[] = [];
	unsentBytes = 0;
	finQueued = false;
	finSent = false;
	/** The last packet did not get past netfilter, or found no route: data in it counts as unsent. */
	sendFailed = false;

	// Congestion and retransmission
	cwnd: number = TCP_INIT_CWND;
	cwndCount = 0;
	ssthresh = 0x7fffffff;
	dupAcks = 0;
	lostOut = 0;
	/** `recovery` after three duplicate ACKs, `loss` after a time-out, until `recover` is acknowledged. */
	caState: "open" | "recovery" | "loss" = "open";
	recover = 0;
	/** Smoothed round trip time; 0: none measured. */
	srttNs = 0;
	mdevNs = 0;
	rtoNs: number = TCP_TIMEOUT_INIT_NS;
	backoff = 0;
	/** Time-outs in a row. */
	retransmits = 0;
	/** When the first of them was. */
	retransStampNs = 0;
	/** Zero-window probes in a row without an answer. */
	probesOut = 0;
	lastOowAckNs: number = Number.NEGATIVE_INFINITY;

	// Receiving
	rcvNxt = 0;
	/** `rcvNxt` when the window was last advertised, and that window. */
	rcvWup = 0;
	rcvWnd = 0;
	rcvWscale = 0;
	/** The window while nothing waits to be read. */
	rcvSpace = 0;
	readonly early: TcpEarly[] = [];
	/** Data in order that no handler took yet. */
	unread: Uint8Array[] = [];
	unreadBytes = 0;
	ackPending = false;
	finArrived = false;
	/** `onEnd` was called. */
	endTold = false;

	// Options agreed on
	tstampOk = false;
	wscaleOk = false;
	sackOk = false;
	tsOffset = 0;
	tsRecent = 0;
	/** An ICMP error that does not end the connection but explains a later time-out. */
	softErrno: SocketErrno | undefined = undefined;

	constructor(init: TcpSockInit) {
		this.options = init.options;
		this.laddr = init.ends.laddr;
		this.lport = init.ends.lport;
		this.raddr = init.ends.raddr;
		this.rport = init.ends.rport;
		this.state = init.state;
		this.handlers = init.handlers;
		this.onAccept = init.onAccept;
		const { machine } = init.options.netns;
		this.ipId = machine.rng.below(0x10000);
		this.timer = new SockTimer(machine.loop, () => init.onTimer(this));
	}

	error(): void {
		this.sendFailed = true;
	}

	/** Nobody's until it is accepted. */
	get owner(): SocketOwner | undefined {
		const isAccepted = this.onAccept === undefined || this.untold.connected !== true;
		return isAccepted ? this.options.owner : undefined;
	}

	get describe(): string {
		return describeSock("tcp", this.laddr, this.lport, this.options.program);
	}

	/** Segments believed to be on their way. */
	get inFlight(): number {
		return this.rtxQueue.length - this.lostOut;
	}
}
