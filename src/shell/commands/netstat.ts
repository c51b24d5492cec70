/** netstat: sockets, routes and devices, as net-tools prints them. */
import type { Link } from "../../kernel/objects.ts";
import type { SocketAddr, SocketEntry } from "../../kernel/socket.ts";
import type { CommandContext, CommandEntry } from "../command.ts";
import { getopt, type ParsedOptions } from "../getopt.ts";
import { dumpHere, NET_TOOLS_VERSION, nameOf } from "./net-tools.ts";
import { NETSTAT_USAGE } from "./netstat-usage.ts";
import { type PortNames, portNames, startUp } from "./port-names.ts";
import { notModelled, runTool, ToolExit } from "./tool-exit.ts";

export const netstatCommand: CommandEntry = {
	names: ["netstat"],
	summary: "show sockets, routes (-r) and devices (-i)",
	run: (context) => runTool(context, () => netstat(context)),
};

const LONG = {
	route: "r",
	interfaces: "i",
	groups: "g",
	statistics: "s",
	masquerade: "M",
	verbose: "v",
	wide: "W",
	numeric: "n",
	"numeric-hosts": "hosts",
	"numeric-ports": "ports",
	"numeric-users": "users",
	symbolic: "N",
	extend: "e",
	programs: "p",
	timers: "o",
	continuous: "c",
	listening: "l",
	all: "a",
	fib: "F",
	cache: "C",
	context: "Z",
	tcp: "t",
	udp: "u",
	udplite: "U",
	sctp: "S",
	raw: "w",
	unix: "x",
	version: "V",
	help: "h",
	inet: "4",
	inet6: "6",
};
const REFUSED: Readonly<Record<string, string>> = {
	g: "multicast groups",
	s: "statistics",
	c: "continuous listing",
	C: "the routing cache",
	Z: "SELinux contexts",
	S: "SCTP",
	U: "UDP-Lite",
	o: "timers",
};

async function netstat(context: CommandContext): Promise<number> {
	const parsed = getopt(context.args, { short: "rigsMvWnNepoclaFCZtuUSwx46A:Vh", long: LONG });
	if (!parsed.ok) throw new ToolExit(3, `netstat: ${parsed.error}\n${NETSTAT_USAGE}`);
	const options = parsed.value;
	if (options.has("h")) throw new ToolExit(0, "", NETSTAT_USAGE);
	if (options.has("V")) throw new ToolExit(0, "", NET_TOOLS_VERSION);
	if (options.has("M")) throw new ToolExit(1, "netstat: no support for `ip_masquerade' on this system.\n");
	for (const [letter, what] of Object.entries(REFUSED)) {
		if (options.has(letter)) throw notModelled(`netstat -${letter} (${what})`);
	}
	const numeric = options.has("n") || options.has("hosts");
	if (options.has("r")) {
		const words = [...(options.has("e") ? [] : ["-e"]), ...(numeric ? ["-n"] : [])];
		return context.exec(["route", ...words]);
	}
	if (options.has("i")) {
		context.stdout.write(interfaceTable(await dumpHere(context, "link"), options.has("a")));
		return 0;
	}
	if (options.has("e")) throw notModelled("netstat -e (details of sockets)");
	await startUp(context);
	await showSockets(context, options, numeric);
	return 0;
}

async function showSockets(context: CommandContext, options: ParsedOptions, numeric: boolean): Promise<void> {
	const which = options.has("l") ? "only servers" : options.has("a") ? "servers and established" : "w/o servers";
	const kinds = ["t", "u", "w", "x"].filter((letter) => options.has(letter));
	const wants = (letter: string): boolean => kinds.length === 0 || kinds.includes(letter);
	const listed = context.world.kernel.sockets.list(context.netns);
	if (!listed.ok) throw new ToolExit(1, `netstat: ${listed.error.message}\n`);
	if (wants("t") || wants("u") || wants("w")) {
		const programs = options.has("p");
		const head = "Proto Recv-Q Send-Q Local Address           Foreign Address         State      ";
		const heading = `${head}${programs ? " PID/Program name    " : ""}\n`;
		context.stdout.write(`Active Internet connections (${which})\n${heading}`);
		const names = await portNames(context, { numeric: options.has("n") || options.has("ports"), skipEphemeral: false });
		for (const entry of options.has("6") && !options.has("4") ? [] : listed.value) {
			if (!wants(entry.protocol === "tcp" ? "t" : "u")) continue;
			const isServer = entry.state === "LISTEN" || entry.state === "UNCONN";
			if (which === "only servers" ? !isServer : which === "w/o servers" && isServer) continue;
			context.stdout.write(await socketLine(context, entry, { names, numeric, programs, wide: options.has("W") }));
		}
	}
	if (!wants("x")) return;
	const heading = "Proto RefCnt Flags       Type       State         I-Node   Path\n";
	context.stdout.write(`Active UNIX domain sockets (${which})\n${heading}`);
}

