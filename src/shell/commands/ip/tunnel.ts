/** `ip tunnel`: ipip tunnels. */
import { type Field, field, fieldIf, textOnly } from "../../../formats/fields.ts";
import type { KernelError, Op } from "../../../kernel/kernel.ts";
import type { Link } from "../../../kernel/objects.ts";
import { STRERROR } from "../strerror.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import type { IpRun } from "./run.ts";
import { checkDiscovery, type IpipKind, tosWord, ttlWord, tunnelEnd } from "./tunnel-words.ts";
import { TUNNEL_USAGE } from "./usage-kinds.ts";
import { duplicateOrGarbage, matches, noSuchDevice, type Words } from "./words.ts";

/** The device by which the tool asks the kernel for any tunnel; its complaints name it. */
const FALLBACK = "tunl0";

export async function ipTunnel(run: IpRun, words: Words): Promise<number> {
	const command = words.take();
	if (command === undefined) return show(run, words);
	if (matches(command, "add")) return add(run, words);
	if (matches(command, "change") || matches(command, "set")) return change(run, words);
	if (matches(command, "delete")) return remove(run, words);
	if (matches(command, "show") || matches(command, "lst") || matches(command, "list")) return show(run, words);
	if (matches(command, "prl") || matches(command, "6rd")) throw notModelled(`ip tunnel ${command}`);
	if (matches(command, "help")) throw new ToolExit(255, TUNNEL_USAGE);
	throw new ToolExit(255, `Command "${command}" is unknown, try "ip tunnel help"\n`);
}

interface TunnelWords {
	readonly name: string | undefined;
	readonly mode: "ipip" | undefined;
	readonly kind: IpipKind;
}

async function parse(run: IpRun, words: Words): Promise<TunnelWords> {
	let [name, mode]: [string | undefined, "ipip" | undefined] = [undefined, undefined];
	let kind: IpipKind = { type: "ipip" };
	for (let word = words.take(); word !== undefined; word = words.take()) {
		if (word === "mode") mode = modeWord(words.argument());
		else if (word === "remote" || word === "local") kind = { ...kind, ...tunnelEnd(word, words.argument(), "tunnel") };
		else if (word === "dev") kind = { ...kind, dev: words.argument() };
		else if (word === "ttl" || word === "hoplimit" || word === "hlim")
			kind = { ...kind, ttl: ttlWord(words.argument()) };
		else if (word === "tos" || word === "tclass" || matches(word, "dsfield")) {
			kind = { ...kind, tos: tosWord(words.argument()) };
		} else if (word === "pmtudisc" || word === "nopmtudisc") kind = { ...kind, pmtudisc: word === "pmtudisc" };
		else if (NOT_MODELLED.includes(word)) throw notModelled(`ip tunnel … ${word}`);
		else {
			const given = word === "name" ? words.argument() : word;
			if (matches(given, "help")) throw new ToolExit(255, TUNNEL_USAGE);
			if (name !== undefined) duplicateOrGarbage("name", given);
			name = given;
		}
	}
	checkDiscovery(kind, 1);
	if (kind.dev !== undefined && (await run.link(kind.dev)) === undefined) noSuchDevice(kind.dev);
	return { name, mode, kind };
}

const NOT_MODELLED = ["key", "ikey", "okey", "seq", "iseq", "oseq", "csum", "icsum", "ocsum", "external"];

function modeWord(text: string): "ipip" {
	if (text === "ipip" || text === "ip/ip") return "ipip";
	if (["gre", "gre/ip", "sit", "ipv6/ip", "isatap", "vti"].includes(text)) throw notModelled(`tunnel mode ${text}`);
	throw new ToolExit(255, `Unknown tunnel mode "${text}"\n`);
}

