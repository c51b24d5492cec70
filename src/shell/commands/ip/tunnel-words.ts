/** The words of ipip devices and of `ip tunnel` (iproute2's link_iptnl.c, iptunnel.c). */
import type { LinkKind } from "../../../kernel/objects.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { parseAddressWord } from "./address-words.ts";
import type { IpRun } from "./run.ts";
import { IPIP_USAGE } from "./usage-kinds.ts";
import { invalid, matches, noSuchDevice, parseUnsigned, type Words } from "./words.ts";

export type IpipKind = Extract<LinkKind, { readonly type: "ipip" }>;

const NOT_MODELLED = ["6rd-prefix", "6rd-relay_prefix", "6rd-reset", "fwmark", "external", "encap", "encap-sport"];

/** What follows `type ipip`. */
export async function ipipWords(run: IpRun, words: Words): Promise<IpipKind> {
	let kind: IpipKind = { type: "ipip" };
	for (let word = words.take(); word !== undefined; word = words.take()) {
		if (word === "remote" || word === "local") kind = { ...kind, ...tunnelEnd(word, words.argument(), "link") };
		else if (word === "dev") kind = { ...kind, dev: await device(run, words.argument()) };
		else if (word === "ttl" || word === "hoplimit" || word === "hlim")
			kind = { ...kind, ttl: ttlWord(words.argument()) };
		else if (word === "tos" || word === "tclass" || matches(word, "dsfield")) {
			kind = { ...kind, tos: tosWord(words.argument()) };
		} else if (word === "pmtudisc" || word === "nopmtudisc") kind = { ...kind, pmtudisc: word === "pmtudisc" };
		else if (word === "mode") kind = { ...kind, mode: modeWord(words.argument()) };
		else if (word === "noencap") continue;
		else if (NOT_MODELLED.includes(word)) throw notModelled(`ipip ${word}`);
		else throw new ToolExit(1, IPIP_USAGE);
	}
	checkDiscovery(kind, 255);
	return kind;
}

/** The TTL inside is the TTL outside, or the path MTU must be found out. */
export function checkDiscovery({ ttl = 0, pmtudisc }: IpipKind, code: number): void {
	if (ttl !== 0 && pmtudisc === false) throw new ToolExit(code, "ttl != 0 and nopmtudisc are incompatible\n");
}

/** An end of a tunnel; `any` leaves it open. `ip link` and `ip tunnel` complain in their own words. */
export function tunnelEnd(
	which: "remote" | "local",
	text: string,
	of: "link" | "tunnel",
): Pick<IpipKind, "remote" | "local"> {
	if (text === "any") return {};
	const addr = parseAddressWord(text, "inet");
	if (addr !== undefined) return { [which]: addr };
	const why =
		of === "link"
			? `inet address is expected rather than "${text}".`
			: `an IP address is expected rather than "${text}"`;
	throw new ToolExit(1, `Error: ${why}\n`);
}

export async function device(run: IpRun, name: string): Promise<string> {
	if ((await run.link(name)) === undefined) noSuchDevice(name, 255);
	return name;
}

export function ttlWord(text: string): number {
	if (text === "inherit") return 0;
	return parseUnsigned(text, 255) ?? invalid(text, "invalid TTL", "\n\n");
}

export function tosWord(text: string): number | "inherit" {
	if (text === "inherit") return "inherit";
	const hex = /^(0x)?([0-9a-f]{1,2})$/i.exec(text);
	return hex === null ? invalid(text, "bad TOS value") : Number.parseInt(hex[2] ?? "", 16);
}

function modeWord(text: string): "any" | "ipip" {
	if (["ipip", "ipv4/ipv4", "ip4ip4"].includes(text)) return "ipip";
	if (text === "any" || text === "any/ipv4") return "any";
	if (text === "mplsip" || text === "mpls/ipv4") throw notModelled("mode mplsip");
	return invalid(text, "Cannot guess tunnel mode.");
}
