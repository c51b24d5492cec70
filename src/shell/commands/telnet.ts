/** telnet: a connection to talk by; no TELNET options are negotiated. */

import { servicePort } from "../../formats/services.ts";
import type { SocketError } from "../../kernel/socket.ts";
import type { CommandContext, CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import { LOOKUP_ERROR_TEXT, lookupAddr, lookupHost } from "../name-service.ts";
import { strerror } from "../strerror.ts";
import { Incoming, type TransferOptions, transfer } from "./nc/transfer.ts";
import { notModelled, runTool, ToolExit } from "./tool-exit.ts";

export const telnetCommand: CommandEntry = {
	names: ["telnet"],
	summary: "connect to a TCP port and talk",
	run: (context) => runTool(context, () => telnet(context)),
};

const TELNET_PORT = 23;
/** The kernel gives up by itself before that. */
const CONNECT_LIMIT_NS = 1e13;

async function telnet(context: CommandContext): Promise<number> {
	const { world, netns, stdout, interrupt, name } = context;
	const given = getopt(context.args, { short: "468EKLacdrxS:X:b:e:k:l:n:" });
	if (!given.ok) throw new ToolExit(1, `${name}: ${given.error}\n`);
	const [host, portText] = given.value.words;
	if (host === undefined) throw notModelled("telnet without a host (its prompt)");
	const port = portText === undefined ? TELNET_PORT : (servicePort(portText) ?? Number(portText));
	if (!Number.isInteger(port) || port < 1 || port > 65535) {
		throw new ToolExit(
			1,
			`${name}: could not resolve ${host}/${portText ?? ""}: Servname not supported for ai_socktype\n`,
		);
	}
	const found = await lookupHost(context, host);
	if (!found.ok) {
		const service = portText ?? "telnet";
		throw new ToolExit(1, `${name}: could not resolve ${host}/${service}: ${LOOKUP_ERROR_TEXT[found.error]}\n`);
	}
	const { addr } = found.value;
	stdout.write(`Trying ${addr}...\n`);
	const incoming = new Incoming();
	let connected = false;
	let error: SocketError | undefined;
	const socket = { program: "telnet", ...(context.pid === undefined ? {} : { pid: context.pid }) };
	const opened = world.kernel.sockets.connectTcp(netns, { addr, port }, socket, {
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
	if (!opened.ok) throw unable(name, opened.error);
	await world.wait(() => connected || error !== undefined, { timeoutNs: CONNECT_LIMIT_NS, interrupt });
	if (error !== undefined) throw unable(name, error);
	if (!connected) return 130;
	const known = await lookupAddr(context, addr);
	stdout.write(
		`Connected to ${known === undefined || known === "EAI_AGAIN" ? addr : known}.\nEscape character is '^]'.\n`,
	);
	const connection = opened.value;
	const peer = {
		send: (bytes: Uint8Array): void => void connection.send(bytes),
		shutdown: (): void => {},
		close: (): void => connection.close(),
	};
	await transfer(context, TELNET_TRANSFER, { peer, incoming });
	if (interrupt.raised) return 130;
	stdout.write("Connection closed by foreign host.\n");
	return 1;
}

/** Lines end in CR LF as a terminal's do; it is over when either side ends. */
const TELNET_TRANSFER: TransferOptions = {
	noInput: false,
	crlf: true,
	shutdown: false,
	endsWithPeer: true,
	timeoutNs: undefined,
	quitNs: 0,
};

function unable(name: string, error: SocketError): ToolExit {
	return new ToolExit(1, `${name}: Unable to connect to remote host: ${strerror(error)}\n`);
}
