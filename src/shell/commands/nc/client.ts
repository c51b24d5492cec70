/** nc as a client: one port after the other. */
import { utf8Encode } from "../../../base/bytes.ts";
import { serviceName } from "../../../formats/services.ts";
import type { SocketError, SocketOptions, TcpConnection, UdpSocket } from "../../../kernel/socket.ts";
import type { IpAddr } from "../../../wire/addr.ts";
import type { CommandContext } from "../../command.ts";
import { LOOKUP_ERROR_TEXT, lookupHost, parseNumericHost } from "../../name-service.ts";
import { strerror } from "../../strerror.ts";
import { ToolExit } from "../tool-exit.ts";
import type { NcOptions } from "./options.ts";
import { Incoming, transfer } from "./transfer.ts";

/** How long a UDP port is tried without `-w`. */
const UDP_SCAN_SECONDS = 3;
const SECOND_NS = 1_000_000_000;
/** The kernel gives up by itself before that, whatever tcp_syn_retries says. */
const CONNECT_LIMIT_NS = 1e13;

/** Tries every port; 0 when one of them was there. */
export async function ncConnect(context: CommandContext, options: NcOptions): Promise<number> {
	const remote = await addressOf(context, options);
	const bindAddr = options.source === undefined ? undefined : await sourceOf(context, options.source);
	const socket: SocketOptions = {
		program: "nc",
		...(context.pid === undefined ? {} : { pid: context.pid }),
		bind: {
			...(bindAddr === undefined ? {} : { addr: bindAddr }),
			...(options.sourcePort === undefined ? {} : { port: options.sourcePort }),
		},
		...(options.ttl === undefined ? {} : { ttl: options.ttl }),
		...(options.tos === undefined ? {} : { tos: options.tos }),
		broadcast: options.broadcast,
	};
	let status = 1;
	for (const port of options.ports) {
		const to = { addr: remote, port };
		const reached = options.udp
			? await tryUdp(context, options, { to, socket })
			: await tryTcp(context, options, { to, socket });
		if (context.interrupt.raised) return 130;
		if (reached) status = 0;
	}
	return status;
}

interface Attempt {
	readonly to: { readonly addr: IpAddr; readonly port: number };
	readonly socket: SocketOptions;
}

async function tryTcp(context: CommandContext, options: NcOptions, { to, socket }: Attempt): Promise<boolean> {
	const { world, netns, interrupt } = context;
	const incoming = new Incoming();
	let connected = false;
	let error: SocketError | undefined;
	const opened = world.kernel.sockets.connectTcp(netns, to, socket, {
		onConnect: () => {
			connected = true;
		},
		onData: (bytes) => incoming.take(bytes),
		onEnd: () => {
			incoming.ended = true;
		},
		onError: (failure) => {
			error = failure;
			incoming.broken = true;
		},
	});
	if (!opened.ok) {
		failed(context, options, { to, what: failureText(context, opened.error) });
		return false;
	}
	const connection: TcpConnection = opened.value;
	const timeoutNs = options.timeoutNs ?? CONNECT_LIMIT_NS;
	await world.wait(() => connected || error !== undefined, { timeoutNs, interrupt });
	if (!connected) {
		const what = error === undefined ? "timed out: Operation now in progress" : failureText(context, error);
		if (error === undefined) connection.abort();
		if (!interrupt.raised) failed(context, options, { to, what });
		return false;
	}
	succeeded(context, options, to);
	if (options.scan) {
		connection.close();
		return true;
	}
	const peer = {
		send: (bytes: Uint8Array): void => void connection.send(bytes),
		shutdown: (): void => connection.close(),
		close: (): void => connection.close(),
	};
	await transfer(context, { ...options, endsWithPeer: false }, { peer, incoming });
	return true;
}

