/** Local ports of TCP sockets (net/ipv4/inet_hashtables.c, inet_connection_sock.c). */
import { ok, type Result } from "../../base/result.ts";
import type { SocketError } from "../../kernel/socket.ts";
import type { IpNum } from "../../wire/addr.ts";
import { type Netns, pernet } from "../types.ts";
import { transportConf } from "./conf.ts";
import { socketErr } from "./errno.ts";
import { ADDR_ANY, type SockOptions } from "./sock-options.ts";
import { secureTcpPortOffset } from "./tcp-secure.ts";
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
	const start = options.netns.machine.rng.below(0x10000);
	const found = pick(options, { parity: 1, start }, (candidate) => {
		return !listenerOverlaps(options, candidate) && !boundPorts.has(candidate);
	});
	return found === undefined ? socketErr("EADDRINUSE", "no free port") : ok(found.port);
}

/**
 * The local port of a connection (`__inet_hash_connect`): the bound one, or one whose four-tuple is free. For each far
 * end the search begins at an offset of its own and goes on where the last one stopped, mostly two ports further.
 */
export function tcpConnectPort(options: SockOptions, far: TcpFarEnd): Result<number, SocketError> {
	const { netns } = options;
	const { established, boundPorts, listeners } = tcpTable(netns);
	const isFree = (port: number): boolean => established.find(far.laddr, port, far.raddr, far.rport) === undefined;
	if (options.bindPort !== 0) {
		if (listenerOverlaps(options, options.bindPort)) return socketErr("EADDRINUSE");
		return isFree(options.bindPort) ? ok(options.bindPort) : socketErr("EADDRNOTAVAIL");
	}
	const offset = secureTcpPortOffset(netns, far);
	const perturb = perturbTable(netns);
	const slot = offset % perturb.steps.length;
	const steps = perturb.steps[slot] ?? 0;
	const parity = perturb.odd[slot] === 1 ? 1 : 0;
	const found = pick(options, { parity, start: offset + steps }, (candidate) => {
		return !boundPorts.has(candidate) && !listeners.has(candidate) && isFree(candidate);
	});
	if (found === undefined) return socketErr("EADDRNOTAVAIL", "no free port");
	const skipOne = found.tried === 0 && netns.machine.rng.below(16) === 0;
	perturb.steps[slot] = steps + (skipOne ? 2 : found.tried + 1);
	perturb.odd[slot] = (found.port - transportConf(netns).portLow) & 1;
	return ok(found.port);
}

/** A connection without its local port. */
export interface TcpFarEnd {
	readonly laddr: IpNum;
	readonly raddr: IpNum;
	readonly rport: number;
}

/**
 * How far the searches for each group of far ends have come, in pairs of ports (`table_perturb`), and whether they went
 * over to the odd ones when the even ones were used up (Linux tries all even ones again each time).
 */
const perturbTable: (netns: Netns) => { readonly steps: Uint32Array; readonly odd: Uint8Array } = pernet(() => ({
	steps: new Uint32Array(256),
	odd: new Uint8Array(256),
}));

function listenerOverlaps(options: SockOptions, port: number): boolean {
	return (tcpTable(options.netns).listeners.get(port) ?? []).some((other) => {
		const sameAddr = other.laddr === ADDR_ANY || options.bindAddr === ADDR_ANY || other.laddr === options.bindAddr;
		const { boundDev } = other.options;
		return sameAddr && (boundDev === 0 || options.boundDev === 0 || boundDev === options.boundDev);
	});
}

/** Ports of one parity from a start, counted in pairs, then those of the other; `tried`: how many were taken. */
function pick(
	options: SockOptions,
	from: { readonly parity: 0 | 1; readonly start: number },
	isFree: (port: number) => boolean,
): { readonly port: number; readonly tried: number } | undefined {
	const { portLow, portHigh } = transportConf(options.netns);
	const pairs = Math.ceil((portHigh - portLow + 1) / 2);
	let tried = 0;
	for (const parity of [from.parity, 1 - from.parity]) {
		for (let k = 0; k < pairs; k += 1) {
			const port = portLow + ((from.start + k) % pairs) * 2 + parity;
			if (port <= portHigh && isFree(port)) return { port, tried };
			tried += 1;
		}
	}
	return undefined;
}
