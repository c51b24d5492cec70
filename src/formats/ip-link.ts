/** `ip link` and `ip -br link`, for the devices of one namespace. */
import type { Link } from "../kernel/objects.ts";
import { type Field, field, fieldIf, fieldsText, textOnly } from "./fields.ts";
import { linkDetails } from "./ip-link-details.ts";
import { lowerName, tunnelAddressFields } from "./ip-link-kind.ts";
import { linkStats } from "./ip-link-stats.ts";

const NO_MAC = "00:00:00:00:00:00";

/** How a veth names its other end. */
export interface PeerName {
	/** What stands behind the `@`: a device of the same namespace, or `ifN`; absent: nothing does. */
	readonly at?: string;
	/** The other end is in another namespace: its name, where it has one, and its number. */
	readonly netns?: string;
	readonly netnsId?: number;
}

export interface LinkListing {
	/** `ip link` and `ip addr` print the same device a little differently. */
	readonly of?: "link" | "addr";
	/** 1 for -s, 2 for -s -s. */
	readonly stats?: 0 | 1 | 2;
	/** -h, and with -iec. */
	readonly human?: "si" | "iec";
	/** -d. */
	readonly details?: boolean;
	/** Without the hardware's line, as `ip -4 addr`. */
	readonly firstLineOnly?: boolean;
	/** Absent: the namespace is called what the port calls it. */
	readonly peer?: (link: Link) => PeerName;
}

/** All devices, with line ends; with `stats` as `ip -s link`. */
export function formatIpLink(links: readonly Link[], options: { readonly stats?: boolean } = {}): string {
	const listing: LinkListing = { stats: options.stats === true ? 1 : 0 };
	return links.map((link) => fieldsText(linkFields(link, links, listing))).join("");
}

/** One line for each device, with line ends. */
export function formatIpLinkBrief(links: readonly Link[]): string {
	return links.map((link) => fieldsText(briefLinkFields(link, links))).join("");
}

/** A device as `ip link` prints it, with line ends. `links` are all devices of the namespace. */
export function linkFields(link: Link, links: readonly Link[], listing: LinkListing = {}): readonly Field[] {
	const master = link.master ?? "";
	const state = operState(link, links);
	return [
		...linkStart(link, links, listing),
		field(`mtu ${link.mtu ?? 1500} `, "mtu", link.mtu ?? 1500),
		field(`qdisc ${qdiscOf(link)} `, "qdisc", qdiscOf(link)),
		...fieldIf(master !== "", `master ${master} `, "master", master),
		field(`state ${state} `, "operstate", state),
		...fieldIf(listing.of !== "addr", "mode DEFAULT ", "linkmode", "DEFAULT"),
		field("group default ", "group", "default"),
		field(`qlen ${link.txQueueLength ?? 1000}`, "txqlen", link.txQueueLength ?? 1000),
		...(listing.firstLineOnly === true ? [] : hardwareFields(link, links, listing)),
		textOnly("\n"),
		...(listing.stats === undefined || listing.stats === 0 ? [] : linkStats(link.stats, listing.stats, listing.human)),
	];
}

function hardwareFields(link: Link, links: readonly Link[], listing: LinkListing): readonly Field[] {
	const kind = link.link;
	const type = kind?.type === "loopback" || kind?.type === "ipip" ? kind.type : "ether";
	const peer = peerName(link, listing);
	return [
		field(`\n    link/${type} `, "link_type", type),
		...(kind?.type === "ipip"
			? tunnelAddressFields(kind)
			: [
					field(link.mac ?? NO_MAC, "address", link.mac ?? NO_MAC),
					field(` brd ${broadcastOf(link)}`, "broadcast", broadcastOf(link)),
				]),
		...netnsFields(peer),
		...(listing.details === true
			? linkDetails(link, links, {
					of: listing.of ?? "link",
					kind: link.link?.type !== "veth" || peer.at !== undefined,
				})
			: []),
		...(link.alias === undefined ? [] : [field(`\n    alias ${link.alias}`, "ifalias", link.alias)]),
	];
}

/** Number, name and flags, as `ip link` and `bridge link` begin a device with. */
export function linkStart(link: Link, links: readonly Link[], listing: LinkListing = {}): readonly Field[] {
	const peer = peerName(link, listing);
	const at = peer.at === undefined ? "" : `@${peer.at}`;
	const isElsewhere = peer.netns !== undefined || peer.netnsId !== undefined;
	const flags = linkFlags(link, links);
	return [
		field(`${link.ifindex ?? 0}: `, "ifindex", link.ifindex ?? 0),
		...fieldIf(peer.at !== undefined && !isElsewhere, "", "link", peer.at === "NONE" ? null : (peer.at ?? "")),
		...fieldIf(peer.at !== undefined && isElsewhere, "", "link_index", link.peerIfindex ?? 0),
		field(`${link.name}${at}: `, "ifname", link.name),
		field(`<${flags.join(",")}> `, "flags", flags),
	];
}

