/** ping: ICMP echo requests, as iputils sends them and tells of them. */
import type { SocketOptions } from "../../kernel/socket.ts";
import { familyOf, type IpAddr, parseIp } from "../../wire/addr.ts";
import type { CommandContext, CommandEntry } from "../command.ts";
import { LOOKUP_ERROR_TEXT, lookupHost } from "../name-service.ts";
import { PING_HEADER_BYTES, type PingOptions, pingOptions } from "./ping/options.ts";
import { PingSession, type PingTarget } from "./ping/session.ts";
import { runTool, ToolExit } from "./tool-exit.ts";

export const pingCommand: CommandEntry = {
	names: ["ping"],
	summary: "send ICMP echo requests and tell of the answers",
	run: (context) => runTool(context, () => ping(context)),
};

async function ping(context: CommandContext): Promise<number> {
	const { name, stdout, netns, world } = context;
	const options = pingOptions(context);
	const target = await targetOf(context, options);
	const from = await senderOf(context, options, target.addr);
	if (options.pattern !== undefined) {
		const digits = options.pattern.map((byte) => byte.toString(16).padStart(2, "0")).join("");
		stdout.write(`PATTERN: 0x${digits}\n`);
	}
	if (options.ttl === 0) throw new ToolExit(2, `${name}: cannot set unicast time-to-live: Invalid argument\n`);
	const size = `${options.payloadBytes}(${options.payloadBytes + PING_HEADER_BYTES})`;
	stdout.write(`PING ${target.host} (${target.addr}) ${from.text}${size} bytes of data.\n`);
	const session = new PingSession(context, options, target);
	const socket = world.kernel.sockets.openEcho(
		netns,
		target.addr,
		{ ...from.socket, ...(options.id === undefined ? {} : { id: options.id }) },
		{ onReply: (reply) => session.onReply(reply), onError: (report) => session.onError(report) },
	);
	if (!socket.ok) throw new ToolExit(2, `${name}: ${socket.error.message}\n`);
	return session.run(socket.value);
}

async function targetOf(context: CommandContext, options: PingOptions): Promise<PingTarget> {
	const host = options.destination;
	const { name } = context;
	const found = host === "" ? undefined : await lookupHost(context, host, options.family);
	if (found === undefined) throw new ToolExit(2, `${name}: ${host}: Name or service not known\n`);
	if (!found.ok) throw new ToolExit(2, `${name}: ${host}: ${LOOKUP_ERROR_TEXT[found.error]}\n`);
	const { addr, canonical, numeric } = found.value;
	// There are no IPv6 sockets: the same words as on a machine without an IPv6 address.
	if (familyOf(addr) === "ipv6") throw new ToolExit(2, `${name}: connect: Network is unreachable\n`);
	return { host: numeric ? host : canonical, addr, numeric };
}

interface Sender {
	readonly socket: SocketOptions;
	/** `from 192.168.7.2 eth0: `; empty without `-I`. */
	readonly text: string;
}

/** The socket's options, tried on a UDP socket first, as ping does: it says which source address and whether there is a way. */
async function senderOf(context: CommandContext, options: PingOptions, to: IpAddr): Promise<Sender> {
	const { name, netns, world, stderr } = context;
	const addrs = options.from.map((text) => parseIp(text)).flatMap((parsed) => (parsed.ok ? [parsed.value] : []));
	const bind = addrs.at(-1);
	const dev = options.from.filter((text) => !parseIp(text).ok).at(-1);
	const socket: SocketOptions = {
		program: "ping",
		...(context.pid === undefined ? {} : { pid: context.pid }),
		...(bind === undefined ? {} : { bind: { addr: bind } }),
		...(dev === undefined ? {} : { dev }),
		...(options.ttl === undefined ? {} : { ttl: options.ttl }),
		...(options.mark === undefined ? {} : { mark: options.mark }),
		...(options.pmtudisc === undefined ? {} : { pmtudisc: options.pmtudisc }),
		...(options.flags.has("broadcast") ? { broadcast: true } : {}),
		tos: options.tos,
	};
	const probe = world.kernel.sockets.openUdp(netns, { ...socket, connect: { addr: to, port: 1025 } }, {});
	if (!probe.ok) {
		const { errno, message } = probe.error;
		const words = message.replace(/^.*: (?=[A-Z])/, "");
		if (errno === "ENODEV") throw new ToolExit(2, `${name}: SO_BINDTODEVICE ${dev ?? ""}: No such device\n`);
		if (errno === "EADDRNOTAVAIL") throw new ToolExit(2, `${name}: bind: ${words}\n`);
		if (errno === "EACCES") {
			const advice = "Do you want to ping broadcast? Then -b. If not, check your local firewall rules";
			throw new ToolExit(2, `${name}: ${advice}\n`);
		}
		throw new ToolExit(2, `${name}: connect: ${words}\n`);
	}
	const source = probe.value.local.addr;
	probe.value.close();
	if (options.flags.has("broadcast") && (await isBroadcast(context, to))) {
		stderr.write("WARNING: pinging broadcast address\n");
	}
	if (bind === undefined && dev !== undefined && !(await hasAddress(context, dev, source))) {
		stderr.write(`${name}: Warning: source address might be selected on device other than: ${dev}\n`);
	}
	const text = options.from.length === 0 ? "" : `from ${source} ${dev ?? ""}: `;
	return { socket, text };
}

async function hasAddress(context: CommandContext, dev: string, addr: IpAddr): Promise<boolean> {
	const dumped = await context.world.kernel.dump(context.netns, ["addr"]);
	return (
		dumped.ok &&
		dumped.value.some((object) => object.kind === "addr" && object.dev === dev && object.addr.addr === addr)
	);
}

async function isBroadcast(context: CommandContext, addr: IpAddr): Promise<boolean> {
	if (addr === "255.255.255.255") return true;
	const dumped = await context.world.kernel.dump(context.netns, ["addr"]);
	return dumped.ok && dumped.value.some((object) => object.kind === "addr" && object.broadcast === addr);
}
