/** CoreDNS's part in a pod: the cluster's name server on the kernel's sockets, UDP and TCP, and its way to other servers. */
import { ok, type Result } from "../base/result.ts";
import { answerDns, type DnsHost, type DnsReplied } from "../dns/answer.ts";
import type { DnsClient, DnsServer } from "../dns/dns-server.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { SocketAddr, SocketError, TcpConnection } from "../kernel/socket.ts";
import { startUdpClient } from "../programs/udp-client.ts";
import type { IpAddr } from "../wire/addr.ts";
import { DNS_PORT } from "../wire/dns.ts";
import { DnsStream, frameDns } from "../wire/dns-tcp.ts";

export interface DnsProgram {
	readonly server: DnsServer;
	/** Asked in turn for names outside the zones. */
	readonly upstreams: readonly IpAddr[];
}

export interface DnsPort {
	readonly port: number;
	readonly protocol: "TCP" | "UDP";
	/** Shown in traces. */
	readonly program: string;
	/** Told of every query. */
	readonly onQuery: (from: SocketAddr, to: SocketAddr) => void;
}

/** How long another server may take (CoreDNS's forward plug-in). */
const FORWARD_NS = 2_000_000_000;

/** Fails as bind and listen fail. */
export function serveDns(
	kernel: Kernel,
	netns: string,
	program: DnsProgram,
	port: DnsPort,
): Result<{ close(): void }, SocketError> {
	const host = hostOf(kernel, netns, program);
	const options = { bind: { port: port.port }, program: port.program };
	if (port.protocol === "TCP") {
		const listener = kernel.sockets.listenTcp(netns, options, (connection) => serve(host, connection, port));
		if (!listener.ok) return listener;
		return ok({ close: () => listener.value.close() });
	}
	const socket = kernel.sockets.openUdp(netns, options, {
		onDatagram(bytes, from, to) {
			port.onQuery(from, to);
			answerDns(host, bytes, { addr: from.addr, transport: "udp" }, (messages) => {
				for (const message of messages) if (socket.ok) socket.value.send(message, from);
			});
		},
	});
	if (!socket.ok) return socket;
	return ok({ close: () => socket.value.close() });
}

function serve(host: DnsHost<IpAddr>, connection: TcpConnection, { onQuery }: DnsPort): void {
	const stream = new DnsStream();
	const client: DnsClient = { addr: connection.remote.addr, transport: "tcp" };
	connection.handle({
		onData(bytes) {
			for (const query of stream.push(bytes)) {
				onQuery(connection.remote, connection.local);
				answerDns(host, query, client, (messages) => {
					for (const message of messages) connection.send(frameDns(message));
				});
			}
		},
		onEnd: () => connection.close(),
	});
}

/** Asks by the transport that the client asked by. */
function hostOf(kernel: Kernel, netns: string, program: DnsProgram): DnsHost<IpAddr> {
	return {
		...program,
		nowNs: () => kernel.clock.now(),
		ask(addr, payload, transport, done) {
			const to = { addr, port: DNS_PORT };
			if (transport === "tcp") askTcp({ kernel, netns }, to, payload, done);
			else askUdp({ kernel, netns }, to, payload, done);
		},
	};
}

interface Place {
	readonly kernel: Kernel;
	readonly netns: string;
}

function askUdp({ kernel, netns }: Place, to: SocketAddr, payload: Uint8Array, done: DnsReplied): void {
	const options = { to, payload, timeoutNs: FORWARD_NS, socket: { program: "coredns" } };
	startUdpClient(kernel, netns, options, (result) => done(result.outcome === "answered" ? result.payload : undefined));
}

function askTcp({ kernel, netns }: Place, to: SocketAddr, query: Uint8Array, done: DnsReplied): void {
	const stream = new DnsStream();
	let over = false;
	const end = (reply?: Uint8Array): void => {
		if (over) return;
		over = true;
		cancel();
		if (opened.ok) opened.value.close();
		done(reply);
	};
	const cancel = kernel.clock.after(FORWARD_NS, () => end());
	const opened = kernel.sockets.connectTcp(
		netns,
		to,
		{ program: "coredns" },
		{
			onConnect() {
				if (opened.ok) opened.value.send(frameDns(query));
			},
			onData(bytes) {
				const [reply] = stream.push(bytes);
				if (reply !== undefined) end(reply);
			},
			onEnd: () => end(),
			onError: () => end(),
		},
	);
	if (!opened.ok) end();
}
