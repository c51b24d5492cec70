/** Local ports of TCP sockets (net/ipv4/inet_hashtables.c, inet_connection_sock.c). */
import { ok, type Result } from "../../base/result.ts";
import type { SocketError } from "../../kernel/socket.ts";
import type { IpNum } from "../../wire/addr.ts";
import { transportConf } from "./conf.ts";
import { socketErr } from "./errno.ts";
import { ADDR_ANY, type SockOptions } from "./sock-options.ts";
import { tcpTable } from "./tcp-table.ts";

/**
 * The port to listen on. Servers are taken to set SO_REUSEADDR: only another listener on an overlapping address and
 * device is in the way.
 */
export function tcpListenPort(options: SockOptions): Result<number, SocketError> {
	if (options.bindPort !== 0) {
		return listenerOverlaps(options, options.bindPort) ? socketErr("EADDRINUSE") : ok(options.bindPort);
	}
	const { boundPorts } = tcpTable(options.netns);
	// A bind without port begins with the odd ones, so that connect finds even ones free.
	const port = pick(options, 1, (candidate) => !listenerOverlaps(options, candidate) && !boundPorts.has(candidate));
	return port === undefined ? socketErr("EADDRINUSE", "no free port") : ok(port);
}

/** The local port of a connection (`__inet_hash_connect`): the bound one, or one whose four-tuple is free. */
export function tcpConnectPort(
	options: SockOptions,
	laddr: IpNum,
	raddr: IpNum,
	rport: number,
): Result<number, SocketError> {
	const { established, boundPorts, listeners } = tcpTable(options.netns);
	const isFree = (port: number): boolean => established.find(laddr, port, raddr, rport) === undefined;
	if (options.bindPort !== 0) {
		if (listenerOverlaps(options, options.bindPort)) return socketErr("EADDRINUSE");
		return isFree(options.bindPort) ? ok(options.bindPort) : socketErr("EADDRNOTAVAIL");
	}
	const port = pick(options, 0, (candidate) => {
		return !boundPorts.has(candidate) && !listeners.has(candidate) && isFree(candidate);
	});
	return port === undefined ? socketErr("EADDRNOTAVAIL", "no free port") : ok(port);
}

function listenerOverlaps(options: SockOptions, port: number): boolean {
	return (tcpTable(options.netns).listeners.get(port) ?? []).some((other) => {
		const sameAddr = other.laddr === ADDR_ANY || options.bindAddr === ADDR_ANY || other.laddr === options.bindAddr;
		const { boundDev } = other.options;
		return sameAddr && (boundDev === 0 || options.boundDev === 0 || boundDev === options.boundDev);
	});
}

/** Ports of one parity from a random start, then those of the other. */
function pick(options: SockOptions, parity: 0 | 1, isFree: (port: number) => boolean): number | undefined {
	const { portLow, portHigh } = transportConf(options.netns);
	const pairs = Math.ceil((portHigh - portLow + 1) / 2);
	const start = options.netns.machine.rng.below(pairs);
	for (const offset of [parity, 1 - parity]) {
		for (let k = 0; k < pairs; k += 1) {
			const port = portLow + ((start + k) % pairs) * 2 + offset;
			if (port <= portHigh && isFree(port)) return port;
		}
	}
	return undefined;
}
