/** Addresses and prefixes as iproute2 takes them: short forms of IPv4, netmasks, `default`. */
import { addrBits, type Cidr, familyOf, type IpAddr, ip, parseIp } from "../../../wire/addr.ts";
import { ToolExit } from "../tool-exit.ts";
import type { IpFamilyOption } from "./options.ts";

export interface PrefixWord extends Cidr {
	/** A length or mask was written. */
	readonly hasLength: boolean;
	/** `default`, `any` or `all`. */
	readonly isDefault: boolean;
}

/** `10.1/16`, `10.0.0.0/255.0.0.0`, `default`; a bare address gets the full length. */
export function prefixArgument(text: string, family: IpFamilyOption): PrefixWord {
	const found = parsePrefixWord(text, family);
	if (found === undefined) {
		throw new ToolExit(1, `Error: ${familyWord(family)} prefix is expected rather than "${text}".\n`);
	}
	return found;
}

export function addressArgument(text: string, family: IpFamilyOption): IpAddr {
	const found = parseAddressWord(text, family);
	if (found === undefined) {
		throw new ToolExit(1, `Error: ${familyWord(family)} address is expected rather than "${text}".\n`);
	}
	return found;
}

export function parsePrefixWord(text: string, family: IpFamilyOption): PrefixWord | undefined {
	if (text === "default" || text === "any" || text === "all") {
		return { addr: ip(family === "inet6" ? "::" : "0.0.0.0"), prefix: 0, hasLength: false, isDefault: true };
	}
	const slash = text.indexOf("/");
	const addr = parseAddressWord(slash < 0 ? text : text.slice(0, slash), family);
	if (addr === undefined) return undefined;
	if (slash < 0) return { addr, prefix: addrBits(addr), hasLength: false, isDefault: false };
	const prefix = lengthOf(text.slice(slash + 1), addr);
	return prefix === undefined ? undefined : { addr, prefix, hasLength: true, isDefault: false };
}

/** An IPv4 address may leave out its last parts: `10` is 10.0.0.0. */
export function parseAddressWord(text: string, family: IpFamilyOption): IpAddr | undefined {
	const parts = text.split(".");
	const isShort = /^[0-9.]+$/.test(text) && parts.length <= 4 && parts.every((part) => part !== "");
	const padded = isShort ? [...parts.map((part) => String(Number(part))), "0", "0", "0"].slice(0, 4).join(".") : text;
	const parsed = parseIp(padded);
	if (!parsed.ok) return undefined;
	const isIpv6 = familyOf(parsed.value) === "ipv6";
	return (family === "inet" && isIpv6) || (family === "inet6" && !isIpv6) ? undefined : parsed.value;
}

function lengthOf(text: string, addr: IpAddr): number | undefined {
	if (/^\d+$/.test(text)) return Number(text) <= addrBits(addr) ? Number(text) : undefined;
	const mask = familyOf(addr) === "ipv4" ? parseIp(text) : undefined;
	if (mask?.ok !== true) return undefined;
	const bits = mask.value
		.split(".")
		.map((part) => Number(part).toString(2).padStart(8, "0"))
		.join("");
	return /^1*0*$/.test(bits) ? bits.replaceAll("0", "").length : undefined;
}

function familyWord(family: IpFamilyOption): string {
	if (family === "inet" || family === "inet6") return family;
	return "any valid";
}
