/** `arp` of net-tools: the neighbour table. */
import type { Neigh } from "../../kernel/objects.ts";
import { type MacAddr, parseMac } from "../../wire/addr.ts";
import type { CommandContext, CommandEntry } from "../command.ts";
import { getopt, type ParsedOptions } from "../getopt.ts";
import { dumpHere, hostArgument, ioctlError, NET_TOOLS_VERSION, nameOf } from "./net-tools.ts";
import { notModelled, runTool, ToolExit } from "./tool-exit.ts";

export const arpCommand: CommandEntry = {
	names: ["arp"],
	summary: "show and change the ARP table (-n, -a, -i DEVICE, -s, -d)",
	run: (context) => runTool(context, () => arp(context)),
};

const USAGE = `Usage:
  arp [-vn]  [-i <if>] [-a] [<hostname>]             <-Display ARP cache
  arp [-v]   [-i <if>] -d  <host>                    <-Delete ARP entry
  arp [-v]   [-i <if>] -s  <host> <hwaddr> [temp]    <-Add entry
`;

const LONG = {
	verbose: "v",
	version: "V",
	all: "a",
	delete: "d",
	"file=": "f",
	numeric: "n",
	set: "s",
	"protocol=": "A",
	"hw-type=": "H",
	"device=": "i",
	help: "h",
	"use-device": "D",
	symbolic: "N",
};

async function arp(context: CommandContext): Promise<number> {
	const parsed = getopt(context.args, { short: "A:H:adfp:nsei:t:vhDNV", long: LONG });
	if (!parsed.ok) throw new ToolExit(3, `arp: ${parsed.error}\n${USAGE}`);
	const options = parsed.value;
	if (options.has("h")) throw new ToolExit(0, "", USAGE);
	if (options.has("V")) throw new ToolExit(0, "", NET_TOOLS_VERSION);
	const type = options.value("H") ?? options.value("t");
	if (type !== undefined && type !== "ether") throw new ToolExit(255, `arp: ${type}: unknown hardware type.\n`);
	if (options.has("f")) throw notModelled("arp -f");
	if (options.has("d")) return remove(context, options);
	if (options.has("s")) return set(context, options);
	return show(context, options);
}

async function show(context: CommandContext, options: ParsedOptions): Promise<number> {
	const [name] = options.words;
	const host = name === undefined ? undefined : await hostArgument(context, name, 255);
	const device = options.value("i");
	const bsd = options.has("a");
	const all = (await dumpHere(context, "neigh")).filter((neigh) => !neigh.addr.includes(":"));
	const shown = all.filter(
		(neigh) => (host === undefined || neigh.addr === host) && (device === undefined || neigh.dev === device),
	);
	if (!bsd && shown.length > 0) {
		context.stdout.write("Address                  HWtype  HWaddress           Flags Mask            Iface\n");
	}
	for (const neigh of shown) {
		const label = options.has("n") ? undefined : await nameOf(context, neigh.addr);
		context.stdout.write(bsd ? bsdLine(neigh, label) : linuxLine(neigh, label));
	}
	if (options.has("v")) {
		const skipped = all.length - shown.length;
		context.stdout.write(`Entries: ${all.length}\tSkipped: ${skipped}\tFound: ${shown.length}\n`);
	}
	if (shown.length > 0) return 0;
	if (host !== undefined && !bsd) context.stdout.write(`${name} (${host}) -- no entry\n`);
	else if (host !== undefined || device !== undefined || options.has("H")) {
		context.stdout.write(`arp: in ${all.length} entries no match found.\n`);
	}
	return 0;
}

function linuxLine(neigh: Neigh, label: string | undefined): string {
	const name = (label ?? neigh.addr).slice(0, 23).padEnd(25);
	if (!isComplete(neigh)) return `${name}        ${"(incomplete)".padEnd(20)}${" ".repeat(22)}${neigh.dev}\n`;
	const flags = neigh.state === "PERMANENT" ? "CM" : "C";
	return `${name}ether   ${(neigh.mac ?? "").padEnd(20)}${flags.padEnd(22)}${neigh.dev}\n`;
}

function bsdLine(neigh: Neigh, label: string | undefined): string {
	const name = label === undefined || label === neigh.addr ? "?" : label;
	if (!isComplete(neigh)) return `${name} (${neigh.addr}) at <incomplete> on ${neigh.dev}\n`;
	const permanent = neigh.state === "PERMANENT" ? "PERM " : "";
	return `${name} (${neigh.addr}) at ${neigh.mac} [ether] ${permanent}on ${neigh.dev}\n`;
}

function isComplete(neigh: Neigh): boolean {
	return neigh.mac !== undefined && neigh.state !== "FAILED" && neigh.state !== "INCOMPLETE";
}

async function remove(context: CommandContext, options: ParsedOptions): Promise<number> {
	const [name, ...rest] = options.words;
	if (name === undefined) throw new ToolExit(255, "arp: need host name\n");
	if (rest.includes("pub")) throw notModelled("a published ARP entry");
	const addr = await hostArgument(context, name, 255);
	const dev = options.value("i") ?? wordAfter(rest, "dev") ?? (await routeDevice(context, addr, "SIOCDARP(dontpub)"));
	const found = (await dumpHere(context, "neigh")).find((neigh) => neigh.dev === dev && neigh.addr === addr);
	if (found === undefined) throw new ToolExit(255, "", `No ARP entry for ${name}\n`);
	const done = await context.world.kernel.apply(context.netns, [{ verb: "delete", object: found }]);
	if (!done.ok) throw ioctlError("SIOCDARP(dontpub)", done.error, 255);
	return 0;
}

async function set(context: CommandContext, options: ParsedOptions): Promise<number> {
	const [name, address, ...rest] = options.words;
	if (name === undefined) throw new ToolExit(255, "arp: need host name\n");
	const addr = await hostArgument(context, name, 255);
	if (address === undefined) throw new ToolExit(255, "arp: need hardware address\n");
	const mac = macArgument(address);
	const unknown = rest.find((word) => word !== "temp" && word !== "dev" && word !== wordAfter(rest, "dev"));
	if (unknown !== undefined) throw notModelled(`arp -s … ${unknown}`);
	const state = rest.includes("temp") ? "STALE" : "PERMANENT";
	const dev = options.value("i") ?? wordAfter(rest, "dev") ?? (await routeDevice(context, addr, "SIOCSARP"));
	const object: Neigh = { kind: "neigh", dev, addr, mac, state };
	const done = await context.world.kernel.apply(context.netns, [{ verb: "replace", object }]);
	if (!done.ok) throw ioctlError("SIOCSARP", done.error, 255);
	return 0;
}

function macArgument(text: string): MacAddr {
	const mac = parseMac(text);
	if (!mac.ok) throw new ToolExit(255, "arp: invalid hardware address\n");
	return mac.value;
}

function wordAfter(words: readonly string[], keyword: string): string | undefined {
	const at = words.indexOf(keyword);
	return at < 0 ? undefined : words[at + 1];
}

/** The device by which the kernel would reach the host. */
async function routeDevice(context: CommandContext, dst: Neigh["addr"], call: string): Promise<string> {
	const answer = await context.world.kernel.routeGet(context.netns, { dst });
	if (!answer.ok) throw ioctlError(call, answer.error, 255);
	return answer.value.dev;
}
