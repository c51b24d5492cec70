/** Registers TCP, UDP and ping sockets with the machine. */
import { IPPROTO_TCP, IPPROTO_UDP } from "../../wire/ipv4.ts";
import type { Machine, Netns } from "../types.ts";
import { registerTransportSysctls } from "./conf.ts";
import { tcpV4EarlyDemux, udpV4EarlyDemux } from "./early-demux.ts";
import { registerPing } from "./ping-sock.ts";
import { tcpDone, tcpTimewaitKill } from "./tcp-done.ts";
import { tcpRequestDrop } from "./tcp-handshake.ts";
import { tcpHearsRedirect, tcpV4Err, tcpV4Rcv } from "./tcp-ipv4.ts";
import { tcpTable } from "./tcp-table.ts";
import { udpErr, udpHearsRedirect, udpRcv } from "./udp-input.ts";

/** Registers the transport protocols (`inet_add_protocol`) and their sysctls; call before the first namespace is made. */
export function initTransport(machine: Machine): void {
	machine.inetProtocols.set(IPPROTO_TCP, {
		handler: tcpV4Rcv,
		errHandler: tcpV4Err,
		hearsRedirect: tcpHearsRedirect,
		earlyDemux: tcpV4EarlyDemux,
	});
	machine.inetProtocols.set(IPPROTO_UDP, {
		handler: udpRcv,
		errHandler: udpErr,
		hearsRedirect: udpHearsRedirect,
		earlyDemux: udpV4EarlyDemux,
	});
	registerTransportSysctls(machine);
	machine.onNetnsCreated.push(registerPing);
	machine.onNetnsRemoved.push(endSockets);
}

/** The namespace goes away: its connections end without a word, and no timer stays behind. */
function endSockets(netns: Netns): void {
	for (const flow of tcpTable(netns).established.list()) {
		if (flow.kind === "sock") tcpDone(flow);
		else if (flow.kind === "request") tcpRequestDrop(flow);
		else tcpTimewaitKill(flow);
	}
}
