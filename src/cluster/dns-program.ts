/** CoreDNS's part in a pod: the cluster's name server on the kernel's sockets, UDP and TCP, and its way to other servers. */
import { ok, type Result } from "../base/result.ts";
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

type Send = (messages: readonly Uint8Array[]) => void;

/** Fails as bind and listen fail. */
export function serveDns(
	kernel: Kernel,
	netns: string,
	program: DnsProgram,
	port: DnsPort,
): Result<{ close(): void }, SocketError> {
	const responder = new Responder(kernel, netns, program);
	const options = { bind: { port: port.port }, program: port.program };
	if (port.protocol === "TCP") {
		const listener = kernel.sockets.listenTcp(netns, options, (connection) => serve(responder, connection, port));
		if (!listener.ok) return listener;
		return ok({ close: () => listener.value.close() });
	}
	const socket = kernel.sockets.openUdp(netns, options, {
		onDatagram(bytes, from, to) {
			port.onQuery(from, to);
			responder.answer(bytes, { addr: from.addr, transport: "udp" }, (messages) => {
				for (const message of messages) if (socket.ok) socket.value.send(message, from);
			});
		},
	});
	if (!socket.ok) return socket;
	return ok({ close: () => socket.value.close() });
}

function serve(responder: Responder, connection: TcpConnection, { onQuery }: DnsPort): void {
	const stream = new DnsStream();
	const client: DnsClient = { addr: connection.remote.addr, transport: "tcp" };
	connection.handle({
		onData(bytes) {
			for (const query of stream.push(bytes)) {
				onQuery(connection.remote, connection.local);
				responder.answer(query, client, (messages) => {
					for (const message of messages) connection.send(frameDns(message));
				});
			}
		},
		onEnd: () => connection.close(),
	});
}

class Responder {
	readonly #kernel: Kernel;
	readonly #netns: string;
	readonly #program: DnsProgram;

	constructor(kernel: Kernel, netns: string, program: DnsProgram) {
		this.#kernel = kernel;
		this.#netns = netns;
		this.#program = program;
	}

	answer(query: Uint8Array, client: DnsClient, send: Send): void {
		const { server, upstreams } = this.#program;
		const { clock } = this.#kernel;
		const outcome = server.respond(query, client, clock.now());
		if (outcome.kind === "answer") send(outcome.messages);
		if (outcome.kind !== "forward") return;
		const done = (reply: Uint8Array | undefined): void => send([outcome.finish(reply, clock.now())]);
		this.#forward({ query: outcome.query, transport: client.transport, upstreams, done });
	}

	/** To the first of the servers; when he does not answer, to the next. */
	#forward({ query, transport, upstreams, done }: Forwarding): void {
		const [addr, ...others] = upstreams;
		if (addr === undefined) {
			done(undefined);
			return;
		}
		const next = (reply: Uint8Array | undefined): void => {
			if (reply === undefined) this.#forward({ query, transport, upstreams: others, done });
			else done(reply);
		};
		const to = { addr, port: DNS_PORT };
		if (transport === "tcp") this.#askTcp(to, query, next);
		else this.#askUdp(to, query, next);
	}

	#askUdp(to: SocketAddr, payload: Uint8Array, done: (reply: Uint8Array | undefined) => void): void {
		const options = { to, payload, timeoutNs: FORWARD_NS, socket: { program: "coredns" } };
		startUdpClient(this.#kernel, this.#netns, options, (result) =>
			done(result.outcome === "answered" ? result.payload : undefined),
		);
	}

	#askTcp(to: SocketAddr, query: Uint8Array, done: (reply: Uint8Array | undefined) => void): void {
		const stream = new DnsStream();
		let over = false;
		const end = (reply?: Uint8Array): void => {
			if (over) return;
			over = true;
			cancel();
			if (opened.ok) opened.value.close();
			done(reply);
		};
		const cancel = this.#kernel.clock.after(FORWARD_NS, () => end());
		const opened = this.#kernel.sockets.connectTcp(
			this.#netns,
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
}

interface Forwarding {
	readonly query: Uint8Array;
	readonly transport: DnsClient["transport"];
	readonly upstreams: readonly IpAddr[];
	readonly done: (reply: Uint8Array | undefined) => void;
}
