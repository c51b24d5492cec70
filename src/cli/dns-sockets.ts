/** The cluster's name server on this machine's own sockets, UDP and TCP, and its way to other servers. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { answerDns, type DnsHost, type DnsTransport } from "../dns/answer.ts";
import type { DnsClient, DnsServer } from "../dns/dns-server.ts";
import { familyOf, ip, parseIp } from "../wire/addr.ts";
import { DnsStream, frameDns } from "../wire/dns-tcp.ts";

export interface DnsEndpoint {
	readonly host: string;
	readonly port: number;
}

export interface DnsListener {
	/** The port it got, when it asked for any. */
	readonly port: number;
	close(): Promise<void>;
}

/** How long another server may take (CoreDNS's forward plug-in). */
const FORWARD_MS = 2000;
/** A silent TCP connection is closed. */
const IDLE_MS = 10_000;

/** Listens on both transports; rejects as `bind` fails. Other servers are asked in turn. */
export async function listenDns(
	server: DnsServer,
	at: DnsEndpoint,
	upstreams: readonly DnsEndpoint[],
): Promise<DnsListener> {
	const tcp = createServer();
	const open = new Set<Socket>();
	await listening(tcp, at);
	const address = tcp.address();
	const port = typeof address === "object" && address !== null ? address.port : at.port;
	const udp = createSocket(udpType(at.host));
	const host = hostOf(server, upstreams);
	try {
		udp.bind(port, at.host);
		await once(udp, "listening");
	} catch (cause) {
		tcp.close();
		throw cause;
	}
	// A client that has gone away is not this server's failure.
	udp.on("error", () => undefined);
	udp.on("message", (bytes, from) => {
		answerDns(host, bytes, clientOf(from.address, "udp"), ([answer]) => {
			if (answer !== undefined) udp.send(answer, from.port, from.address);
		});
	});
	tcp.on("connection", (socket) => {
		open.add(socket);
		socket.on("close", () => open.delete(socket));
		serveConnection(host, socket);
	});
	const close = async (): Promise<void> => {
		for (const socket of open) socket.destroy();
		udp.close();
		tcp.close();
		await Promise.all([once(udp, "close"), once(tcp, "close")]);
	};
	return { port, close };
}

function serveConnection(host: DnsHost<DnsEndpoint>, socket: Socket): void {
	const stream = new DnsStream();
	socket.setTimeout(IDLE_MS, () => socket.destroy());
	socket.on("error", () => socket.destroy());
	socket.on("data", (bytes) => {
		for (const query of stream.push(bytes)) {
			answerDns(host, query, clientOf(socket.remoteAddress ?? "", "tcp"), (answers) => {
				for (const answer of answers) socket.write(frameDns(answer));
			});
		}
	});
}

/** Asks by the transport that the client asked by. */
function hostOf(server: DnsServer, upstreams: readonly DnsEndpoint[]): DnsHost<DnsEndpoint> {
	return {
		server,
		upstreams,
		nowNs: () => performance.now() * 1e6,
		ask(upstream, query, transport, done) {
			void (transport === "udp" ? askUdp(upstream, query) : askTcp(upstream, query)).then(done);
		},
	};
}

/** IPv4 clients of an IPv6 socket have IPv4 addresses in IPv6 ones. */
function clientOf(address: string, transport: DnsTransport): DnsClient {
	const addr = parseIp(address.replace(/^::ffff:(?=\d+\.)|%.*$/g, ""));
	return { addr: addr.ok ? addr.value : ip("0.0.0.0"), transport };
}

/** Undefined: no answer in time, or an error of the socket. */
function askUdp({ host, port }: DnsEndpoint, query: Uint8Array): Promise<Uint8Array | undefined> {
	return new Promise((resolve) => {
		const socket = createSocket(udpType(host));
		let over = false;
		const end = (reply?: Uint8Array): void => {
			if (over) return;
			over = true;
			clearTimeout(timer);
			socket.close();
			resolve(reply);
		};
		const timer = setTimeout(end, FORWARD_MS);
		socket.on("error", () => end());
		socket.on("message", (bytes) => {
			if (bytes[0] === query[0] && bytes[1] === query[1]) end(bytes);
		});
		socket.connect(port, host, () => socket.send(query));
	});
}

function askTcp({ host, port }: DnsEndpoint, query: Uint8Array): Promise<Uint8Array | undefined> {
	return new Promise((resolve) => {
		const socket = connect(port, host, () => socket.write(frameDns(query)));
		const stream = new DnsStream();
		const end = (reply?: Uint8Array): void => {
			socket.destroy();
			resolve(reply);
		};
		socket.setTimeout(FORWARD_MS, () => end());
		socket.on("error", () => end());
		socket.on("close", () => end());
		socket.on("data", (bytes) => {
			const [reply] = stream.push(bytes);
			if (reply !== undefined) end(reply);
		});
	});
}

async function listening(server: Server, { host, port }: DnsEndpoint): Promise<void> {
	server.listen(port, host);
	await once(server, "listening");
}

function udpType(host: string): "udp4" | "udp6" {
	const addr = parseIp(host);
	return addr.ok && familyOf(addr.value) === "ipv6" ? "udp6" : "udp4";
}
