/** `ethtool` 6.1, as far as a device without hardware has something to say. */
import type { Link } from "../../../kernel/objects.ts";
import type { CommandContext, CommandEntry } from "../../command.ts";
import { isNetworkCard } from "../ip/run.ts";
import { dumpHere } from "../net-tools.ts";
import { notModelled, runTool, ToolExit } from "../tool-exit.ts";
import { featureLines, isFeature } from "./features.ts";

export const ethtoolCommand: CommandEntry = {
	names: ["ethtool"],
	summary: "facts about a device (-S: peer of a veth, -i: driver, -k: offloads)",
	run: (context) => runTool(context, () => ethtool(context)),
	async complete() {
		return ["-S", "-i", "-k", "-K"];
	},
};

const BAD_ARGUMENTS = "ethtool: bad command line argument(s)\nFor more information run ethtool -h\n";
const NO_DEVICE = "netlink error: no device matches name (offset 24)\nnetlink error: No such device\n";

const USAGE = `ethtool version 6.1
Usage:
        ethtool DEVNAME	Display standard information about device
        ethtool -S|--statistics DEVNAME	Show adapter statistics
        ethtool -i|--driver DEVNAME	Show driver information
        ethtool -k|--show-features|--show-offload DEVNAME	Get state of protocol offload and other features
        ethtool -K|--features|--offload DEVNAME FEATURE on|off ...	Set protocol offload and other features
        ethtool -P|--show-permaddr DEVNAME	Show permanent hardware address
`;

async function ethtool(context: CommandContext): Promise<number> {
	const [first, ...rest] = context.args;
	if (first === undefined) throw new ToolExit(1, BAD_ARGUMENTS);
	if (first === "-h" || first === "--help") throw new ToolExit(0, "", USAGE);
	if (first === "--version") throw new ToolExit(0, "", "ethtool version 6.1\n");
	if (!first.startsWith("-")) return settings(context, first);
	const command = COMMANDS.find(([names]) => names.includes(first));
	const other = UNMODELLED.includes(first) || /^--(set|show|get|identify|reset|test|change)/.test(first);
	if (command === undefined && other) throw notModelled(`ethtool ${first}`);
	const [name, ...words] = rest;
	if (command === undefined || name === undefined) throw new ToolExit(1, BAD_ARGUMENTS);
	return command[1](context, name, words);
}

type EthtoolCommand = (context: CommandContext, name: string, words: readonly string[]) => Promise<number>;

const COMMANDS: readonly (readonly [names: readonly string[], run: EthtoolCommand])[] = [
	[["-S", "--statistics"], statistics],
	[["-i", "--driver"], driver],
	[["-k", "--show-features", "--show-offload"], showFeatures],
	[["-K", "--features", "--offload"], setFeatures],
	[["-P", "--show-permaddr"], permanentAddress],
	[["-a", "--show-pause"], unsupported],
	[["-c", "--show-coalesce"], unsupported],
	[["-g", "--show-ring"], unsupported],
];

const UNMODELLED = "sACGLlrpteEdnNuUxXTwWfmM".split("").map((letter) => `-${letter}`);

async function linkNamed(context: CommandContext, name: string): Promise<Link | undefined> {
	return (await dumpHere(context, "link")).find((link) => link.name === name);
}

function noMore(option: string, words: readonly string[]): void {
	const [word] = words;
	if (word !== undefined) throw new ToolExit(1, `ethtool (${option}): unknown parameter '${word}'\n`);
}

async function settings(context: CommandContext, name: string): Promise<number> {
	const link = await linkNamed(context, name);
	if (link === undefined) throw new ToolExit(75, NO_DEVICE.repeat(5), "No data available\n");
	const detected = `\tLink detected: ${link.up === true && link.carrier === true ? "yes" : "no"}\n`;
	context.stdout.write(`Settings for ${name}:\n${modes(link, context)}${detected}`);
	return 0;
}

const MODES = `\tSupported ports: [  ]
	Supported link modes:   Not reported
	Supported pause frame use: No
	Supports auto-negotiation: No
	Supported FEC modes: Not reported
	Advertised link modes:  Not reported
	Advertised pause frame use: No
	Advertised auto-negotiation: No
	Advertised FEC modes: Not reported
`;

function modes(link: Link, context: CommandContext): string {
	const type = isNetworkCard(link, context.host) ? "bridge" : link.link?.type;
	if (type === "veth") {
		return `${MODES}\tSpeed: 10000Mb/s\n\tDuplex: Full\n\tAuto-negotiation: off\n\tPort: Twisted Pair\n\tPHYAD: 0\n\tTransceiver: internal\n\tMDI-X: Unknown\n`;
	}
	if (type !== "bridge") return "";
	return `${MODES}\tSpeed: Unknown!\n\tDuplex: Unknown! (255)\n\tAuto-negotiation: off\n\tPort: Other\n\tPHYAD: 0\n\tTransceiver: internal\n`;
}

