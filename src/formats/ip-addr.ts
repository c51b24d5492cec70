/** `ip addr` and `ip -br addr`, for the devices of one namespace. */
import type { Addr, Link } from "../kernel/objects.ts";
import { familyOf, formatCidr } from "../wire/addr.ts";
import { type Field, field, fieldIf, fieldsText, textOnly } from "./fields.ts";
import { briefStart, linkFields } from "./ip-link.ts";

/** All devices with their addresses, with line ends. */
export function formatIpAddr(links: readonly Link[], addrs: readonly Addr[]): string {
	return links
		.map((link) => {
			const head = fieldsText(linkFields(link, links, { of: "addr" }));
			return `${head}${addrsOf(link, addrs)
				.map((addr) => fieldsText(addrFields(addr)))
				.join("")}`;
		})
		.join("");
}

/** One line for each device, with line ends. */
export function formatIpAddrBrief(links: readonly Link[], addrs: readonly Addr[]): string {
	return links
		.map((link) => {
			const own = addrsOf(link, addrs).map((addr) => fieldsText(briefAddrFields(addr)));
			return `${fieldsText(briefStart(link, links))}${own.join("")}\n`;
		})
		.join("");
}

/** The device's addresses, IPv4 first. */
export function addrsOf(link: Link, addrs: readonly Addr[]): readonly Addr[] {
	const own = addrs.filter((addr) => addr.dev === link.name);
	return [
		...own.filter((addr) => familyOf(addr.addr.addr) === "ipv4"),
		...own.filter((addr) => familyOf(addr.addr.addr) === "ipv6"),
	];
}

/** An address as `ip addr` prints it, two lines. */
export function addrFields(addr: Addr): readonly Field[] {
	const isIpv4 = familyOf(addr.addr.addr) === "ipv4";
	const family = isIpv4 ? "inet" : "inet6";
	const scope = addr.scope ?? "global";
	return [
		field(`    ${family} `, "family", family),
		field(formatCidr(addr.addr), "local", addr.addr.addr),
		field(" ", "prefixlen", addr.addr.prefix),
		...(addr.broadcast === undefined ? [] : [field(`brd ${addr.broadcast} `, "broadcast", addr.broadcast)]),
		field(`scope ${scope} `, "scope", scope),
		...fieldIf(addr.secondary === true, "secondary ", "secondary", true),
		...fieldIf(isIpv4, addr.label ?? addr.dev, "label", addr.label ?? addr.dev),
		textOnly("\n       "),
		field("valid_lft forever ", "valid_life_time", FOREVER),
		field("preferred_lft forever", "preferred_life_time", FOREVER),
		textOnly("\n"),
	];
}

export function briefAddrFields(addr: Addr): readonly Field[] {
	return [field(`${formatCidr(addr.addr)} `, "local", addr.addr.addr), field("", "prefixlen", addr.addr.prefix)];
}

const FOREVER = 0xffffffff;
