/** A UDP server that answers each datagram with a function of it. */
import { ok, type Result } from "../base/result.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { SocketAddr, SocketError } from "../kernel/socket.ts";
import type { IpAddr } from "../wire/addr.ts";

export interface Datagram {
	readonly bytes: Uint8Array;
	readonly from: SocketAddr;
	readonly to: SocketAddr;
}

export interface UdpEchoOptions {
	/** Absent: any local address. */
	readonly addr?: IpAddr;
	readonly port: number;
	/** Shown in traces; default `udp-echo`. */
	readonly program?: string;
	/** The answer; undefined: none. Default: the same bytes. */
	readonly reply?: (datagram: Datagram) => Uint8Array | undefined;
}

export interface UdpEcho {
	readonly local: SocketAddr;
	/** How many datagrams came so far. */
	readonly received: () => number;
	close(): void;
}

/** Opens the server's socket in `netns`; fails as bind fails. */
export function udpEcho(
	kernel: Pick<Kernel, "sockets">,
	netns: string,
	options: UdpEchoOptions,
): Result<UdpEcho, SocketError> {
	let received = 0;
	const bind = { port: options.port, ...(options.addr === undefined ? {} : { addr: options.addr }) };
	const socket = kernel.sockets.openUdp(
		netns,
		{ bind, program: options.program ?? "udp-echo" },
		{
			onDatagram(bytes, from, to) {
				received += 1;
				const answer = options.reply === undefined ? bytes : options.reply({ bytes, from, to });
				if (answer !== undefined && socket.ok) socket.value.send(answer, from);
			},
		},
	);
	if (!socket.ok) return socket;
	return ok({ local: socket.value.local, received: () => received, close: () => socket.value.close() });
}