/** A device as `ip -br link` prints it, with the line end. */
export function briefLinkFields(link: Link, links: readonly Link[], listing: LinkListing = {}): readonly Field[] {
	const flags = linkFlags(link, links);
	const address = link.link?.type === "ipip" ? (link.link.local ?? "0.0.0.0") : (link.mac ?? NO_MAC);
	return [
		...briefStart(link, links, listing),
		field(`${address} `, "address", address),
		field(`<${flags.join(",")}> \n`, "flags", flags),
	];
}

/** Name and state, padded, as the brief listings begin a line. */
export function briefStart(link: Link, links: readonly Link[], listing: LinkListing = {}): readonly Field[] {
	const peer = peerName(link, listing);
	const name = peer.at === undefined ? link.name : `${link.name}@${peer.at}`;
	const isElsewhere = peer.netns !== undefined || peer.netnsId !== undefined;
	const state = operState(link, links);
	return [
		...fieldIf(peer.at !== undefined && !isElsewhere, "", "link", peer.at === "NONE" ? null : (peer.at ?? "")),
		...fieldIf(peer.at !== undefined && isElsewhere, "", "link_index", link.peerIfindex ?? 0),
		field(`${name.padEnd(16)} `, "ifname", link.name),
		field(`${state.padEnd(14)} `, "operstate", state),
	];
}

/** Flags of the device as `ip` names them, in its order. */
export function linkFlags(link: Link, links: readonly Link[]): readonly string[] {
	const isUp = link.up === true;
	const type = link.link?.type;
	const peer = lowerHere(link);
	const isTunnel = type === "ipip";
	const flags: readonly (readonly [string, boolean])[] = [
		["NO-CARRIER", isUp && link.carrier !== true],
		["LOOPBACK", type === "loopback"],
		["BROADCAST", type !== "loopback" && !isTunnel],
		["POINTOPOINT", link.link?.type === "ipip" && link.link.remote !== undefined],
		["MULTICAST", type !== "loopback" && type !== "dummy" && !isTunnel],
		["NOARP", type === "dummy" || isTunnel],
		["PROMISC", link.promisc === true],
		["UP", isUp],
		["LOWER_UP", isUp && link.carrier === true],
		["M-DOWN", peer !== undefined && links.some((other) => other.name === peer && other.up !== true)],
	];
	return flags.filter(([, isSet]) => isSet).map(([name]) => name);
}

/** RFC 2863 operational state: only devices that know their carrier say UP. */
function operState(link: Link, links: readonly Link[]): string {
	if (link.up !== true) return "DOWN";
	if (link.carrier !== true) return lowerHere(link) !== undefined ? "LOWERLAYERDOWN" : "DOWN";
	const type = link.link?.type;
	if (type === "veth" || type === "vlan" || type === "macvlan") return "UP";
	return link.link?.type === "bridge" && links.some((port) => port.master === link.name) ? "UP" : "UNKNOWN";
}

function qdiscOf(link: Link): string {
	return link.qdisc ?? (link.up === true ? "noqueue" : "noop");
}

function broadcastOf(link: Link): string {
	return link.link?.type === "loopback" ? NO_MAC : "ff:ff:ff:ff:ff:ff";
}

function peerName(link: Link, listing: LinkListing): PeerName {
	if (listing.peer !== undefined) return listing.peer(link);
	return defaultPeerName(link);
}

/** A device of the same namespace by its name, one of another by its number there. */
export function defaultPeerName(link: Link): PeerName {
	const lower = lowerName(link.link);
	if (lower !== undefined && lower !== "") return { at: lower };
	if (lower === "") return { at: `if${link.peerIfindex ?? 0}`, netnsId: link.peerNetnsId ?? 0 };
	if (link.link?.type !== "veth") return {};
	const { peer, peerNetns } = link.link;
	return peerNetns === undefined ? { at: peer } : { at: `if${link.peerIfindex ?? 0}`, netns: peerNetns };
}

function netnsFields(peer: PeerName): readonly Field[] {
	if (peer.at === undefined || (peer.netns === undefined && peer.netnsId === undefined)) return [];
	const text = peer.netns === undefined ? `link-netnsid ${peer.netnsId}` : `link-netns ${peer.netns}`;
	return [field(` ${text}`, "link_netnsid", peer.netnsId ?? 0)];
}

/** The device of the same namespace that this one hangs on: a veth's peer, a VLAN's parent, a tunnel's device. */
function lowerHere({ link }: Link): string | undefined {
	if (link?.type === "veth") return link.peerNetns === undefined ? link.peer : undefined;
	const lower = lowerName(link);
	return lower === "" || lower === "NONE" ? undefined : lower;
}
