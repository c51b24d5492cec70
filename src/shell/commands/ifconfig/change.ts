/** `ifconfig DEVICE …`: each word is a request of its own, as an ioctl is (net/ipv4/devinet.c: devinet_ioctl). */
import type { Op } from "../../../kernel/kernel.ts";
import type { Addr, Link } from "../../../kernel/objects.ts";
import { type Cidr, familyOf, ipNum, ipText, lastAddrOf, maskNum, parseMac } from "../../../wire/addr.ts";
import type { CommandContext } from "../../command.ts";
import { dumpHere, hostArgument, ioctlError } from "../net-tools.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";

/** What is being changed: a device or one of its labels. */
interface Target {
	readonly context: CommandContext;
	readonly name: string;
	readonly device: string;
}

const HELP_HINT = "ifconfig: `--help' gives usage information.\n";

export async function changeInterface(
	context: CommandContext,
	name: string,
	words: readonly string[],
): Promise<number> {
	const target = { context, name, device: name.split(":")[0] ?? name };
	const rest = [...words];
	while (rest.length > 0) await changeOne(target, rest);
	return 0;
}

async function changeOne(target: Target, rest: string[]): Promise<void> {
	const word = rest.shift() ?? "";
	if (word === "up") return setUp(target, true);
	if (word === "down") return setDown(target);
	if (word === "promisc" || word === "-promisc") return setFlag(target, { promisc: word === "promisc" });
	if (word === "arp" || word === "multicast") return setFlag(target, {});
	if (UNMODELLED.has(word)) throw notModelled(`ifconfig ${word}`);
	if (word === "mtu") return setLink(target, { mtu: numberArgument(rest) }, "SIOCSIFMTU");
	if (word === "txqueuelen") return setLink(target, { txQueueLength: numberArgument(rest) }, "SIOCSIFTXQLEN");
	if (word === "hw") return setHardwareAddress(target, rest);
	if (word === "netmask") return setNetmask(target, rest.shift() ?? usage());
	if (word === "broadcast" || word === "-broadcast") return setBroadcast(target, word === "broadcast" ? rest : []);
	if (word === "add") return addAddress(rest.shift() ?? usage());
	if (word === "del") return deleteAddress(target, rest.shift() ?? usage());
	return setAddress(target, word === "inet" ? (rest.shift() ?? usage()) : word);
}

const UNMODELLED: ReadonlySet<string> = new Set([
	"-arp",
	"-multicast",
	"allmulti",
	"-allmulti",
	"trailers",
	"-trailers",
	"dynamic",
	"-dynamic",
	"pointopoint",
	"-pointopoint",
	"dstaddr",
	"tunnel",
	"outfill",
	"keepalive",
	"mem_start",
	"io_addr",
	"irq",
	"media",
	"name",
	"inet6",
	"metric",
]);

async function linkOf(target: Target): Promise<Link | undefined> {
	return (await dumpHere(target.context, "link")).find((link) => link.name === target.device);
}

/** What the tool does before it changes flags. */
async function needFlags(target: Target): Promise<Link> {
	const link = await linkOf(target);
	if (link !== undefined) return link;
	throw new ToolExit(255, `${target.name}: ERROR while getting interface flags: No such device\n`);
}

async function setUp(target: Target, up: boolean): Promise<void> {
	await needFlags(target);
	return setLink(target, { up }, "SIOCSIFFLAGS");
}

/** Taking a label down removes its address. */
async function setDown(target: Target): Promise<void> {
	if (target.name === target.device) return setUp(target, false);
	await needFlags(target);
	const addr = await addressOf(target);
	if (addr === undefined) throw new ToolExit(255, "SIOCSIFFLAGS: Cannot assign requested address\n");
	await apply(target, [{ verb: "delete", object: addr }], "SIOCSIFFLAGS");
}

async function setFlag(target: Target, link: Partial<Link>): Promise<void> {
	await needFlags(target);
	if (Object.keys(link).length > 0) await setLink(target, link, "SIOCSIFFLAGS");
}

async function setLink(target: Target, link: Partial<Link>, call: string): Promise<void> {
	if ((await linkOf(target)) === undefined) throw new ToolExit(1, `${call}: No such device\n`);
	await apply(target, [{ verb: "replace", object: { kind: "link", name: target.device, ...link } }], call);
}

async function setHardwareAddress(target: Target, rest: string[]): Promise<void> {
	const type = rest.shift() ?? usage();
	if (type !== "ether") throw new ToolExit(1, `hw address type \`${type}' has no handler to set address. failed.\n`);
	const text = rest.shift() ?? usage();
	const mac = parseMac(text);
	if (!mac.ok) throw new ToolExit(1, `${text}: invalid ether address.\n`);
	await setLink(target, { mac: mac.value }, "SIOCSIFHWADDR");
}

