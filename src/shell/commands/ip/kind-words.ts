/** The words of VXLAN, VLAN and macvlan devices (iproute2's iplink_vxlan.c, iplink_vlan.c, iplink_macvlan.c). */
import type { LinkKind, MacvlanMode } from "../../../kernel/objects.ts";
import type { IpAddr } from "../../../wire/addr.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { addressArgument } from "./address-words.ts";
import type { IpRun } from "./run.ts";
import { device } from "./tunnel-words.ts";
import { MACVLAN_USAGE, VLAN_USAGE, VXLAN_USAGE } from "./usage-kinds.ts";
import { duplicateOrGarbage, invalid, matches, onOrOff, parseUnsigned, type Words } from "./words.ts";

type VxlanKind = Extract<LinkKind, { readonly type: "vxlan" }>;
export type VxlanWords = Omit<VxlanKind, "type" | "id"> & { readonly id?: number };
export type VlanWords = Partial<Omit<Extract<LinkKind, { readonly type: "vlan" }>, "type" | "parent">>;
export interface MacvlanWords {
	readonly mode?: MacvlanMode;
}

const PORT_TEXT = `vxlan: destination port not specified
Will use Linux kernel default (non-standard value)
Use 'dstport 4789' to get the IANA assigned value
Use 'dstport 0' to get default and quiet this message
`;

const VXLAN_OFF = ["noproxy", "norsc", "nol2miss", "nol3miss", "noudp6zerocsumtx", "noudp6zerocsumrx", "noremcsumtx"];
const VXLAN_OTHER = [
	"tos",
	"df",
	"flowlabel",
	"maxaddress",
	"proxy",
	"rsc",
	"l2miss",
	"l3miss",
	"external",
	"gbp",
	"gpe",
];

/** What follows `type vxlan`. `makes`: a new device. */
export async function vxlanWords(run: IpRun, words: Words, makes: boolean): Promise<VxlanWords> {
	if (words.word === undefined) return {};
	let kind: VxlanWords = {};
	let hasPort = false;
	const seen = new Set<string>();
	const once = (key: string, value: string): string => {
		if (seen.has(key)) duplicateOrGarbage(key, value);
		seen.add(key);
		return value;
	};
	for (let word = words.take(); word !== undefined; word = words.take()) {
		if (word === "id" || matches(word, "vni")) kind = { ...kind, id: vniWord(once("id", words.argument())) };
		else if (matches(word, "group")) kind = { ...kind, group: groupWord(once("group", words.argument())) };
		else if (matches(word, "remote")) kind = { ...kind, remote: hostWord(once("remote", words.argument())) };
		else if (matches(word, "local")) kind = { ...kind, local: addressArgument(once("local", words.argument()), "any") };
		else if (word === "dev") kind = { ...kind, dev: await device(run, once("dev", words.argument())) };
		else if (matches(word, "ttl") || word === "hoplimit")
			kind = { ...kind, ttl: vxlanTtl(once("ttl", words.argument())) };
		else if (matches(word, "ageing")) kind = { ...kind, ageingTimeSeconds: number(words.argument(), "ageing timer") };
		else if (matches(word, "srcport") || matches(word, "port")) {
			const low = number(words.argument(), "min port", 65535);
			kind = { ...kind, sourcePorts: { low, high: number(words.argument(), "max port", 65535) } };
		} else if (word === "dstport") {
			hasPort = true;
			const port = number(once("dstport", words.argument()), "dst port", 65535);
			kind = port === 0 ? kind : { ...kind, port };
		} else if (matches(word, "learning") || matches(word, "nolearning"))
			kind = { ...kind, learning: !word.startsWith("no") };
		else if (matches(word, "udpcsum") || matches(word, "noudpcsum"))
			kind = { ...kind, udpChecksum: !word.startsWith("no") };
		else if (VXLAN_OFF.some((name) => matches(word, name))) continue;
		else if (VXLAN_OTHER.some((name) => matches(word, name))) throw notModelled(`vxlan ${word}`);
		else throw new ToolExit(1, word === "help" ? VXLAN_USAGE : `vxlan: unknown command "${word}"?\n${VXLAN_USAGE}`);
	}
	if (kind.group !== undefined && kind.dev === undefined) {
		throw new ToolExit(1, "vxlan: 'group' requires 'dev' to be specified\n");
	}
	if (makes && !hasPort) run.context.stderr.write(PORT_TEXT);
	return kind;
}