async function statistics(context: CommandContext, name: string, words: readonly string[]): Promise<number> {
	noMore("-S", words);
	const link = await linkNamed(context, name);
	if (link === undefined) throw new ToolExit(96, "Cannot get stats strings information: No such device\n");
	if (link.peerIfindex === undefined || isNetworkCard(link, context.host))
		throw new ToolExit(94, "no stats available\n");
	const rest = VETH_COUNTERS.map((counter) => `     ${counter}: 0\n`).join("");
	context.stdout.write(`NIC statistics:\n     peer_ifindex: ${link.peerIfindex}\n${rest}`);
	return 0;
}

const VETH_COUNTERS = [
	"rx_queue_0_xdp_packets",
	"rx_queue_0_xdp_bytes",
	"rx_queue_0_drops",
	"rx_queue_0_xdp_redirect",
	"rx_queue_0_xdp_drops",
	"rx_queue_0_xdp_tx",
	"rx_queue_0_xdp_tx_errors",
	"tx_queue_0_xdp_xmit",
	"tx_queue_0_xdp_xmit_errors",
];

interface Driver {
	readonly driver: string;
	readonly version: string;
	readonly firmware: string;
	readonly bus: string;
	readonly statistics: "yes" | "no";
}

async function driver(context: CommandContext, name: string, words: readonly string[]): Promise<number> {
	noMore("-i", words);
	const link = await linkNamed(context, name);
	if (link === undefined) throw new ToolExit(71, "Cannot get driver information: No such device\n");
	const found = driverOf(link, context);
	if (found === undefined) throw new ToolExit(71, "Cannot get driver information: Operation not supported\n");
	context.stdout.write(
		`driver: ${found.driver}\nversion: ${found.version}\nfirmware-version: ${found.firmware}\nexpansion-rom-version: \n` +
			`bus-info: ${found.bus}\nsupports-statistics: ${found.statistics}\nsupports-test: no\n` +
			"supports-eeprom-access: no\nsupports-register-dump: no\nsupports-priv-flags: no\n",
	);
	return 0;
}

function driverOf(link: Link, context: CommandContext): Driver | undefined {
	if (isNetworkCard(link, context.host)) {
		return { driver: "virtio_net", version: "1.0.0", firmware: "", bus: "0000:00:05.0", statistics: "yes" };
	}
	switch (link.link?.type) {
		case "veth":
			return { driver: "veth", version: "1.0", firmware: "", bus: "", statistics: "yes" };
		case "bridge":
			return { driver: "bridge", version: "2.3", firmware: "N/A", bus: "N/A", statistics: "no" };
		case "dummy":
			return { driver: "dummy", version: "1.0", firmware: "", bus: "", statistics: "no" };
		case "loopback":
		case undefined:
			return undefined;
		case "ipip":
		case "macvlan":
		case "vlan":
		case "vxlan":
			throw notModelled(`ethtool -i for a device of type ${link.link.type}`);
	}
}

async function showFeatures(context: CommandContext, name: string, words: readonly string[]): Promise<number> {
	noMore("-k", words);
	const link = await linkNamed(context, name);
	if (link === undefined) throw new ToolExit(1, NO_DEVICE);
	context.stdout.write(`Features for ${name}:\n${featureLines(link.link?.type ?? "veth")}`);
	return 0;
}

/** Offloads change nothing here: packets are always whole and checksums always right. So they are accepted. */
async function setFeatures(context: CommandContext, name: string, words: readonly string[]): Promise<number> {
	for (let k = 0; k < words.length; k += 2) {
		const value = words[k + 1];
		if (value === "on" || value === "off") continue;
		throw new ToolExit(
			1,
			`ethtool (-K): flag '${value ?? words[k]}' for parameter '(null)' is not followed by 'on' or 'off'\n`,
		);
	}
	if (words.length === 0) throw new ToolExit(1, "Could not change any device features\n");
	if ((await linkNamed(context, name)) === undefined) throw new ToolExit(92, NO_DEVICE);
	const unknown = words.find((word, k) => k % 2 === 0 && !isFeature(word));
	if (unknown !== undefined) {
		throw new ToolExit(92, "netlink error: bit name not found (offset 52)\nnetlink error: Operation not supported\n");
	}
	return 0;
}

async function permanentAddress(context: CommandContext, name: string, words: readonly string[]): Promise<number> {
	noMore("-P", words);
	if ((await linkNamed(context, name)) === undefined)
		throw new ToolExit(71, "Cannot read permanent address: No such device\n");
	context.stdout.write("Permanent address: not set\n");
	return 0;
}

async function unsupported(context: CommandContext, name: string): Promise<number> {
	if ((await linkNamed(context, name)) === undefined) throw new ToolExit(1, NO_DEVICE);
	throw new ToolExit(1, "netlink error: Operation not supported\n");
}