async function add(run: IpRun, words: Words): Promise<number> {
	const { name: given, mode, kind } = await parse(run, words);
	if (mode === undefined && given !== FALLBACK) {
		throw new ToolExit(1, "cannot determine tunnel mode (ipip, gre, vti or sit)\n");
	}
	const names = new Set((await run.links()).map((link) => link.name));
	let free = 0;
	while (names.has(`ipip${free}`)) free += 1;
	const name = given ?? `ipip${free}`;
	await apply(run, { verb: "add", object: { kind: "link", name, link: { ...kind, mode: "ipip" } } }, "add", FALLBACK);
	return 0;
}

async function change(run: IpRun, words: Words): Promise<number> {
	const { name, kind } = await parse(run, words);
	const link = await tunnelNamed(run, name);
	if (link === undefined) throw new ToolExit(1, `get tunnel "${name ?? ""}" failed: No such device\n`);
	await apply(run, { verb: "replace", object: { kind: "link", name: link.name, link: kind } }, "change", FALLBACK);
	return 0;
}

async function remove(run: IpRun, words: Words): Promise<number> {
	const { name } = await parse(run, words);
	const link = await tunnelNamed(run, name);
	if (link === undefined) throw new ToolExit(1, `delete tunnel "${name ?? ""}" failed: No such device\n`);
	if (link.name === FALLBACK) throw new ToolExit(1, `delete tunnel "${FALLBACK}" failed: Operation not permitted\n`);
	await apply(run, { verb: "delete", object: { kind: "link", name: link.name } }, "delete", link.name);
	return 0;
}

async function apply(run: IpRun, op: Op, what: string, dev: string): Promise<void> {
	const done = await run.context.world.kernel.apply(run.netns, [op]);
	if (!done.ok) throw new ToolExit(1, `${what} tunnel "${dev}" failed: ${reason(done.error)}\n`);
}

/** The tool asks by ioctl(2), which has no words of its own. */
function reason({ errno, message }: KernelError): string {
	return STRERROR[errno] ?? message;
}

async function tunnelNamed(run: IpRun, name: string | undefined): Promise<Link | undefined> {
	return name === undefined ? undefined : (await run.links()).find((link) => link.name === name && isTunnel(link));
}

function isTunnel({ link }: Link): boolean {
	return link?.type === "ipip";
}

async function show(run: IpRun, words: Words): Promise<number> {
	const { name, kind } = await parse(run, words);
	const tunnels = (await run.links()).filter(
		(link) => isTunnel(link) && (name === undefined || link.name === name) && fits(link.link, kind),
	);
	run.print(tunnels.flatMap((link) => (link.link?.type === "ipip" ? [tunnelFields(link.name, link.link)] : [])));
	return 0;
}

function fits(own: Link["link"], asked: IpipKind): boolean {
	if (own?.type !== "ipip") return false;
	return (["local", "remote", "dev"] as const).every((key) => asked[key] === undefined || asked[key] === own[key]);
}

function tunnelFields(name: string, kind: IpipKind): readonly Field[] {
	const { dev, ttl = 0, tos, pmtudisc = true, mode = "any" } = kind;
	const [local, remote] = [kind.local ?? "any", kind.remote ?? "any"];
	const modeName = mode === "ipip" ? "ip/ip" : "any/ip";
	const tosText = tos === "inherit" ? "inherit" : `0x${(tos ?? 0).toString(16)}`;
	return [
		field(`${name}: `, "ifname", name),
		field(`${modeName} `, "mode", modeName),
		field(`remote ${remote} `, "remote", remote),
		field(`local ${local}`, "local", local),
		...fieldIf(dev !== undefined, ` dev ${dev}`, "dev", dev ?? ""),
		...(ttl === 0 ? [textOnly(" ttl inherit")] : [field(` ttl ${ttl}`, "ttl", ttl)]),
		...fieldIf(tos !== undefined, ` tos ${tosText}`, "tos", tosText),
		...(pmtudisc ? [] : [field(" nopmtudisc", "pmtudisc", false)]),
	];
}