function number(text: string, what: string, max?: number): number {
	return parseUnsigned(text, max) ?? invalid(text, what);
}

function vniWord(text: string): number {
	return parseUnsigned(text, 0xffffff) ?? invalid(text, "invalid id");
}

function vxlanTtl(text: string): number {
	if (text === "inherit") throw notModelled("vxlan ttl inherit");
	if (text === "auto") return 0;
	return parseUnsigned(text, 255) ?? invalid(text, "TTL must be <= 255");
}

function isGroup(addr: IpAddr): boolean {
	return /^(22[4-9]|23\d)\./.test(addr) || addr.startsWith("ff");
}

function groupWord(text: string): IpAddr {
	const addr = addressArgument(text, "any");
	return isGroup(addr) ? addr : invalid(text, "invalid group address");
}

function hostWord(text: string): IpAddr {
	const addr = addressArgument(text, "any");
	return isGroup(addr) ? invalid(text, "invalid remote address") : addr;
}

/** What follows `type vlan`. */
export function vlanWords(words: Words): VlanWords {
	let kind: VlanWords = {};
	for (let word = words.take(); word !== undefined; word = words.take()) {
		if (matches(word, "protocol")) kind = { ...kind, protocol: protocolWord(words.argument()) };
		else if (matches(word, "id")) {
			const id = words.argument();
			kind = { ...kind, id: parseUnsigned(id, 65535) ?? invalid(id, "id is invalid") };
		} else if (matches(word, "reorder_hdr")) {
			if (!onOrOff("reorder_hdr", words.argument())) throw notModelled("vlan reorder_hdr off");
		} else if (["gvrp", "mvrp", "loose_binding", "bridge_binding"].some((name) => matches(word, name))) {
			if (onOrOff(word, words.argument())) throw notModelled(`vlan ${word} on`);
		} else if (matches(word, "ingress-qos-map") || matches(word, "egress-qos-map")) throw notModelled(`vlan ${word}`);
		else throw new ToolExit(1, word === "help" ? VLAN_USAGE : `vlan: unknown command "${word}"?\n${VLAN_USAGE}`);
	}
	return kind;
}

function protocolWord(text: string): "802.1Q" | "802.1ad" {
	const found = (["802.1Q", "802.1ad"] as const).find((name) => name.toLowerCase() === text.toLowerCase());
	return found ?? invalid(text, "protocol is invalid");
}

/** What follows `type macvlan`. */
export function macvlanWords(words: Words): MacvlanWords {
	let kind: MacvlanWords = {};
	for (let word = words.take(); word !== undefined; word = words.take()) {
		if (matches(word, "mode")) kind = { mode: macvlanMode(words.argument()) };
		else if (["flag", "macaddr", "bcqueuelen"].some((name) => matches(word, name)))
			throw notModelled(`macvlan ${word}`);
		else {
			const usage = word === "help" ? MACVLAN_USAGE : `macvlan: unknown option "${word}"?\n${MACVLAN_USAGE}`;
			throw new ToolExit(1, usage);
		}
	}
	return kind;
}

function macvlanMode(text: string): MacvlanMode {
	const found = (["private", "vepa", "bridge", "passthru"] as const).find((mode) => mode === text);
	if (found !== undefined) return found;
	if (text === "source") throw notModelled("macvlan mode source");
	const modes = `"private", "vepa", "bridge", "passthru" or "source"`;
	throw new ToolExit(1, `Error: argument of "mode" must be ${modes}, not "${text}"\n`);
}
