/** echo-server: sends back what it gets, over TCP or UDP, and says from whom. */
import { ok, type Result } from "../../base/result.ts";
import type { SocketAddr, SocketError } from "../../kernel/socket.ts";
import { parseIp } from "../../wire/addr.ts";
import type { CommandContext, CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import { strerror } from "../strerror.ts";
import { notModelled, runTool, ToolExit } from "./tool-exit.ts";

export const echoServerCommand: CommandEntry = {
	names: ["echo-server"],
	summary: "send back what comes: echo-server [-u] [-s ADDRESS] [PORT]",
	run: (context) => runTool(context, () => echoServer(context)),
};

export const socatCommand: CommandEntry = {
	names: ["socat"],
	summary: "not modelled: use nc, echo-server or http-server",
	run: (context) =>
		runTool(context, () => Promise.reject(notModelled("socat (nc, echo-server and http-server are there)"))),
};

const USAGE = `Usage: echo-server [-u] [-s ADDRESS] [PORT]
  -u          UDP instead of TCP
  -s ADDRESS  listen on this address only
  PORT        default: 7
`;
/** The echo service's own port (RFC 862). */
const ECHO_PORT = 7;

async function echoServer(context: CommandContext): Promise<number> {
	const fail = (message: string): ToolExit => new ToolExit(2, `echo-server: ${message}\n`);
	const given = getopt(context.args, { short: "us:h", long: { help: "h" } });
	if (!given.ok) throw new ToolExit(2, `echo-server: ${given.error}\n${USAGE}`);
	if (given.value.has("h")) throw new ToolExit(0, "", USAGE);
	const portText = given.value.words[0] ?? String(ECHO_PORT);
	const port = Number(portText);
	if (!/^\d+$/.test(portText) || port === 0 || port > 65535) throw fail(`invalid port: ${portText}`);
	const addrText = given.value.value("s") ?? "0.0.0.0";
	const addr = parseIp(addrText);
	if (!addr.ok) throw fail(`invalid address: ${addrText}`);
	const protocol = given.value.has("u") ? "udp" : "tcp";
	const opened = (protocol === "udp" ? echoUdp : echoTcp)(context, { addr: addr.value, port });
	if (!opened.ok) throw new ToolExit(1, `echo-server: bind: ${strerror(opened.error)}\n`);
	context.stdout.write(`echo-server: ${protocol} ${addrText}:${port}\n`);
	await context.world.wait(() => false, { timeoutNs: Infinity, interrupt: context.interrupt });
	opened.value();
	return 130;
}

function echoTcp(context: CommandContext, bind: SocketAddr): Result<() => void, SocketError> {
	const { world, netns } = context;
	const listener = world.kernel.sockets.listenTcp(netns, { bind, ...ownerOf(context) }, (connection) =>
		connection.handle({
			onData(bytes) {
				tell(context, bytes, connection.remote);
				connection.send(bytes);
			},
			onEnd: () => connection.close(),
		}),
	);
	return listener.ok ? ok(() => listener.value.close()) : listener;
}

function echoUdp(context: CommandContext, bind: SocketAddr): Result<() => void, SocketError> {
	const { world, netns } = context;
	const socket = world.kernel.sockets.openUdp(
		netns,
		{ bind, ...ownerOf(context) },
		{
			onDatagram(bytes, from) {
				tell(context, bytes, from);
				if (socket.ok) socket.value.send(bytes.slice(), from);
			},
		},
	);
	return socket.ok ? ok(() => socket.value.close()) : socket;
}

function tell({ stdout }: CommandContext, bytes: Uint8Array, from: SocketAddr): void {
	stdout.write(`${from.addr}:${from.port}: ${bytes.length} bytes\n`);
}

function ownerOf({ pid }: CommandContext): { readonly program: string; readonly pid?: number } {
	return { program: "echo-server", ...(pid === undefined ? {} : { pid }) };
}
