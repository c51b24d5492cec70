/** `ip address`. */
import { fieldsText, textOnly } from "../../../formats/fields.ts";
import { addrFields, addrsOf } from "../../../formats/ip-addr.ts";
import type { Addr, Scope } from "../../../kernel/objects.ts";
import { type Cidr, familyOf, formatCidr, type IpAddr, lastAddrOf, networkOf } from "../../../wire/addr.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { addressArgument, type PrefixWord, prefixArgument } from "./address-words.ts";
import { addrPasses, type DeviceFilter, linkPasses, parseDeviceFilter, scopeArgument } from "./device-filter.ts";
import type { IpRun } from "./run.ts";
import { showAddrs } from "./show-devices.ts";
import { ADDRESS_USAGE } from "./usage.ts";
import { duplicateOrGarbage, matches, noSuchDevice, unknownCommand, type Words } from "./words.ts";

export async function ipAddress(run: IpRun, words: Words): Promise<number> {
	const command = words.take();
	if (command === undefined) return showAddrs(run, words);
	if (matches(command, "add")) return modify(run, words, "add");
	if (matches(command, "change") || command === "chg" || matches(command, "replace")) {
		return modify(run, words, "replace");
	}
	if (matches(command, "delete")) return modify(run, words, "delete");
	if (matches(command, "show") || matches(command, "lst") || matches(command, "list")) return showAddrs(run, words);
	if (matches(command, "flush")) return flush(run, words);
	if (["save", "showdump", "restore"].some((name) => matches(command, name))) throw notModelled(`ip addr ${command}`);
	if (matches(command, "help")) throw new ToolExit(255, ADDRESS_USAGE);
	return unknownCommand(command, "ip address help");
}

interface AddrWords {
	local: PrefixWord | undefined;
	dev: string | undefined;
	broadcast: IpAddr | "+" | "-" | undefined;
	scope: string | undefined;
	label: string | undefined;
}

async function modify(run: IpRun, words: Words, verb: "add" | "replace" | "delete"): Promise<number> {
	const asked: AddrWords = {
		local: undefined,
		dev: undefined,
		broadcast: undefined,
		scope: undefined,
		label: undefined,
	};
	for (let word = words.take(); word !== undefined; word = words.take()) parseOne(run, words, word, asked);
	const { dev, local } = asked;
	if (dev === undefined) throw new ToolExit(1, 'Not enough information: "dev" argument is required.\n');
	if (verb === "delete" && local !== undefined && !local.hasLength) warnWildcard(run, local);
	if ((await run.link(dev)) === undefined) noSuchDevice(dev);
	if (local === undefined) throw new ToolExit(2, "RTNETLINK answers: Operation not supported\n");
	const addr = verb === "delete" ? await existing(run, dev, local) : addrOf(dev, local, asked);
	await run.apply({ verb, object: addr });
	return 0;
}

function parseOne(run: IpRun, words: Words, word: string, asked: AddrWords): void {
	const { family } = run.options;
	if (word === "peer" || word === "remote") throw notModelled(`an address with a peer (${words.argument()})`);
	if (word === "anycast" || word === "home" || word === "nodad" || word === "mngtmpaddr" || word === "autojoin") {
		throw notModelled(`ip addr ${word}`);
	}
	if (word === "noprefixroute" || word === "proto") throw notModelled(`ip addr ${word}`);
	if (word === "metric" || word === "priority" || word === "preference") {
		throw notModelled(`an address with a metric (${words.argument()})`);
	}
	if (matches(word, "broadcast") || word === "brd") {
		const value = words.argument();
		asked.broadcast = value === "+" || value === "-" ? value : addressArgument(value, "inet");
	} else if (word === "scope") asked.scope = scopeArgument(words.argument());
	else if (word === "dev") asked.dev = words.argument();
	else if (word === "label") asked.label = words.argument();
	else if (matches(word, "valid_lft") || matches(word, "preferred_lft")) {
		const value = words.argument();
		if (value !== "forever") throw notModelled(`an address with a lifetime (${value})`);
	} else {
		const value = word === "local" ? words.argument() : word;
		if (word !== "local" && matches(word, "help")) throw new ToolExit(255, ADDRESS_USAGE);
		if (asked.local !== undefined) duplicateOrGarbage("local", value);
		asked.local = prefixArgument(value, family);
	}
}

