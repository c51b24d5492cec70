/** ss: the sockets of a namespace. */
import type { SocketAddr, SocketEntry } from "../../kernel/socket.ts";
import type { CommandContext, CommandEntry } from "../command.ts";
import { lookupAddr } from "../name-service.ts";
import { type PortNames, portNames, startUp } from "./port-names.ts";
import { parseSocketFilter } from "./ss/filter.ts";
import { type SsOptions, ssOptions } from "./ss/options.ts";
import { formatSocketTable, type SocketRow } from "./ss/table.ts";
import { SS_USAGE } from "./ss/usage.ts";
import { notModelled, runTool, ToolExit } from "./tool-exit.ts";

export const ssCommand: CommandEntry = {
	names: ["ss"],
	summary: "show sockets",
	run: (context) => runTool(context, () => ss(context)),
};

async function ss(context: CommandContext): Promise<number> {
	const options = ssOptions(context);
	await startUp(context);
	const listed = context.world.kernel.sockets.list(context.netns);
	if (!listed.ok) throw new ToolExit(255, `ss: ${listed.error.message}\n`);
	if (options.summary) {
		context.stdout.write(summaryOf(listed.value));
		return 0;
	}
	const filter = parseSocketFilter(options.filter);
	if (!filter.ok) {
		const { error } = filter;
		if (error.problem === "not modelled") throw notModelled(`ss with "${error.text}" in its filter`);
		if (error.problem === "syntax") {
			throw new ToolExit(255, `ss: bison bellows (while parsing filter): "syntax error!" Sorry.\n${SS_USAGE}`);
		}
		const why =
			error.problem === "port"
				? `Error: "${error.text}" does not look like a port.`
				: `Error: an inet prefix is expected rather than "${error.text}".`;
		throw new ToolExit(1, `${why}\nCannot parse dst/src address.\n`);
	}
	const inOrder = [...listed.value].sort((a, b) => PROTOCOLS.indexOf(a.protocol) - PROTOCOLS.indexOf(b.protocol));
	const chosen = inOrder.filter(
		(entry) =>
			!options.nothing &&
			options.protocols.has(entry.protocol) &&
			options.states.includes(entry.state) &&
			filter.value(entry),
	);
	const rows: SocketRow[] = [];
	const names = await portNames(context, { numeric: options.numeric, skipEphemeral: true });
	for (const entry of chosen) rows.push(await rowOf(context, entry, { options, names }));
	const hidden = new Set<keyof SocketRow>();
	if (options.oneKind) hidden.add("netid");
	if (options.states.length === 1) hidden.add("state");
	context.stdout.write(formatSocketTable(rows, { header: options.header, hidden }));
	return 0;
}

/** `%-6d`, whether there is a header or not. */
const QUEUE_WIDTH = 6;
/** In the order they are asked of the kernel. */
const PROTOCOLS: readonly SocketEntry["protocol"][] = ["udp", "tcp"];

async function rowOf(
	context: CommandContext,
	entry: SocketEntry,
	{ options, names }: { readonly options: SsOptions; readonly names: PortNames },
): Promise<SocketRow> {
	const { protocol, state, local, remote, dev } = entry;
	const device = dev === undefined ? "" : `%${dev}`;
	return {
		netid: protocol,
		state,
		recvQueue: String(entry.recvQueue).padEnd(QUEUE_WIDTH),
		sendQueue: String(entry.sendQueue).padEnd(QUEUE_WIDTH),
		localAddr: `${await hostText(context, options, local)}${device}:`,
		localPort: local.port === 0 ? "*" : names(protocol, local.port),
		peerAddr: `${remote === undefined ? "0.0.0.0" : await hostText(context, options, remote)}:`,
		peerPort: remote === undefined ? "*" : names(protocol, remote.port),
		process: options.processes && entry.program !== undefined ? processText(entry) : "",
	};
}

/** ` users:(("nginx",pid=7,fd=3))`; which descriptor it is nobody knows: 3 is the first a program opens. */
function processText({ program = "", pid }: SocketEntry): string {
	return pid === undefined ? "" : ` users:(("${program.slice(0, 15)}",pid=${pid},fd=3))`;
}

async function hostText(context: CommandContext, { resolve }: SsOptions, { addr }: SocketAddr): Promise<string> {
	if (!resolve || addr === "0.0.0.0") return addr;
	const name = await lookupAddr(context, addr);
	return name === undefined || name === "EAI_AGAIN" ? addr : name;
}

function summaryOf(entries: readonly SocketEntry[]): string {
	const count = (test: (entry: SocketEntry) => boolean): number => entries.filter(test).length;
	const tcp = count(({ protocol }) => protocol === "tcp");
	const udp = count(({ protocol }) => protocol === "udp");
	const timewait = count(({ state }) => state === "TIME-WAIT");
	const established = count(({ protocol, state }) => protocol === "tcp" && state === "ESTAB");
	const open = tcp - timewait;
	const row = (name: string, total: number): string => `${name}\t  ${column(total)} ${column(total)} ${column(0)}\n`;
	const column = (n: number): string => String(n).padEnd(9);
	return [
		`Total: ${open + udp}\n`,
		`TCP:   ${tcp} (estab ${established}, closed ${timewait}, orphaned 0, timewait ${timewait})\n\n`,
		"Transport Total     IP        IPv6\n",
		row("RAW", 0),
		row("UDP", udp),
		row("TCP", open),
		row("INET", open + udp),
		row("FRAG", 0),
		"\n",
	].join("");
}
