/** Segment sizes and receive windows (net/ipv4/tcp_output.c: tcp_select_initial_window, tcp_sync_mss, __tcp_select_window). */
import { IPV4_MIN_HLEN } from "../../wire/ipv4.ts";
import { TCP_MIN_HLEN } from "../../wire/tcp.ts";
import type { TransportConf } from "./conf.ts";
import { seqDiff } from "./tcp-seq.ts";
import { TCP_MSS_DEFAULT, type TcpSock } from "./tcp-sock.ts";

/** `nop, nop, TS`: on every segment once both ends sent the option. */
export const TCP_TS_BYTES = 12;
const HEADERS = IPV4_MIN_HLEN + TCP_MIN_HLEN;
const MAX_IP_BYTES = 65535;
const TCP_MIN_SND_MSS = 48;

/** The MSS option for a path: what fits without options. */
export function tcpAdvMss(mtu: number): number {
	return Math.max(Math.min(mtu, MAX_IP_BYTES) - HEADERS, 88);
}

/** The window scale that the greatest receive buffer needs. */
export function tcpWindowScale(conf: TransportConf): number {
	return Math.max(0, Math.min(14, Math.floor(Math.log2(Math.max(conf.rmemDefault, conf.rmemMax))) - 15));
}

/** The first receive window: half the default buffer in whole segments, at most 65535. */
export function tcpInitialWindow(conf: TransportConf, mss: number): number {
	const space = Math.floor(conf.rmemDefault / 2);
	return Math.min(space > mss ? space - (space % mss) : space, 65535);
}

/** Sets the segment size for a path MTU. */
export function tcpSyncMss(sock: TcpSock, mtu: number): void {
	sock.pmtu = mtu;
	const options = sock.tstampOk ? TCP_TS_BYTES : 0;
	const fits = Math.min(Math.min(mtu, MAX_IP_BYTES) - HEADERS, sock.mssClamp) - options;
	sock.mss = boundToHalfWindow(sock, Math.max(fits, TCP_MIN_SND_MSS - options));
}

/** The window to advertise now, in bytes; never takes back what was advertised before. Notes it in the socket. */
export function tcpSelectWindow(sock: TcpSock): number {
	const current = tcpReceiveWindow(sock);
	const chosen = alignUp(Math.max(current, freeWindow(sock)), 1 << sock.rcvWscale);
	sock.rcvWnd = sock.wscaleOk ? chosen : Math.min(chosen, 65535);
	sock.rcvWup = sock.rcvNxt;
	return sock.rcvWnd;
}

/** What is left of the window last advertised. */
export function tcpReceiveWindow(sock: TcpSock): number {
	return Math.max(0, seqDiff(sock.rcvWup, sock.rcvNxt) + sock.rcvWnd);
}

/** Room for new data; nothing rather than a silly little (RFC 9293 §3.8.6.2.2). The buffer does not grow by itself. */
export function freeWindow(sock: TcpSock): number {
	const free = Math.max(0, sock.rcvSpace - sock.unreadBytes);
	return free < sock.rcvSpace / 16 || free < Math.min(sock.mss, sock.rcvSpace) ? 0 : free;
}

/** Against small windows one segment must not fill more than half of the peer's (`tcp_bound_to_half_wnd`). */
function boundToHalfWindow(sock: TcpSock, size: number): number {
	const cutoff = sock.maxWindow > TCP_MSS_DEFAULT ? sock.maxWindow >> 1 : sock.maxWindow;
	return cutoff > 0 && size > cutoff ? Math.max(cutoff, 68 - HEADERS) : size;
}

function alignUp(n: number, to: number): number {
	return Math.ceil(n / to) * to;
}
