/** `ip addr` and `ip -br addr`, for the devices of one namespace. */
import type { Addr, Link } from "../kernel/objects.ts";
import { familyOf, formatCidr } from "../wire/addr.ts";
import { briefStart, linkHead } from "./ip-link.ts";

/** All devices with their addresses, with line ends. */
export function formatIpAddr(links: readonly Link[], addrs: readonly Addr[]): string {
	return links.map((link) => `${linkHead(link, links, "")}${addrsOf(link, addrs).map(addrLines).join("")}`).join("");
}

/** One line for each device, with line ends. */
export function formatIpAddrBrief(links: readonly Link[], addrs: readonly Addr[]): string {
	return links
		.map(
			(link) =>
				`${briefStart(link, links)}${addrsOf(link, addrs)
					.map((addr) => `${formatCidr(addr.addr)} `)
					.join("")}\n`,
		)
		.join("");
}

/** IPv4 first. */
function addrsOf(link: Link, addrs: readonly Addr[]): readonly Addr[] {
	const own = addrs.filter((addr) => addr.dev === link.name);
	return [
		...own.filter((addr) => familyOf(addr.addr.addr) === "ipv4"),
		...own.filter((addr) => familyOf(addr.addr.addr) === "ipv6"),
	];
}

function addrLines(addr: Addr): string {
	const isIpv4 = familyOf(addr.addr.addr) === "ipv4";
	const broadcast = addr.broadcast === undefined ? "" : `brd ${addr.broadcast} `;
	const secondary = addr.secondary === true ? "secondary " : "";
	return (
		`    ${isIpv4 ? "inet" : "inet6"} ${formatCidr(addr.addr)} ${broadcast}scope ${addr.scope ?? "global"} ` +
		`${secondary}${isIpv4 ? addr.dev : ""}\n       valid_lft forever preferred_lft forever\n`
	);
}
