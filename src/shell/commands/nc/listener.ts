/** nc as a server: one peer, or with `-k` one after the other. */
import type { SocketAddr, SocketError, TcpConnection } from "../../../kernel/socket.ts";
import { type IpAddr, ip } from "../../../wire/addr.ts";
import type { CommandContext } from "../../command.ts";
import { LOOKUP_ERROR_TEXT, lookupAddr, lookupHost } from "../../name-service.ts";
import { strerror } from "../../strerror.ts";
import { ToolExit } from "../tool-exit.ts";
import type { NcOptions } from "./options.ts";
import { Incoming, transfer } from "./transfer.ts";

const ANY: IpAddr = ip("0.0.0.0");

export async function ncListen(context: CommandContext, options: NcOptions): Promise<number> {
	const addr = await localAddress(context, options);
	const [port = 0] = options.ports;
	const bind = { port, ...(addr === undefined ? {} : { addr }) };
	const socket = { bind, program: "nc", backlog: 1, ...(context.pid === undefined ? {} : { pid: context.pid }) };
	return options.udp ? listenUdp(context, options, socket) : listenTcp(context, options, socket);
}

type ServerSocket = { readonly bind: { readonly addr?: IpAddr; readonly port: number } };

async function listenTcp(context: CommandContext, options: NcOptions, socket: ServerSocket): Promise<number> {
	const { world, netns, interrupt } = context;
	const queue: { readonly connection: TcpConnection; readonly incoming: Incoming }[] = [];
	const listener = world.kernel.sockets.listenTcp(netns, socket, (connection) => {
		const incoming = new Incoming();
		connection.handle({
			onData: (bytes) => incoming.take(bytes),
			onEnd: () => {
				incoming.ended = true;
			},
			onError: () => {
				incoming.broken = true;
			},
		});
		queue.push({ connection, incoming });
	});
	if (!listener.ok) throw bindFailure(context, listener.error);
	await report(context, options, {
		what: "Listening on",
		at: { addr: socket.bind.addr ?? ANY, port: socket.bind.port },
	});
	do {
		await world.wait(() => queue.length > 0, { timeoutNs: Infinity, interrupt });
		const accepted = queue.shift();
		if (accepted === undefined) break;
		const { connection, incoming } = accepted;
		await report(context, options, { what: "Connection received on", at: connection.remote });
		const peer = {
			send: (bytes: Uint8Array): void => void connection.send(bytes),
			shutdown: (): void => connection.close(),
			close: (): void => connection.close(),
		};
		await transfer(context, { ...options, endsWithPeer: true }, { peer, incoming });
	} while (options.keepOpen && !interrupt.raised);
	listener.value.close();
	for (const { connection } of queue) connection.abort();
	return interrupt.raised ? 130 : 0;
}

async function listenUdp(context: CommandContext, options: NcOptions, socket: ServerSocket): Promise<number> {
	const { world, netns, interrupt } = context;
	const incoming = new Incoming();
	let from: SocketAddr | undefined;
	const opened = world.kernel.sockets.openUdp(netns, socket, {
		onDatagram(bytes, sender) {
			from ??= sender;
			const known = from.addr === sender.addr && from.port === sender.port;
			if (known || options.keepOpen) incoming.take(bytes);
		},
	});
	if (!opened.ok) throw bindFailure(context, opened.error);
	await report(context, options, { what: "Bound on", at: { addr: socket.bind.addr ?? ANY, port: socket.bind.port } });
	await world.wait(() => from !== undefined, { timeoutNs: Infinity, interrupt });
	const first = from;
	if (first !== undefined) {
		if (!options.keepOpen) await report(context, options, { what: "Connection received on", at: first });
		const peer = {
			send: (bytes: Uint8Array): void => void opened.value.send(bytes, first),
			shutdown: (): void => {},
			close: (): void => {},
		};
		await transfer(context, { ...options, endsWithPeer: true }, { peer, incoming });
	}
	opened.value.close();
	return interrupt.raised ? 130 : 0;
}

/** `Listening on 0.0.0.0 1234`: with the host's name, unless `-n`. */
async function report(
	context: CommandContext,
	options: NcOptions,
	line: { readonly what: string; readonly at: SocketAddr },
): Promise<void> {
	if (!options.verbose) return;
	const { what, at } = line;
	const name = options.numeric || at.addr === ANY ? undefined : await lookupAddr(context, at.addr);
	if (name === "EAI_AGAIN") {
		context.stderr.write(`${context.name}: getnameinfo: ${LOOKUP_ERROR_TEXT.EAI_AGAIN}\n`);
		return;
	}
	context.stderr.write(`${what} ${name ?? at.addr} ${at.port}\n`);
}

async function localAddress(context: CommandContext, options: NcOptions): Promise<IpAddr | undefined> {
	if (options.host === "") return undefined;
	const found = await lookupHost(context, options.host, options.family);
	if (found.ok) return found.value.addr;
	throw new ToolExit(1, `${context.name}: getaddrinfo: ${LOOKUP_ERROR_TEXT[found.error]}\n`);
}

function bindFailure({ name }: CommandContext, error: SocketError): ToolExit {
	return new ToolExit(1, `${name}: ${strerror(error)}\n`);
}
