/** An element of a set: `10.96.0.1,tcp:80`, `10.0.0.0/8,eth0`, …, read and printed as ipset 7.17 does. */
import type { IpSetPart } from "../../kernel/ipset.ts";
import type { IpFamily } from "../../wire/addr.ts";
import { addrBits, type IpAddr, parseIp, parseMac } from "../../wire/addr.ts";
import { inetAton } from "../inet-aton.ts";
import { type IpSetFault, isFault, parseNumber, refusal, syntax } from "./fault.ts";
import { formatPort, parsePlainPort, parsePort } from "./ports.ts";
import type { ElementDim, TypeSyntax } from "./types.ts";

export interface ElementContext {
	readonly type: TypeSyntax;
	readonly family: IpFamily;
	readonly command: "add" | "del" | "test";
	/** Addresses of names; absent: names are not known. */
	readonly resolve?: (name: string, family: IpFamily) => IpAddr | undefined;
}

type IpPart = Extract<IpSetPart, { kind: "ip" }>;

const MISSING = ["", "Second", "Third"];
const SEPARATORS = ["Elem separator", "Two elem separators", "Three elem separators"];
const SUPPORTED = ["none", "one", "two"];
const IFACE_LENGTH = 15;

export function parseElement(text: string, context: ElementContext): readonly IpSetPart[] | IpSetFault {
	const { type } = context;
	const { dims } = type;
	const words = text.split(",");
	if (words.length > dims.length) {
		const [many, few] = [SEPARATORS[dims.length - 1] ?? "", SUPPORTED[dims.length - 1] ?? ""];
		return syntax(`${many} in ${text}, but settype ${type.name} supports ${few}.`);
	}
	if (words.length < dims.length - type.optional)
		return syntax(`${MISSING[words.length] ?? ""} element is missing from ${text}.`);
	const empty = words.indexOf("");
	if (dims.length > 1 && empty >= 0)
		return syntax(`${MISSING[Math.max(1, empty)] ?? ""} element is missing from ${text}.`);
	const parts: IpSetPart[] = [];
	for (const [at, word] of words.entries()) {
		const dim = dims[at];
		if (dim === undefined) break;
		const part = parsePart(word, dim, { ...context, at });
		if (isFault(part)) return part;
		parts.push(part);
	}
	return checkRanges(parts, context) ?? parts;
}

/** As a listing has it. */
export function formatElement(parts: readonly IpSetPart[], { name }: Pick<TypeSyntax, "name">): string {
	return parts
		.map((part) => (name === "bitmap:port" && part.kind === "port" ? plainPort(part) : formatPart(part)))
		.join(",");
}

function plainPort({ port, to }: { readonly port: number; readonly to?: number }): string {
	return to === undefined ? String(port) : `${port}-${to}`;
}

function formatPart(part: IpSetPart): string {
	switch (part.kind) {
		case "ip": {
			if (part.to !== undefined) return `${part.addr}-${part.to}`;
			const isHost = part.prefix === undefined || part.prefix === addrBits(part.addr);
			return isHost ? part.addr : `${part.addr}/${part.prefix}`;
		}
		case "port":
			return formatPort(part);
		case "mac":
			return part.mac.toUpperCase();
		case "mark":
			return `0x${part.mark.toString(16).padStart(8, "0")}`;
		case "iface":
			return `${part.physdev === true ? "physdev:" : ""}${part.iface}`;
		case "set":
			return part.set;
	}
}