async function tryUdp(context: CommandContext, options: NcOptions, { to, socket }: Attempt): Promise<boolean> {
	const { world, netns } = context;
	const incoming = new Incoming();
	let refused = false;
	const opened = world.kernel.sockets.openUdp(
		netns,
		{ ...socket, connect: to },
		{
			onDatagram: (bytes) => incoming.take(bytes),
			onError: (error) => {
				incoming.broken = true;
				refused ||= error.errno === "ECONNREFUSED";
			},
		},
	);
	if (!opened.ok) {
		failed(context, options, { to, what: failureText(context, opened.error) });
		return false;
	}
	const peer = {
		send: (bytes: Uint8Array): void => void opened.value.send(bytes),
		shutdown: (): void => {},
		close: (): void => opened.value.close(),
	};
	if (options.verbose || options.scan) {
		if (!(await udpTest(context, options, { socket: opened.value, isRefused: () => refused }))) {
			peer.close();
			return false;
		}
		incoming.broken = false;
		succeeded(context, options, to);
	}
	if (options.scan) peer.close();
	else await transfer(context, { ...options, endsWithPeer: false }, { peer, incoming });
	return true;
}

/** A few datagrams to see whether the port is closed; other ICMP errors do not count (`udptest`). */
async function udpTest(
	{ world, interrupt }: CommandContext,
	{ timeoutNs }: NcOptions,
	{ socket, isRefused }: { readonly socket: UdpSocket; readonly isRefused: () => boolean },
): Promise<boolean> {
	const probe = utf8Encode("X");
	if (!socket.send(probe).ok) return false;
	socket.send(probe);
	const seconds = timeoutNs === undefined ? UDP_SCAN_SECONDS : Math.floor(timeoutNs / SECOND_NS);
	for (let second = 0; second < seconds && !interrupt.raised; second += 1) {
		await world.wait(() => false, { timeoutNs: SECOND_NS, interrupt });
		if (isRefused()) return false;
		socket.send(probe);
	}
	return !isRefused();
}

function succeeded({ stderr }: CommandContext, options: NcOptions, to: Attempt["to"]): void {
	if (!options.verbose) return;
	const protocol = options.udp ? "udp" : "tcp";
	const service = options.numeric ? undefined : serviceName(to.port, protocol);
	const where = `${options.host}${numbers(options, to.addr)}`;
	stderr.write(`Connection to ${where} ${to.port} port [${protocol}/${service ?? "*"}] succeeded!\n`);
}

function failed(
	{ stderr, name }: CommandContext,
	options: NcOptions,
	{ to, what }: { readonly to: Attempt["to"]; readonly what: string },
): void {
	if (!options.verbose) return;
	const where = `${options.host}${numbers(options, to.addr)}`;
	stderr.write(`${name}: connect to ${where} port ${to.port} (${options.udp ? "udp" : "tcp"}) ${what}\n`);
}

/** A local bind that fails ends the program; the rest is a port that cannot be reached. */
function failureText({ name }: CommandContext, error: SocketError): string {
	const isBind = error.errno === "EADDRNOTAVAIL" || error.errno === "EADDRINUSE";
	if (isBind) throw new ToolExit(1, `${name}: bind failed: ${strerror(error)}\n`);
	return `failed: ${strerror(error)}`;
}

/** ` (127.0.0.1)` after a name. */
function numbers({ host }: NcOptions, addr: IpAddr): string {
	return host === addr ? "" : ` (${addr})`;
}

async function addressOf(context: CommandContext, options: NcOptions): Promise<IpAddr> {
	const { host, portText, numeric, family } = options;
	const refuse = (why: string): ToolExit =>
		new ToolExit(1, `${context.name}: getaddrinfo for host "${host}" port ${portText}: ${why}\n`);
	if (numeric && parseNumericHost(host) === undefined) throw refuse(LOOKUP_ERROR_TEXT.EAI_NONAME);
	const found = await lookupHost(context, host, family);
	if (!found.ok) throw refuse(LOOKUP_ERROR_TEXT[found.error]);
	return found.value.addr;
}

async function sourceOf(context: CommandContext, source: string): Promise<IpAddr> {
	const found = await lookupHost(context, source);
	if (found.ok) return found.value.addr;
	throw new ToolExit(1, `${context.name}: getaddrinfo: ${LOOKUP_ERROR_TEXT[found.error]}\n`);
}
