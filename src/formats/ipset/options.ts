/** The options of `create`, and what is said about an element, read and printed as ipset 7.17 does. */
import { utf8Encode } from "../../base/bytes.ts";
import type { IpSet, IpSetMember, IpSetOptions } from "../../kernel/ipset.ts";
import { type IpFamily, ipNum, ipText, maskedNum } from "../../wire/addr.ts";
import { lastOfNet } from "../../wire/ip-range.ts";
import { parseAddress } from "./element.ts";
import { type IpSetFault, isFault, parseNumber, refusal, syntax, usage } from "./fault.ts";
import { parsePlainPort } from "./ports.ts";
import type { CreateWord, TypeSyntax } from "./types.ts";

export interface CreateOptions {
	readonly family?: IpFamily;
	readonly options: IpSetOptions;
}

type Draft = { -readonly [K in keyof IpSetOptions]: IpSetOptions[K] };

const U32 = 0xffffffff;
/** Seconds that fit into the kernel's clock. */
export const MAX_TIMEOUT = 2_147_483;
const NUMBERS: Readonly<Record<string, number>> = {
	hashsize: U32,
	maxelem: U32,
	bucketsize: 255,
	initval: U32,
	markmask: U32,
	size: U32,
	timeout: MAX_TIMEOUT,
};
const FLAGS: readonly string[] = ["counters", "comment", "skbinfo", "forceadd"];

/** The words after the type's name. */
export function parseCreateOptions(words: readonly string[], type: TypeSyntax): CreateOptions | IpSetFault {
	const options: Draft = {};
	const seen = new Set<string>();
	let family: IpFamily | undefined;
	let [from, to]: readonly (string | undefined)[] = [];
	for (let at = 0; at < words.length; at += 1) {
		const typed = words[at] ?? "";
		const word = typed.replace(/^--?(?=[a-z])/, "");
		const known = optionOf(word, type);
		if (known === undefined) return usage(`Unknown argument: \`${typed}'`);
		if (known === "flag") {
			if (word === "-4" || word === "-6") {
				if (seen.has("family")) return syntax(`${word} already specified`);
				seen.add("family");
				family = word === "-4" ? "ipv4" : "ipv6";
			} else setFlag(options, word);
			continue;
		}
		at += 1;
		const value = words[at];
		if (value === undefined) return usage(`Missing mandatory argument of option \`${word}'`);
		if (seen.has(known)) return syntax(`${word} already specified`);
		seen.add(known);
		if (word === "from") from = value;
		else if (word === "to") to = value;
		else if (known === "family") {
			const parsed = parseFamily(value);
			if (typeof parsed !== "string") return parsed;
			family = parsed;
		} else {
			const fault = setOption(options, known, { word, value, family: family ?? "ipv4", type });
			if (fault !== undefined) return fault;
		}
	}
	if (from !== undefined && to !== undefined) {
		const fault = setRange(options, `${from}-${to}`, type);
		if (fault !== undefined) return fault;
	}
	if (options.netmask !== undefined && options.bitmask !== undefined) {
		return syntax("bitmask and netmask are mutually exclusive, provide only one");
	}
	if (type.create.includes("range") && options.range === undefined && options.portRange === undefined) {
		return usage("Mandatory option `range' is missing");
	}
	return { ...(family === undefined ? {} : { family }), options };
}

/** Without a leading space. */
export function formatCreateOptions({ family, options = {} }: IpSet, type: TypeSyntax): string {
	return type.create.flatMap((word) => formatOption(word, family ?? "ipv4", options)).join(" ");
}

/** One option's words; none when it is not set. */
export function formatOption(word: CreateWord, family: IpFamily, options: IpSetOptions): readonly string[] {
	switch (word) {
		case "family":
			return [`family ${family === "ipv4" ? "inet" : "inet6"}`];
		case "range":
			if (options.portRange !== undefined) return [`range ${options.portRange.from}-${options.portRange.to}`];
			return options.range === undefined ? [] : [`range ${options.range.from}-${options.range.to}`];
		case "forceadd":
			return [];
		case "counters":
		case "comment":
		case "skbinfo":
			return options[word] === true ? [word] : [];
		case "initval":
		case "markmask": {
			const value = options[word];
			return value === undefined ? [] : [`${word} 0x${value.toString(16).padStart(8, "0")}`];
		}
		case "hashsize":
		case "maxelem":
		case "bucketsize":
		case "netmask":
		case "bitmask":
		case "size":
		case "timeout": {
			const value = options[word];
			return value === undefined ? [] : [`${word} ${value}`];
		}
	}
}