function parsePart(
	word: string,
	dim: ElementDim,
	context: ElementContext & { readonly at: number },
): IpSetPart | IpSetFault {
	const { type, at } = context;
	switch (dim) {
		case "ip":
			return parseAddress(word, context, { range: at === 0 && type.optional === 0, net: false });
		case "net":
			return parseAddress(word, context, { range: true, net: true });
		case "port":
			return type.name === "bitmap:port" ? parsePlainPort(word) : parsePort(word, context);
		case "mac": {
			const mac = parseMac(word);
			return mac.ok ? { kind: "mac", mac: mac.value } : syntax(`cannot parse '${word}' as ethernet address`);
		}
		case "mark": {
			const mark = parseNumber(word, 0, 0xffffffff);
			return typeof mark === "number" ? { kind: "mark", mark } : mark;
		}
		case "iface": {
			const physdev = word.startsWith("physdev:");
			const iface = physdev ? word.slice("physdev:".length) : word;
			if (iface.length > IFACE_LENGTH) {
				return syntax(`interface name '${iface}' is longer than ${IFACE_LENGTH} characters`);
			}
			return { kind: "iface", iface, ...(physdev ? { physdev } : {}) };
		}
		case "set":
			return { kind: "set", set: word };
	}
}

/** An address; for IPv4 also with a prefix length or as a range where that goes. */
export function parseAddress(
	word: string,
	context: Pick<ElementContext, "family" | "resolve">,
	may: { readonly range: boolean; readonly net: boolean },
): IpPart | IpSetFault {
	const { family } = context;
	const bits = family === "ipv4" ? 32 : 128;
	const slash = word.indexOf("/");
	if (slash >= 0) {
		const prefix = parseNumber(word.slice(slash + 1), 0, bits);
		if (typeof prefix !== "number") return prefix;
		const plainOnly = family === "ipv4" ? !may.range : !may.net;
		if (plainOnly && prefix !== bits) return syntax(`plain IP address must be supplied: ${word}`);
		const addr = resolved(word.slice(0, slash), context);
		if (isFault(addr)) return addr;
		return { kind: "ip", addr: addr.addr, ...(prefix === bits ? {} : { prefix }) };
	}
	const dash = word.indexOf("-");
	if (dash > 0 && dash < word.length - 1) {
		if (family === "ipv6" && may.net) return syntax(`IP address or IP/cidr must be specified: ${word}`);
		if (family === "ipv6" || !may.range) return syntax(`plain IP address must be supplied: ${word}`);
		const from = resolved(word.slice(0, dash), context);
		if (isFault(from)) return from;
		const to = resolved(word.slice(dash + 1), context);
		return isFault(to) ? to : { kind: "ip", addr: from.addr, to: to.addr };
	}
	const addr = resolved(word, context);
	return isFault(addr) ? addr : { kind: "ip", addr: addr.addr };
}

function resolved(
	text: string,
	{ family, resolve }: Pick<ElementContext, "family" | "resolve">,
): { readonly addr: IpAddr } | IpSetFault {
	const addr = family === "ipv4" ? inetAton(text) : ipv6(text);
	const found = addr ?? resolve?.(text, family);
	if (found !== undefined) return { addr: found };
	const name = family === "ipv4" ? "IPv4" : "IPv6";
	return syntax(`cannot parse ${text}: resolving to ${name} address failed`);
}

function ipv6(text: string): IpAddr | undefined {
	const parsed = parseIp(text);
	return parsed.ok && parsed.value.includes(":") ? parsed.value : undefined;
}

/** `test` and some types take one element only. */
function checkRanges(parts: readonly IpSetPart[], { type, family, command }: ElementContext): IpSetFault | undefined {
	const which = family === "ipv4" ? "inet" : "inet6";
	const isOne = command === "test" || type.name === "hash:ip,mac";
	if (!isOne) return undefined;
	const not = (what: string): IpSetFault =>
		refusal(`${what} is not allowed in command ${command} with set type ${type.name} and family ${which}`);
	for (const [at, part] of parts.entries()) {
		if (part.kind === "port" && part.to !== undefined) return not("FROM-TO port range");
		if (part.kind !== "ip") continue;
		if (part.to !== undefined) return not("FROM-TO IP range");
		if (part.prefix !== undefined && type.dims[at] === "ip" && !type.testsNets) return not("IP/CIDR range");
	}
	return undefined;
}
