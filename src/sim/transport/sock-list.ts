/** The sockets of a namespace as `ss` lists them (net/ipv4/inet_diag.c). */
import type { SocketEntry, SocketState } from "../../kernel/socket.ts";
import type { Netns } from "../types.ts";
import { ADDR_ANY, type SockOptions, socketAddr } from "./sock-options.ts";
import type { TcpState } from "./tcp-sock.ts";
import { type TcpEndpoint, type TcpListenSock, tcpTable } from "./tcp-table.ts";
import { type UdpSock, udpTable } from "./udp-sock.ts";

/** TCP listeners, TCP connections, UDP sockets. */
export function listSocks(netns: Netns): readonly SocketEntry[] {
	const { listeners, established } = tcpTable(netns);
	const connections = [...established.list()].sort((a, b) => a.lport - b.lport || a.rport - b.rport);
	return [
		...[...listeners.values()].flat().map(listenEntry),
		...connections.flatMap(tcpEntry),
		...[...udpTable(netns).byPort.values()].flat().map(udpEntry),
	];
}

function listenEntry(sock: TcpListenSock): SocketEntry {
	return {
		protocol: "tcp",
		state: "LISTEN",
		local: socketAddr(sock.laddr, sock.lport),
		...deviceOf(sock.options),
		recvQueue: 0,
		sendQueue: sock.options.backlog,
		...ownerOf(sock.options),
	};
}

function tcpEntry(sock: TcpEndpoint): readonly SocketEntry[] {
	const ends = {
		protocol: "tcp",
		local: socketAddr(sock.laddr, sock.lport),
		remote: socketAddr(sock.raddr, sock.rport),
	} as const;
	switch (sock.kind) {
		case "request":
			return [{ ...ends, state: "SYN-RECV", recvQueue: 0, sendQueue: 0 }];
		case "timewait":
			return [{ ...ends, state: "TIME-WAIT", recvQueue: 0, sendQueue: 0 }];
		case "sock": {
			const state = TCP_STATES[sock.state];
			if (state === undefined) return [];
			const owner = sock.finQueued ? {} : ownerOf(sock.options);
			const sendQueue = ((sock.sndNxt - sock.sndUna) >>> 0) + sock.unsentBytes;
			return [{ ...ends, state, ...deviceOf(sock.options), recvQueue: sock.unreadBytes, sendQueue, ...owner }];
		}
	}
}

function udpEntry(sock: UdpSock): SocketEntry {
	const connected = sock.raddr !== ADDR_ANY;
	return {
		protocol: "udp",
		state: connected ? "ESTAB" : "UNCONN",
		local: socketAddr(sock.laddr, sock.lport),
		...(connected ? { remote: socketAddr(sock.raddr, sock.rport) } : {}),
		...deviceOf(sock.options),
		recvQueue: 0,
		sendQueue: 0,
		...ownerOf(sock.options),
	};
}

const TCP_STATES: Readonly<Record<TcpState, SocketState | undefined>> = {
	SYN_SENT: "SYN-SENT",
	SYN_RECV: "SYN-RECV",
	ESTABLISHED: "ESTAB",
	FIN_WAIT1: "FIN-WAIT-1",
	FIN_WAIT2: "FIN-WAIT-2",
	CLOSE_WAIT: "CLOSE-WAIT",
	CLOSING: "CLOSING",
	LAST_ACK: "LAST-ACK",
	CLOSE: undefined,
};

function ownerOf({ program, pid }: SockOptions): { readonly program?: string; readonly pid?: number } {
	return { ...(program === "" ? {} : { program }), ...(pid === undefined ? {} : { pid }) };
}

function deviceOf({ netns, boundDev }: SockOptions): { readonly dev?: string } {
	const dev = boundDev === 0 ? undefined : netns.devices.get(boundDev);
	return dev === undefined ? {} : { dev: dev.name };
}