interface LineOptions {
	readonly names: PortNames;
	readonly numeric: boolean;
	readonly programs: boolean;
	readonly wide: boolean;
}

async function socketLine(context: CommandContext, entry: SocketEntry, options: LineOptions): Promise<string> {
	const { protocol, state, local, remote } = entry;
	const recvQueue = state === "LISTEN" ? 0 : entry.recvQueue;
	const sendQueue = state === "LISTEN" ? 0 : entry.sendQueue;
	const ends = [
		await endText(context, { at: local, protocol }, options),
		await endText(context, { at: remote, protocol }, options),
	];
	const owner = entry.pid === undefined ? "-" : `${entry.pid}/${(entry.program ?? "").slice(0, 19)}`;
	const cells = [
		protocol.padEnd(5),
		String(recvQueue).padStart(6),
		String(sendQueue).padStart(6),
		...ends.map((end) => end.padEnd(23)),
		STATE_NAMES[state].padEnd(11),
	];
	return `${cells.join(" ")}${options.programs ? ` ${owner.padEnd(20)}` : ""}\n`;
}

/** `10.0.0.1:80`, `0.0.0.0:*`; a long address is cut so that the port can be seen. */
async function endText(
	context: CommandContext,
	{ at, protocol }: { readonly at: SocketAddr | undefined; readonly protocol: "tcp" | "udp" },
	{ names, numeric, wide }: LineOptions,
): Promise<string> {
	if (at === undefined) return "0.0.0.0:*";
	const port = at.port === 0 ? "*" : names(protocol, at.port);
	const host = numeric || at.addr === "0.0.0.0" ? at.addr : await nameOf(context, at.addr);
	return `${wide ? host : host.slice(0, 22 - port.length)}:${port}`;
}

const STATE_NAMES: Readonly<Record<SocketEntry["state"], string>> = {
	LISTEN: "LISTEN",
	"SYN-SENT": "SYN_SENT",
	"SYN-RECV": "SYN_RECV",
	ESTAB: "ESTABLISHED",
	"FIN-WAIT-1": "FIN_WAIT1",
	"FIN-WAIT-2": "FIN_WAIT2",
	"CLOSE-WAIT": "CLOSE_WAIT",
	CLOSING: "CLOSING",
	"LAST-ACK": "LAST_ACK",
	"TIME-WAIT": "TIME_WAIT",
	UNCONN: "",
};

/** Devices that are up, or all; in order of their names. */
function interfaceTable(links: readonly Link[], all: boolean): string {
	const shown = links.filter((link) => all || link.up === true);
	const sorted = [...shown].sort((a, b) => (a.name < b.name ? -1 : 1));
	const rows = sorted.map((link) => {
		const { rxPackets = 0, rxDropped = 0, txPackets = 0, txDropped = 0 } = link.stats ?? {};
		const column = (n: number, width = 6): string => String(n).padStart(width);
		const received = [column(rxPackets, 8), column(0), column(rxDropped), "0".padEnd(6)];
		const sent = [column(txPackets, 8), column(0), column(txDropped), column(0)];
		const cells = [link.name.padEnd(15), column(link.mtu ?? 0, 5), ...received, ...sent, flagsOf(link)];
		return `${cells.join(" ")}\n`;
	});
	const heading = "Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n";
	return `Kernel Interface table\n${heading}${rows.join("")}`;
}

function flagsOf(link: Link): string {
	const isLoopback = link.link?.type === "loopback";
	const flags = [
		isLoopback ? "" : "B",
		isLoopback ? "L" : "",
		isLoopback ? "" : "M",
		link.promisc === true ? "P" : "",
		link.up === true && link.carrier !== false ? "R" : "",
		link.up === true ? "U" : "",
	];
	return flags.join("");
}