/** `family`, `timeout`, … for an option with a value, `flag` for one without. */
function optionOf(word: string, type: TypeSyntax): string | undefined {
	if (word === "-4" || word === "-6") return type.create.includes("family") ? "flag" : undefined;
	if (word === "from" || word === "to") return type.create.includes("range") ? word : undefined;
	if (!type.create.some((known) => known === word)) return undefined;
	return FLAGS.includes(word) ? "flag" : word;
}

function setFlag(options: Draft, word: string): void {
	if (word === "counters") options.counters = true;
	else if (word === "comment") options.comment = true;
	else if (word === "skbinfo") options.skbinfo = true;
	else options.forceadd = true;
}

function parseFamily(value: string): IpFamily | IpSetFault {
	if (value === "inet" || value === "ipv4" || value === "-4") return "ipv4";
	if (value === "inet6" || value === "ipv6" || value === "-6") return "ipv6";
	if (value === "any" || value === "unspec") return refusal("Protocol family not supported by the set type");
	return syntax(`unknown inet family ${value}`);
}

interface Given {
	readonly word: string;
	readonly value: string;
	readonly family: IpFamily;
	readonly type: TypeSyntax;
}

function setOption(options: Draft, known: string, { word, value, family, type }: Given): IpSetFault | undefined {
	if (known === "range") return setRange(options, value, type);
	if (known === "netmask") {
		const max = family === "ipv4" ? 32 : 128;
		const number = parseNumber(value, 1, max);
		if (typeof number !== "number") {
			return refusal(`${number.message}\nSyntax error: netmask is out of the inclusive range of 1-${max}`);
		}
		options.netmask = number;
		return undefined;
	}
	if (known === "bitmask") {
		const mask = parseAddress(value, { family }, { range: false, net: false });
		if (isFault(mask)) return mask;
		options.bitmask = mask.addr;
		return undefined;
	}
	const number = parseNumber(value, 0, NUMBERS[word] ?? U32);
	if (typeof number !== "number") return number;
	switch (known) {
		case "hashsize":
		case "maxelem":
		case "bucketsize":
		case "initval":
		case "markmask":
		case "size":
		case "timeout":
			options[known] = number;
	}
	return undefined;
}

function setRange(options: Draft, value: string, type: TypeSyntax): IpSetFault | undefined {
	if (type.name === "bitmap:port") {
		const part = parsePlainPort(value);
		if (isFault(part)) return part;
		if (part.to === undefined) return usage("Mandatory option `to' is missing");
		options.portRange = { from: part.port, to: part.to };
		return undefined;
	}
	if (!/[/-]/.test(value)) return syntax(`IP/cidr or IP-IP range must be specified: ${value}`);
	const part = parseAddress(value, { family: "ipv4" }, { range: true, net: true });
	if (isFault(part)) return part;
	if (part.to !== undefined) {
		options.range = { from: part.addr, to: part.to };
		return undefined;
	}
	if (part.prefix === undefined || part.prefix === 0) {
		return refusal("The value of the CIDR parameter of the IP address is invalid");
	}
	const first = Number(maskedNum(ipNum(part.addr), part.prefix));
	options.range = { from: ipText(first), to: ipText(lastOfNet(first, part.prefix)) };
	return undefined;
}

type MemberDraft = { -readonly [K in keyof Omit<IpSetMember, "parts">]: IpSetMember[K] };

const MAX_COUNTER = "18446744073709551614";
const COMMENT_LENGTH = 255;

/** The words after an element. */
export function parseMemberOptions(
	words: readonly string[],
	type: TypeSyntax,
	command: "add" | "del" | "test",
): Omit<IpSetMember, "parts"> | IpSetFault {
	const draft: MemberDraft = {};
	const seen = new Set<string>();
	for (let at = 0; at < words.length; at += 1) {
		const typed = words[at] ?? "";
		const word = typed.replace(/^--?(?=[a-z])/, "");
		if (!takes(word, type, command)) return usage(`Unknown argument: \`${typed}'`);
		if (word === "nomatch") draft.nomatch = true;
		else if (word === "wildcard") draft.wildcard = true;
		else {
			at += 1;
			const value = words[at];
			if (value === undefined) return usage(`Missing mandatory argument of option \`${word}'`);
			if (seen.has(word)) return syntax(`${word} already specified`);
			seen.add(word);
			const fault = setMemberOption(draft, word, value);
			if (fault !== undefined) return fault;
		}
	}
	return draft;
}

