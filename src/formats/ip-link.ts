/** `ip link` and `ip -br link`, for the devices of one namespace. */
import type { Link, LinkStats } from "../kernel/objects.ts";

const NO_MAC = "00:00:00:00:00:00";

/** All devices, with line ends; with `stats` as `ip -s link`. */
export function formatIpLink(links: readonly Link[], options: { readonly stats?: boolean } = {}): string {
	return links
		.map((link) => `${linkHead(link, links, "mode DEFAULT ")}${options.stats === true ? statsLines(link.stats) : ""}`)
		.join("");
}

/** One line for each device, with line ends. */
export function formatIpLinkBrief(links: readonly Link[]): string {
	return links
		.map((link) => `${briefStart(link, links)}${link.mac ?? NO_MAC} <${linkFlags(link, links).join(",")}> \n`)
		.join("");
}

/** The two lines that `ip link` and `ip addr` begin a device with; `mode` is what only `ip link` prints. */
export function linkHead(link: Link, links: readonly Link[], mode: string): string {
	const isLoopback = link.link?.type === "loopback";
	const master = link.master === undefined || link.master === "" ? "" : `master ${link.master} `;
	const qdisc = link.up === true ? "noqueue" : "noop";
	const brd = isLoopback ? NO_MAC : "ff:ff:ff:ff:ff:ff";
	return (
		`${link.ifindex ?? 0}: ${nameAtPeer(link)}: <${linkFlags(link, links).join(",")}> mtu ${link.mtu ?? 1500} ` +
		`qdisc ${qdisc} ${master}state ${operState(link, links)} ${mode}group default qlen 1000\n` +
		`    link/${isLoopback ? "loopback" : "ether"} ${link.mac ?? NO_MAC} brd ${brd}${linkNetns(link)}\n`
	);
}

/** Name and state, padded, as the brief listings begin a line. */
export function briefStart(link: Link, links: readonly Link[]): string {
	return `${nameAtPeer(link).padEnd(16)} ${operState(link, links).padEnd(14)} `;
}

/** `eth0@if3`, with the peer's name when it is in the same namespace. */
function nameAtPeer(link: Link): string {
	if (link.link?.type !== "veth") return link.name;
	return `${link.name}@${link.link.peerNetns === undefined ? link.link.peer : `if${link.peerIfindex ?? 0}`}`;
}

function linkNetns(link: Link): string {
	return link.link?.type === "veth" && link.link.peerNetns !== undefined ? ` link-netns ${link.link.peerNetns}` : "";
}

/** RFC 2863 operational state: only devices that know their carrier say UP. */
function operState(link: Link, links: readonly Link[]): string {
	if (link.up !== true) return "DOWN";
	if (link.carrier !== true) return isLocalVeth(link) ? "LOWERLAYERDOWN" : "DOWN";
	if (link.link?.type === "veth") return "UP";
	return link.link?.type === "bridge" && links.some((port) => port.master === link.name) ? "UP" : "UNKNOWN";
}

function linkFlags(link: Link, links: readonly Link[]): readonly string[] {
	const isUp = link.up === true;
	const type = link.link?.type;
	const peer = link.link?.type === "veth" && isLocalVeth(link) ? link.link.peer : undefined;
	const flags: readonly (readonly [string, boolean])[] = [
		["NO-CARRIER", isUp && link.carrier !== true],
		["LOOPBACK", type === "loopback"],
		["BROADCAST", type !== "loopback"],
		["MULTICAST", type !== "loopback" && type !== "dummy"],
		["NOARP", type === "dummy"],
		["PROMISC", link.promisc === true],
		["UP", isUp],
		["LOWER_UP", isUp && link.carrier === true],
		["M-DOWN", peer !== undefined && links.some((other) => other.name === peer && other.up !== true)],
	];
	return flags.filter(([, isSet]) => isSet).map(([name]) => name);
}

function isLocalVeth(link: Link): boolean {
	return link.link?.type === "veth" && link.link.peerNetns === undefined;
}

function statsLines(stats: LinkStats | undefined): string {
	const rx = [stats?.rxBytes ?? 0, stats?.rxPackets ?? 0, 0, stats?.rxDropped ?? 0, 0, 0];
	const tx = [stats?.txBytes ?? 0, stats?.txPackets ?? 0, 0, stats?.txDropped ?? 0, 0, 0];
	const widths = [10, 7, 6, 7, 7, 7].map((width, k) => Math.max(width, String(rx[k]).length, String(tx[k]).length));
	const row = (words: readonly (string | number)[]): string =>
		words.map((word, k) => `${String(word).padStart(widths[k] ?? 0)} `).join("");
	const heading = (start: string, rest: readonly string[]): string =>
		`    ${start}${row(["bytes", ...rest]).slice(start.length)}${" ".repeat(10)}\n`;
	return (
		`${heading("RX:", ["packets", "errors", "dropped", "missed", "mcast"])}    ${row(rx)}\n` +
		`${heading("TX:", ["packets", "errors", "dropped", "carrier", "collsns"])}    ${row(tx)}\n`
	);
}
