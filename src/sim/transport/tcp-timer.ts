/** What happens when nothing comes back: retransmission, zero-window probes, giving up (net/ipv4/tcp_timer.c). */
import { transportConf } from "./conf.ts";
import { tcpFail } from "./tcp-done.ts";
import {
	hasUnsent,
	RTO_MAX_NS,
	tcpMarkLost,
	tcpProbe0Delay,
	tcpPush,
	tcpRetransmit,
	tcpWriteWakeup,
} from "./tcp-output.ts";
import type { TcpSock } from "./tcp-sock.ts";

const RTO_MIN_NS = 200_000_000;

/** The socket's timer: retransmits when something is in flight, else probes a closed window. */
export function tcpWriteTimer(sock: TcpSock): void {
	if (sock.state === "CLOSE") return;
	if (sock.rtxQueue.length > 0) tcpRetransmitTimer(sock);
	else if (hasUnsent(sock)) tcpProbeTimer(sock);
}

function tcpRetransmitTimer(sock: TcpSock): void {
	const nowNs = sock.options.netns.machine.loop.now();
	if (sock.retransmits === 0) sock.retransStampNs = sock.rtxQueue[0]?.sentNs ?? nowNs;
	if (givesUp(sock, nowNs)) {
		tcpFail(sock, sock.softErrno ?? "ETIMEDOUT");
		return;
	}
	enterLoss(sock);
	sock.retransmits += 1;
	tcpRetransmit(sock, 0);
	const linear =
		sock.state === "SYN_SENT" && sock.retransmits <= transportConf(sock.options.netns).tcpSynLinearTimeouts;
	if (!linear) {
		sock.backoff += 1;
		sock.rtoNs = Math.min(sock.rtoNs * 2, RTO_MAX_NS);
	}
	sock.timer.set(sock.rtoNs);
}

/** `tcp_write_timeout`: a count of SYNs while connecting, afterwards a time that follows from tcp_retries2. */
function givesUp(sock: TcpSock, nowNs: number): boolean {
	const conf = transportConf(sock.options.netns);
	if (sock.state === "SYN_SENT") return sock.retransmits >= conf.tcpSynRetries + conf.tcpSynLinearTimeouts;
	if (sock.state === "SYN_RECV") return sock.retransmits >= conf.tcpSynackRetries;
	return sock.retransmits > 0 && nowNs - sock.retransStampNs >= retransmitLimitNs(conf.tcpRetries2);
}

/** How long `retries` doublings from the least time-out last (`tcp_model_timeout`): 924.6 s for 15. */
function retransmitLimitNs(retries: number): number {
	const doublings = Math.floor(Math.log2(RTO_MAX_NS / RTO_MIN_NS));
	if (retries <= doublings) return (2 ** (retries + 1) - 1) * RTO_MIN_NS;
	return (2 ** (doublings + 1) - 1) * RTO_MIN_NS + (retries - doublings) * RTO_MAX_NS;
}

/** All that is in flight counts as lost (`tcp_enter_loss`). */
function enterLoss(sock: TcpSock): void {
	if (sock.caState !== "loss") {
		sock.ssthresh = Math.max(Math.floor(sock.inFlight / 2), 2);
		sock.caState = "loss";
	}
	sock.recover = sock.sndNxt;
	sock.cwnd = 1;
	sock.cwndCount = 0;
	sock.dupAcks = 0;
	for (const seg of sock.rtxQueue) tcpMarkLost(sock, seg);
}

function tcpProbeTimer(sock: TcpSock): void {
	if (sock.probesOut >= transportConf(sock.options.netns).tcpRetries2) {
		tcpFail(sock, sock.softErrno ?? "ETIMEDOUT");
		return;
	}
	// A window that opened without our noticing lets everything go at once.
	sock.sendFailed = false;
	tcpPush(sock);
	if (sock.rtxQueue.length > 0) return;
	if (!sock.sendFailed) tcpWriteWakeup(sock);
	sock.probesOut += 1;
	if (sock.rtxQueue.length > 0) {
		sock.timer.set(sock.rtoNs);
		return;
	}
	sock.backoff += 1;
	sock.timer.set(tcpProbe0Delay(sock));
}