function takes(word: string, type: TypeSyntax, command: "add" | "del" | "test"): boolean {
	if (word === "before" || word === "after") return type.name === "list:set";
	if (word === "nomatch") return type.nomatch && command !== "del";
	if (command !== "add") return false;
	if (word === "wildcard") return type.dims.includes("iface");
	return ["timeout", "packets", "bytes", "comment", "skbmark", "skbprio", "skbqueue"].includes(word);
}

function setMemberOption(draft: MemberDraft, word: string, value: string): IpSetFault | undefined {
	switch (word) {
		case "before":
			draft.before = value;
			return undefined;
		case "after":
			draft.after = value;
			return undefined;
		case "comment":
			if (value.includes('"')) return syntax('" character is not permitted in comments');
			if (utf8Encode(value).length > COMMENT_LENGTH) {
				return syntax(`Comment is longer than the maximum allowed ${COMMENT_LENGTH} characters`);
			}
			draft.comment = value;
			return undefined;
		case "skbmark": {
			const match = /^0x([0-9a-f]+)(?:\/0x([0-9a-f]+))?$/i.exec(value);
			if (match === null) return syntax("Invalid skbmark format, it should be:  MARK/MASK or MARK (see manpage)");
			const mask = match[2] === undefined ? U32 : Number.parseInt(match[2], 16);
			draft.skbmark = { mark: Number.parseInt(match[1] ?? "0", 16), mask };
			return undefined;
		}
		case "skbprio": {
			const match = /^([0-9a-f]+):([0-9a-f]+)$/i.exec(value);
			if (match === null) return syntax("Invalid skbprio format, it should be:MAJOR:MINOR (see manpage)");
			draft.skbprio = { major: Number.parseInt(match[1] ?? "0", 16), minor: Number.parseInt(match[2] ?? "0", 16) };
			return undefined;
		}
		default:
			return setNumber(draft, word, value);
	}
}

function setNumber(draft: MemberDraft, word: string, value: string): IpSetFault | undefined {
	const isCounter = word === "packets" || word === "bytes";
	const max = word === "timeout" ? MAX_TIMEOUT : 0xffff;
	const number = isCounter ? parseNumber(value, 0, Number.MAX_VALUE) : parseNumber(value, 0, max);
	if (typeof number !== "number") return number;
	if (isCounter && /^\d+$/.test(value) && BigInt(value) > BigInt(MAX_COUNTER)) {
		return syntax(`'${value}' is out of range 0-${MAX_COUNTER}`);
	}
	if (word === "timeout") draft.timeout = number;
	else if (word === "packets") draft.packets = number;
	else if (word === "bytes") draft.bytes = number;
	else draft.skbqueue = number;
	return undefined;
}

/** Each with a space before it, in the order of a listing. */
export function formatMemberOptions(member: Omit<IpSetMember, "parts">): string {
	const { timeout, packets, bytes, comment, skbmark, skbprio, skbqueue } = member;
	return [
		timeout === undefined ? "" : ` timeout ${timeout}`,
		member.nomatch === true ? " nomatch" : "",
		member.wildcard === true ? " wildcard" : "",
		packets === undefined ? "" : ` packets ${packets}`,
		bytes === undefined ? "" : ` bytes ${bytes}`,
		comment === undefined || comment === "" ? "" : ` comment "${comment}"`,
		skbmark === undefined ? "" : ` skbmark ${formatSkbmark(skbmark)}`,
		skbprio === undefined ? "" : ` skbprio ${skbprio.major.toString(16)}:${skbprio.minor.toString(16)}`,
		skbqueue === undefined ? "" : ` skbqueue ${skbqueue}`,
		member.before === undefined ? "" : ` before ${member.before}`,
		member.after === undefined ? "" : ` after ${member.after}`,
	].join("");
}

export function formatSkbmark({ mark, mask }: NonNullable<IpSetMember["skbmark"]>): string {
	return mask === U32 ? `0x${mark.toString(16)}` : `0x${mark.toString(16)}/0x${mask.toString(16)}`;
}