function addrOf(dev: string, local: Cidr, asked: AddrWords): Addr {
	const cidr = { addr: local.addr, prefix: local.prefix };
	const broadcast = broadcastOf(cidr, asked.broadcast);
	const isLoopback = local.addr.startsWith("127.");
	return {
		kind: "addr",
		dev,
		addr: cidr,
		scope: portScope(asked.scope ?? (isLoopback ? "host" : "global")),
		...(broadcast === undefined ? {} : { broadcast }),
		...(asked.label === undefined || asked.label === dev ? {} : { label: asked.label }),
	};
}

function broadcastOf(cidr: Cidr, asked: AddrWords["broadcast"]): IpAddr | undefined {
	if (asked !== "+" && asked !== "-") return asked;
	if (familyOf(cidr.addr) === "ipv6") throw new ToolExit(1, "Broadcast can be set only for IPv4 addresses\n");
	if (cidr.prefix > 30) return undefined;
	return asked === "+" ? lastAddrOf(cidr) : networkOf(cidr).addr;
}

function portScope(scope: string): Scope {
	if (scope === "global" || scope === "site" || scope === "link" || scope === "host" || scope === "nowhere")
		return scope;
	throw notModelled(`scope ${scope}`);
}

/** The address to delete; without a length any of that address. One that is not there is left to the kernel to refuse. */
async function existing(run: IpRun, dev: string, local: PrefixWord): Promise<Addr> {
	const found = (await run.dump("addr")).find(
		(addr) =>
			addr.dev === dev && addr.addr.addr === local.addr && (!local.hasLength || addr.addr.prefix === local.prefix),
	);
	return found ?? { kind: "addr", dev, addr: { addr: local.addr, prefix: local.prefix } };
}

function warnWildcard(run: IpRun, local: PrefixWord): void {
	if (familyOf(local.addr) !== "ipv4") return;
	run.context.stderr.write(
		"Warning: Executing wildcard deletion to stay compatible with old scripts.\n" +
			`         Explicitly specify the prefix length (${formatCidr(local)}) to avoid this warning.\n` +
			"         This special behaviour is likely to disappear in further releases,\n         fix your scripts!\n",
	);
}

async function flush(run: IpRun, words: Words): Promise<number> {
	if (words.word === undefined) throw new ToolExit(1, "Flush requires arguments.\n");
	const filter = await parseDeviceFilter(run, words);
	const gone = await flushable(run, filter);
	const { stats } = run.options;
	if (stats > 0 && gone.length === 0) run.write("Nothing to flush.\n");
	if (gone.length === 0) return 0;
	const links = await run.links();
	if (stats > 1) {
		for (const addr of gone) {
			const index = links.find((link) => link.name === addr.dev)?.ifindex ?? 0;
			run.write(fieldsText([textOnly(`${index}: ${addr.dev}`), ...addrFields(addr)]));
		}
	}
	for (const addr of gone) {
		// With the first address of a network the kernel may already have taken this one.
		const isThere = (await flushable(run, filter)).some((each) => isSame(each, addr));
		if (isThere) await run.apply({ verb: "delete", object: addr });
	}
	if (stats > 0) run.write(roundText(gone.length, "address", "addresses"));
	return 0;
}

/** What `-s … flush` says at its end. */
export function roundText(count: number, one: string, many: string): string {
	const what = `${count} ${count === 1 ? one : many}`;
	return `\n*** Round 1, deleting ${what} ***\n*** Flush is complete after 1 round ***\n`;
}

async function flushable(run: IpRun, filter: DeviceFilter): Promise<readonly Addr[]> {
	const links = (await run.links()).filter((link) => linkPasses(link, filter));
	const addrs = await run.dump("addr");
	return links.flatMap((link) => addrsOf(link, addrs)).filter((addr) => addrPasses(addr, filter));
}

function isSame(a: Addr, b: Addr): boolean {
	return a.dev === b.dev && formatCidr(a.addr) === formatCidr(b.addr);
}
