/** arping: ARP requests, as iputils sends them and tells of the answers. */
import type { Link } from "../../kernel/objects.ts";
import { familyOf, type IpAddr, ip, ipNum, ipText, MAC_BROADCAST, macNum, macText, parseIp } from "../../wire/addr.ts";
import {
	ARP_LEN,
	ARP_REPLY,
	ARP_REQUEST,
	arpIsValid,
	arpSenderIp,
	arpSenderMac,
	arpTargetIp,
	arpTargetMac,
	putArp,
} from "../../wire/arp.ts";
import { ETH_HLEN, ETH_P_ARP, putEthernet } from "../../wire/ethernet.ts";
import type { CommandContext, CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import { LOOKUP_ERROR_TEXT, lookupHost } from "../name-service.ts";
import { strerror } from "../strerror.ts";
import { dumpHere } from "./net-tools.ts";
import { integerArgument } from "./ping/numbers.ts";
import { IPUTILS_VERSION } from "./ping/usage.ts";
import { runTool, ToolExit } from "./tool-exit.ts";

export const arpingCommand: CommandEntry = {
	names: ["arping"],
	summary: "send ARP requests and tell of the answers",
	run: (context) => runTool(context, () => arping(context)),
};

const USAGE = `
Usage:
  arping [options] <destination>

Options:
  -f            quit on first reply
  -q            be quiet
  -b            keep on broadcasting, do not unicast
  -D            duplicate address detection mode
  -U            unsolicited ARP mode, update your neighbours
  -A            ARP answer mode, update your neighbours
  -V            print version and exit
  -c <count>    how many packets to send
  -w <timeout>  how long to wait for a reply
  -i <interval> set interval between packets (default: 1 second)
  -I <device>   which ethernet device to use
  -s <source>   source ip address
  <destination> dns name or ip address

For more details see arping(8).
`;
const INT_MAX = 2147483647;
const ANY: IpAddr = ip("0.0.0.0");
/** How many requests are sent where nobody is there to press Control-C. */
const UNATTENDED_ROUNDS = 4;

interface ArpingOptions {
	readonly flags: ReadonlySet<string>;
	/** 0: no end. */
	readonly count: number;
	readonly timeoutNs: number;
	readonly intervalNs: number;
	readonly device: string | undefined;
	readonly source: IpAddr | undefined;
	readonly destination: string;
}

async function arping(context: CommandContext): Promise<number> {
	const options = readOptions(context);
	const { name, stdout } = context;
	const device = await deviceOf(context, options);
	const found = await lookupHost(context, options.destination, "ipv4");
	if (options.destination === "" || !found.ok) {
		const why = found.ok ? LOOKUP_ERROR_TEXT.EAI_NONAME : LOOKUP_ERROR_TEXT[found.error];
		throw new ToolExit(2, `${name}: ${options.destination}: ${why}\n`);
	}
	const target = found.value.addr;
	const source = sourceOf(context, options, { device: device.name, target });
	const session = new ArpingSession(context, options, { device, source, target });
	if (!options.flags.has("q")) stdout.write(`ARPING ${target} from ${source} ${device.name}\n`);
	return session.run();
}

interface Ends {
	readonly device: Link;
	readonly source: IpAddr;
	readonly target: IpAddr;
}

class ArpingSession {
	readonly #context: CommandContext;
	readonly #options: ArpingOptions;
	readonly #ends: Ends;
	readonly #mac: number;
	/** Who has answered; asked by unicast from then on. */
	#peer: number | undefined;
	#sent = 0;
	#broadcasts = 0;
	#received = 0;
	#sentNs = 0;

	constructor(context: CommandContext, options: ArpingOptions, ends: Ends) {
		this.#context = context;
		this.#options = options;
		this.#ends = ends;
		this.#mac = ends.device.mac === undefined ? 0 : macNum(ends.device.mac);
	}

	async run(): Promise<number> {
		const { world, netns, interrupt, name, unattended, stderr } = this.#context;
		const { count, timeoutNs, intervalNs, flags } = this.#options;
		const opened = world.kernel.sockets.openPacket(
			netns,
			{ dev: this.#ends.device.name, etherType: ETH_P_ARP, program: "arping" },
			{ onFrame: (frame, pktType) => this.#hear(frame, pktType) },
		);
		if (!opened.ok) throw new ToolExit(2, `${name}: ${strerror(opened.error)}\n`);
		const endNs = timeoutNs === 0 ? Infinity : world.kernel.clock.now() + timeoutNs;
		const answered = (): boolean => this.#received > 0 && (flags.has("f") || flags.has("D"));
		while (!interrupt.raised && !answered() && (count === 0 || this.#sent < count)) {
			if (unattended && count === 0 && timeoutNs === 0 && this.#sent === UNATTENDED_ROUNDS) {
				stderr.write(`podwire: arping without -c: stopped after ${UNATTENDED_ROUNDS} requests, as Control-C would\n`);
				break;
			}
			const sent = opened.value.send(this.#request());
			if (!sent.ok) throw new ToolExit(2, `${name}: sendto: ${strerror(sent.error)}\n`);
			const leftNs = endNs - world.kernel.clock.now();
			if (leftNs <= 0) break;
			await world.wait(answered, { timeoutNs: intervalNs, interrupt });
		}
		opened.value.close();
		return this.#finish();
	}

	#request(): Uint8Array {
		const { flags } = this.#options;
		const { source, target } = this.#ends;
		const peer = flags.has("b") ? undefined : this.#peer;
		const frame = new Uint8Array(ETH_HLEN + ARP_LEN);
		putEthernet(frame, 0, { dst: peer ?? MAC_BROADCAST, src: this.#mac, type: ETH_P_ARP });
		putArp(frame, ETH_HLEN, {
			op: flags.has("A") ? ARP_REPLY : ARP_REQUEST,
			senderMac: this.#mac,
			senderIp: Number(ipNum(source)),
			targetMac: flags.has("A") ? this.#mac : (peer ?? MAC_BROADCAST),
			targetIp: Number(ipNum(target)),
		});
		this.#sent += 1;
		if (peer === undefined) this.#broadcasts += 1;
		this.#sentNs = this.#context.world.kernel.clock.now();
		return frame;
	}

	#hear(frame: Uint8Array, pktType: "host" | "broadcast" | "multicast" | "otherhost"): void {
		const { flags } = this.#options;
		const { source, target } = this.#ends;
		if (pktType === "otherhost" || flags.has("U") || flags.has("A")) return;
		if (!arpIsValid(frame, ETH_HLEN, frame.length) || arpSenderIp(frame, ETH_HLEN) !== ipNum(target)) return;
		const mac = arpSenderMac(frame, ETH_HLEN);
		if (flags.has("D")) {
			if (mac === this.#mac) return;
		} else if (arpTargetIp(frame, ETH_HLEN) !== ipNum(source) || arpTargetMac(frame, ETH_HLEN) !== this.#mac) return;
		this.#received += 1;
		this.#peer = mac;
		if (flags.has("q")) return;
		const us = Math.floor((this.#context.world.kernel.clock.now() - this.#sentNs) / 1000);
		const time = `${Math.floor(us / 1000)}.${String(us % 1000).padStart(3, "0")}ms`;
		const how = pktType === "host" ? "Unicast" : "Broadcast";
		const from = ipText(arpSenderIp(frame, ETH_HLEN));
		this.#context.stdout.write(`${how} reply from ${from} [${macText(mac).toUpperCase()}]  ${time}\n`);
	}

	#finish(): number {
		const { flags, count } = this.#options;
		if (!flags.has("q")) {
			const sent = `Sent ${this.#sent} probes (${this.#broadcasts} broadcast(s))\n`;
			this.#context.stdout.write(`${sent}Received ${this.#received} response(s)\n`);
		}
		if (flags.has("D")) return this.#received > 0 ? 1 : 0;
		if (flags.has("U") || flags.has("A")) return 0;
		return this.#received === 0 || (count > 0 && this.#received < count && !flags.has("f")) ? 1 : 0;
	}
}

function readOptions({ args, name }: CommandContext): ArpingOptions {
	const given = getopt(args, { short: "hfDUAqc:w:i:s:I:Vb" });
	if (!given.ok) throw new ToolExit(2, `${name}: ${given.error}\n${USAGE}`);
	const { value, has, options, words } = given.value;
	if (has("h")) throw new ToolExit(2, USAGE);
	if (has("V")) throw new ToolExit(0, "", `${name} ${IPUTILS_VERSION}`);
	const number = (letter: string, min: number): number | undefined => {
		const text = value(letter);
		return text === undefined ? undefined : integerArgument(name, text, { min, max: INT_MAX });
	};
	const count = number("c", 1) ?? 0;
	const timeoutNs = (number("w", 0) ?? 0) * 1e9;
	const intervalNs = (number("i", 0) ?? 1) * 1e9;
	const [destination] = words;
	if (destination === undefined || words.length > 1) throw new ToolExit(2, USAGE);
	const source = value("s") === undefined ? undefined : parseIp(value("s") ?? "");
	if (source !== undefined && (!source.ok || familyOf(source.value) !== "ipv4")) {
		throw new ToolExit(2, `${name}: invalid source address: ${value("s") ?? ""}\n`);
	}
	const flags = new Set(options.map((option) => option.name));
	return {
		flags,
		count,
		timeoutNs,
		intervalNs: Math.max(intervalNs, 1e6),
		device: value("I"),
		source: source?.value,
		destination,
	};
}

/** The device of `-I`, or the only one that will do. */
async function deviceOf(context: CommandContext, { device, flags }: ArpingOptions): Promise<Link> {
	const links = await dumpHere(context, "link");
	const isArpable = (link: Link): boolean => link.link?.type !== "loopback";
	if (device === undefined) {
		const [only, another] = links.filter((link) => isArpable(link) && link.up === true);
		if (only !== undefined && another === undefined) return only;
		const advice = "Suitable device could not be determined. Please, use option -I.";
		throw new ToolExit(2, `${context.name}: ${advice}\n`);
	}
	const link = links.find((candidate) => candidate.name === device);
	if (link === undefined) throw new ToolExit(2, `${context.name}: Device ${device} not available.\n`);
	const words = flags.has("q") ? "" : undefined;
	if (link.up !== true) throw new ToolExit(2, "", words ?? `Interface "${device}" is down\n`);
	if (!isArpable(link)) throw new ToolExit(2, "", words ?? `Interface "${device}" is not ARPable\n`);
	return link;
}

/** The sender address: of `-s`, none for `-D`, the target for `-U` and `-A`, else the one on the way there. */
function sourceOf(
	context: CommandContext,
	options: ArpingOptions,
	{ device, target }: { readonly device: string; readonly target: IpAddr },
): IpAddr {
	const { flags } = options;
	const { name, netns, world } = context;
	const isOwn = flags.has("U") || flags.has("A");
	const wanted = options.source ?? (isOwn ? target : undefined);
	if (wanted === undefined && flags.has("D")) return ANY;
	const probe = world.kernel.sockets.openUdp(
		netns,
		wanted === undefined
			? { dev: device, connect: { addr: target, port: 1025 }, program: "arping" }
			: { dev: device, bind: { addr: wanted }, program: "arping" },
		{},
	);
	if (!probe.ok) {
		const call = wanted === undefined ? "connect" : "bind";
		throw new ToolExit(2, `${name}: ${call}: ${strerror(probe.error)}\n`);
	}
	const { addr } = probe.value.local;
	probe.value.close();
	if (addr === ANY && !flags.has("D")) throw new ToolExit(2, `${name}: no source address in not-DAD mode\n`);
	return addr;
}
