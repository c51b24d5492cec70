/** Which devices and addresses `ip link show`, `ip addr show` and `ip addr flush` mean. */
import type { Addr, Link } from "../../../kernel/objects.ts";
import { cidrContains, familyOf } from "../../../wire/addr.ts";
import { ToolExit } from "../tool-exit.ts";
import { type PrefixWord, prefixArgument } from "./address-words.ts";
import type { IpFamilyOption } from "./options.ts";
import type { IpRun } from "./run.ts";
import { duplicateOrGarbage, invalid, matches, parseUnsigned, type Words } from "./words.ts";

export interface DeviceFilter {
	readonly family: IpFamilyOption;
	readonly dev: string | undefined;
	readonly up: boolean;
	/** "" means: none (`nomaster`). */
	readonly master: string | undefined;
	readonly type: string | undefined;
	readonly group: number | undefined;
	readonly to: PrefixWord | undefined;
	readonly scope: string | undefined;
	readonly label: string | undefined;
	/** `secondary` and the like: the flag and whether it must be set. */
	readonly flags: readonly AddrFlag[];
}

interface AddrFlag {
	readonly name: "secondary" | "permanent" | "dynamic" | "other";
	readonly isSet: boolean;
}

/** Takes all words that are left. */
export async function parseDeviceFilter(run: IpRun, words: Words): Promise<DeviceFilter> {
	let { family } = run.options;
	let [dev, master, type, scope, label]: (string | undefined)[] = [];
	let group: number | undefined;
	let to: PrefixWord | undefined;
	let up = false;
	const flags: AddrFlag[] = [];
	for (let word = words.take(); word !== undefined; word = words.take()) {
		const flag = flagOf(word);
		if (word === "to") {
			to = prefixArgument(words.argument(), family);
			if (family === "any") family = familyOf(to.addr) === "ipv4" ? "inet" : "inet6";
		} else if (word === "scope") scope = scopeArgument(words.argument());
		else if (word === "up") up = true;
		else if (matches(word, "label")) label = words.argument();
		else if (word === "group") group = groupArgument(words.argument());
		else if (word === "master") master = await masterArgument(run, words.argument());
		else if (word === "nomaster") master = "";
		else if (word === "vrf") invalid(words.argument(), "Not a valid VRF name", "\n\n");
		else if (word === "type") type = words.argument();
		else if (flag !== undefined) flags.push(flag);
		else {
			const name = word === "dev" ? words.argument() : word;
			if (dev !== undefined) duplicateOrGarbage("dev", name);
			dev = name;
		}
	}
	if (dev !== undefined && (await run.link(dev)) === undefined) {
		throw new ToolExit(1, `Device "${dev}" does not exist.\n`);
	}
	return { family, dev, up, master, type, group, to, scope, label, flags };
}

/** The kernel itself leaves out what is not of this name, master and type; iproute2 sees the rest. */
export function kernelLists(link: Link, filter: DeviceFilter): boolean {
	return (
		(filter.dev === undefined || link.name === filter.dev) &&
		(filter.master === undefined || filter.master === "" || link.master === filter.master) &&
		(filter.type === undefined || hasType(link, filter.type))
	);
}

/** The device is listed, as far as its addresses do not decide. */
export function linkPasses(link: Link, filter: DeviceFilter): boolean {
	return (
		(filter.dev === undefined || link.name === filter.dev) &&
		(!filter.up || link.up === true) &&
		(filter.master === undefined || (link.master ?? "") === filter.master) &&
		(filter.type === undefined || hasType(link, filter.type)) &&
		(filter.group === undefined || filter.group === 0)
	);
}

export function addrPasses(addr: Addr, filter: DeviceFilter): boolean {
	const family = familyOf(addr.addr.addr) === "ipv4" ? "inet" : "inet6";
	return (
		(filter.family === "any" || filter.family === family) &&
		(filter.to === undefined || cidrContains(filter.to, addr.addr.addr)) &&
		(filter.scope === undefined || filter.scope === (addr.scope ?? "global")) &&
		(filter.label === undefined || glob(filter.label).test(addr.label ?? addr.dev)) &&
		filter.flags.every((flag) => hasFlag(addr, flag))
	);
}

/** Something about addresses was asked, so that devices without a fitting one are left out. */
export function asksForAddresses(filter: DeviceFilter): boolean {
	return (
		filter.family === "inet" ||
		filter.family === "inet6" ||
		filter.to !== undefined ||
		filter.scope !== undefined ||
		filter.label !== undefined ||
		filter.flags.length > 0
	);
}

/** Names of scopes, and numbers for the rest. */
export function scopeArgument(text: string): string {
	const known: Readonly<Record<string, string>> = {
		global: "global",
		nowhere: "nowhere",
		host: "host",
		link: "link",
		site: "site",
		all: "all",
		"0": "global",
		"200": "site",
		"253": "link",
		"254": "host",
		"255": "nowhere",
	};
	const scope = known[text] ?? (parseUnsigned(text, 255) === undefined ? undefined : text);
	return scope ?? invalid(text, "invalid scope value.");
}

function groupArgument(text: string): number {
	return text === "default" ? 0 : (parseUnsigned(text) ?? invalid(text, 'Invalid "group" value', "\n\n"));
}

async function masterArgument(run: IpRun, name: string): Promise<string> {
	return (await run.link(name)) === undefined ? invalid(name, "Device does not exist", "\n\n") : name;
}

function hasType(link: Link, type: string): boolean {
	if (type === "bridge_slave") return link.master !== undefined;
	return link.link?.type === type && type !== "loopback";
}

function flagOf(word: string): AddrFlag | undefined {
	const isSet = !word.startsWith("-");
	const name = isSet ? word : word.slice(1);
	if (name === "primary") return { name: "secondary", isSet: false };
	if (name === "secondary" || name === "permanent" || name === "dynamic") return { name, isSet };
	const others = [
		"temporary",
		"tentative",
		"deprecated",
		"dadfailed",
		"home",
		"nodad",
		"mngtmpaddr",
		"noprefixroute",
		"autojoin",
	];
	return others.includes(name) ? { name: name === "temporary" ? "secondary" : "other", isSet } : undefined;
}

/** All addresses are permanent; of the other flags there are none. */
function hasFlag(addr: Addr, flag: AddrFlag): boolean {
	if (flag.name === "secondary") return (addr.secondary === true) === flag.isSet;
	return (flag.name === "permanent") === flag.isSet;
}

/** A shell pattern of `*` and `?`. */
function glob(pattern: string): RegExp {
	const source = pattern
		.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
		.replaceAll("*", ".*")
		.replaceAll("?", ".");
	return new RegExp(`^${source}$`);
}
