/** The words of `ip link add` and `ip link set`, up to the device's type. */
import type { Link } from "../../../kernel/objects.ts";
import { type MacAddr, parseMac } from "../../../wire/addr.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { netnsArgument } from "./netns-words.ts";
import type { IpRun } from "./run.ts";
import { duplicate, duplicateOrGarbage, invalid, matches, onOrOff, parseUnsigned, type Words } from "./words.ts";

/** What was asked for a device; attributes are those of the port. */
export interface LinkWords {
	dev: string | undefined;
	name: string | undefined;
	/** Another device that the new one stands on. */
	link: string | undefined;
	/** As the port names it; "" is a process that does not exist. */
	netns: string | undefined;
	up: boolean | undefined;
	mac: MacAddr | undefined;
	mtu: number | undefined;
	master: string | undefined;
	promisc: boolean | undefined;
	alias: string | undefined;
	txQueueLength: number | undefined;
	/** Its own words follow at the cursor. */
	type: string | undefined;
}

/** Takes the words up to and including the type, or all. */
export async function parseLinkWords(run: IpRun, words: Words): Promise<LinkWords> {
	const asked: LinkWords = {
		dev: undefined,
		name: undefined,
		link: undefined,
		netns: undefined,
		up: undefined,
		mac: undefined,
		mtu: undefined,
		master: undefined,
		promisc: undefined,
		alias: undefined,
		txQueueLength: undefined,
		type: undefined,
	};
	for (let word = words.take(); word !== undefined && asked.type === undefined; word = words.take()) {
		await parseOne(run, words, word, asked);
		if (asked.type !== undefined) break;
	}
	return asked;
}

async function parseOne(run: IpRun, words: Words, word: string, asked: LinkWords): Promise<void> {
	if (word === "up" || word === "down") asked.up = word === "up";
	else if (word === "name") {
		const name = words.argument();
		if (asked.name !== undefined) duplicate("name", name);
		if (!isDeviceName(name, 15)) invalid(name, '"name" not a valid ifname');
		asked.name = name;
	} else if (matches(word, "index")) throw notModelled(`choosing the number of a device (index ${words.argument()})`);
	else if (matches(word, "link")) asked.link = words.argument();
	else if (matches(word, "address")) asked.mac = macArgument(words.argument());
	else if (matches(word, "broadcast") || word === "brd") throw notModelled(`link-layer broadcast ${words.argument()}`);
	else if (matches(word, "txqueuelen") || word === "qlen" || matches(word, "txqlen")) {
		asked.txQueueLength = numberArgument(words.argument(), 'Invalid "txqueuelen" value');
	} else if (word === "mtu") asked.mtu = numberArgument(words.argument(), 'Invalid "mtu" value');
	else if (word === "netns") asked.netns = netnsOf(run, words.argument());
	else if (word === "promisc") asked.promisc = onOrOff("promisc", words.argument());
	else if (word === "multicast" || word === "arp") {
		if (!onOrOff(word, words.argument())) throw notModelled(`${word} off`);
	} else if (word === "master") {
		const master = words.argument();
		if ((await run.link(master)) === undefined) invalid(master, "Device does not exist", "\n\n");
		asked.master = master;
	} else if (word === "nomaster") asked.master = "";
	else if (matches(word, "type")) asked.type = words.argument();
	else if (matches(word, "alias")) asked.alias = words.argument();
	else if (word === "group") {
		const group = words.argument();
		if (group !== "default" && group !== "0") throw notModelled(`device group ${group}`);
	} else if (UNMODELLED.includes(word)) throw notModelled(`ip link ${word}`);
	else deviceWord(word === "dev" ? words.argument() : word, asked);
}

function deviceWord(name: string, asked: LinkWords): void {
	if (asked.dev !== undefined) duplicateOrGarbage("dev", name);
	if (!isDeviceName(name, 127)) invalid(name, '"dev" not a valid ifname');
	asked.dev = name;
}

const UNMODELLED = [
	"xdp",
	"xdpgeneric",
	"xdpdrv",
	"xdpoffload",
	"allmulticast",
	"trailers",
	"carrier",
	"dynamic",
	"vf",
	"vrf",
	"mode",
	"state",
	"numtxqueues",
	"numrxqueues",
	"addrgenmode",
	"link-netns",
	"link-netnsid",
	"protodown",
	"protodown_reason",
	"gso_max_size",
	"gso_max_segs",
	"gro_max_size",
	"parentdev",
	"parentbus",
];

/** The attributes as the port has them, without name and namespace. */
export function linkAttributes(asked: LinkWords): Partial<Link> {
	const { up, mac, mtu, master, promisc, alias, txQueueLength } = asked;
	return {
		...(up === undefined ? {} : { up }),
		...(mac === undefined ? {} : { mac }),
		...(mtu === undefined ? {} : { mtu }),
		...(master === undefined ? {} : { master }),
		...(promisc === undefined ? {} : { promisc }),
		...(alias === undefined ? {} : { alias }),
		...(txQueueLength === undefined ? {} : { txQueueLength }),
	};
}

export function macArgument(text: string): MacAddr {
	const mac = parseMac(text);
	if (!mac.ok) throw new ToolExit(1, `"${text}" is invalid lladdr.\n`);
	return mac.value;
}

function numberArgument(text: string, why: string): number {
	return parseUnsigned(text, 0x7fffffff) ?? invalid(text, why, "\n\n");
}

function netnsOf(run: IpRun, word: string): string {
	const found = netnsArgument(run.host, word);
	if (found === undefined) return invalid(word, 'Invalid "netns" value', "\n\n");
	return found.netns ?? "";
}

function isDeviceName(name: string, max: number): boolean {
	return name !== "" && name.length <= max && !/[/\s]/.test(name) && name !== "." && name !== "..";
}