/** The address that bears the target's label. */
async function addressOf(target: Target): Promise<Addr | undefined> {
	return (await dumpHere(target.context, "addr")).find(
		(addr) =>
			addr.dev === target.device && (addr.label ?? addr.dev) === target.name && familyOf(addr.addr.addr) === "ipv4",
	);
}

async function setAddress(target: Target, word: string): Promise<void> {
	const slash = word.indexOf("/");
	const text = slash < 0 ? word : word.slice(0, slash);
	const addr = await hostArgument(target.context, text, 1, HELP_HINT);
	const before = await addressOf(target);
	if ((await linkOf(target)) === undefined) {
		const flags = `${target.name}: ERROR while getting interface flags: No such device\n`;
		throw new ToolExit(255, `SIOCSIFADDR: No such device\n${flags}`);
	}
	const remove: readonly Op[] = before === undefined ? [] : [{ verb: "delete", object: before }];
	if (addr === "0.0.0.0") return apply(target, remove, "SIOCSIFADDR");
	const prefix = slash < 0 ? classPrefix(Number(ipNum(addr))) : prefixArgument(word.slice(slash + 1));
	const object = addrOf(target, { addr, prefix }, undefined);
	const up: Op = { verb: "replace", object: { kind: "link", name: target.device, up: true } };
	await apply(target, [...remove, { verb: "add", object }, up], "SIOCSIFADDR");
}

/** `broadcast` undefined: the network's own. */
function addrOf(target: Target, cidr: Cidr, broadcast: Addr["broadcast"]): Addr {
	const isLoopback = cidr.addr.startsWith("127.");
	return {
		kind: "addr",
		dev: target.device,
		addr: cidr,
		...(isLoopback || cidr.prefix > 30 ? {} : { broadcast: broadcast ?? lastAddrOf(cidr) }),
		...(target.name === target.device ? {} : { label: target.name }),
	};
}

/** The network's length by the class of its address (`inet_abc_len`). */
function classPrefix(addr: number): number {
	const first = addr >>> 24;
	if (first < 128) return 8;
	return first < 192 ? 16 : 24;
}

async function replaceAddress(target: Target, call: string, change: (addr: Addr) => Addr): Promise<void> {
	if ((await linkOf(target)) === undefined) throw new ToolExit(1, `${call}: No such device\n`);
	const before = await addressOf(target);
	if (before === undefined) throw new ToolExit(1, `${call}: Cannot assign requested address\n`);
	const { secondary: _inDumpsOnly, ...kept } = before;
	const next = change(kept);
	await apply(
		target,
		[
			{ verb: "delete", object: before },
			{ verb: "add", object: next },
		],
		call,
	);
}

async function setNetmask(target: Target, text: string): Promise<void> {
	const mask = await hostArgument(target.context, text, 1);
	const prefix = [...Array(33).keys()].find((length) => ipText(maskNum(length, 0)) === mask);
	if (prefix === undefined) throw new ToolExit(1, "SIOCSIFNETMASK: Invalid argument\n");
	await replaceAddress(target, "SIOCSIFNETMASK", (addr) => {
		const isDefault = addr.broadcast === lastAddrOf(addr.addr);
		return addrOf(target, { addr: addr.addr.addr, prefix }, isDefault ? undefined : addr.broadcast);
	});
}

async function setBroadcast(target: Target, rest: string[]): Promise<void> {
	const text = rest.shift();
	if (text === undefined) throw notModelled("ifconfig broadcast without an address");
	const broadcast = await hostArgument(target.context, text, 1);
	await replaceAddress(target, "SIOCSIFBRDADDR", (addr) => ({ ...addr, broadcast }));
}

/** Only an IPv6 address can be added to others. */
async function addAddress(text: string): Promise<void> {
	if (text.includes(":")) throw notModelled("IPv6");
	throw new ToolExit(1, `${text}: Unknown host\n`);
}

async function deleteAddress(target: Target, text: string): Promise<void> {
	if (text.includes(":")) throw notModelled("IPv6");
	const addr = await hostArgument(target.context, text, 1);
	const found = (await dumpHere(target.context, "addr")).find(
		(each) => each.dev === target.device && each.addr.addr === addr,
	);
	if (found === undefined) throw new ToolExit(1, "SIOCSIFADDR: Cannot assign requested address\n");
	await apply(target, [{ verb: "delete", object: found }], "SIOCSIFADDR");
}

async function apply(target: Target, ops: readonly Op[], call: string): Promise<void> {
	if (ops.length === 0) return;
	const done = await target.context.world.kernel.apply(target.context.netns, ops);
	if (!done.ok) throw ioctlError(call, done.error, 1);
}

function prefixArgument(text: string): number {
	return /^\d+$/.test(text) && Number(text) <= 32 ? Number(text) : usage();
}

function numberArgument(rest: string[]): number {
	const text = rest.shift() ?? usage();
	return /^\d+$/.test(text) ? Number(text) : usage();
}

function usage(): never {
	throw new ToolExit(1, HELP_HINT);
}
