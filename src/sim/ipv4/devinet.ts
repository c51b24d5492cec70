/**
 * What IPv4 keeps per device (net/ipv4/devinet.c): addresses, and `net.ipv4.conf` as numbers that packets read. The
 * numbers are effective ones: `all` and the device's own are already put together as Linux does for each setting.
 */
import type { Scope } from "../../kernel/objects.ts";
import type { IpNum } from "../../wire/addr.ts";
import { RT_SCOPE } from "../state/fib-table.ts";
import { deviceKey, sysctls } from "../sysctl.ts";
import { type NetDevice, type Netns, perdevice, pernet } from "../types.ts";

/** One address of a device (`struct in_ifaddr`). */
export interface InIfaddr {
	readonly local: number;
	readonly prefix: number;
	readonly broadcast: number | undefined;
	readonly scope: Scope;
	/** Absent: the device's name. */
	readonly label?: string;
	/** Another address of the same network came first. */
	readonly secondary: boolean;
}

/** How `all` and the device's value make the effective one. */
type Combine = "device" | "or" | "and" | "max";

/** `net.ipv4.conf` of a device, as effective numbers. */
export interface InDeviceConf {
	forwarding: number;
	rpFilter: number;
	routeLocalnet: number;
	acceptLocal: number;
	srcValidMark: number;
	proxyArp: number;
	proxyArpPvlan: number;
	arpIgnore: number;
	arpAnnounce: number;
	arpFilter: number;
	arpNotify: number;
	arpAccept: number;
	sendRedirects: number;
	acceptRedirects: number;
	sharedMedia: number;
	logMartians: number;
	bcForwarding: number;
	promoteSecondaries: number;
	ignoreRoutesWithLinkdown: number;
	dropUnicastInL2Multicast: number;
}

type ConfName = keyof InDeviceConf;

/** Each setting: its leaf under `net.ipv4.conf.DEV`, how it is combined, its default. */
const CONF: Readonly<Record<ConfName, readonly [leaf: string, how: Combine, value: number]>> = {
	forwarding: ["forwarding", "device", 0],
	rpFilter: ["rp_filter", "max", 0],
	routeLocalnet: ["route_localnet", "or", 0],
	acceptLocal: ["accept_local", "or", 0],
	srcValidMark: ["src_valid_mark", "or", 0],
	proxyArp: ["proxy_arp", "or", 0],
	proxyArpPvlan: ["proxy_arp_pvlan", "or", 0],
	arpIgnore: ["arp_ignore", "max", 0],
	arpAnnounce: ["arp_announce", "max", 0],
	arpFilter: ["arp_filter", "or", 0],
	arpNotify: ["arp_notify", "max", 0],
	arpAccept: ["arp_accept", "max", 0],
	sendRedirects: ["send_redirects", "or", 1],
	acceptRedirects: ["accept_redirects", "or", 1],
	sharedMedia: ["shared_media", "or", 1],
	logMartians: ["log_martians", "or", 0],
	bcForwarding: ["bc_forwarding", "and", 0],
	promoteSecondaries: ["promote_secondaries", "or", 0],
	ignoreRoutesWithLinkdown: ["ignore_routes_with_linkdown", "device", 0],
	dropUnicastInL2Multicast: ["drop_unicast_in_l2_multicast", "or", 0],
};

const CONF_NAMES = Object.keys(CONF) as readonly ConfName[];

/** The prefix of the settings' keys. */
export const CONF_PREFIX = "net.ipv4.conf";

/** The settings' leaves and their defaults, as text, for registration. */
export const CONF_DEFAULTS: Readonly<Record<string, string>> = Object.fromEntries(
	CONF_NAMES.map((name) => [CONF[name][0], String(CONF[name][2])]),
);

/** `struct in_device`. Addresses are in the order in which `ip addr` lists them. */
export interface InDevice extends InDeviceConf {
	readonly dev: NetDevice;
	addrs: readonly InIfaddr[];
}

/** A device's IPv4 configuration; the object stays the same, its numbers follow the sysctls. */
export const inDev: (dev: NetDevice) => InDevice = perdevice((dev) => {
	const made: InDevice = {
		dev,
		addrs: [],
		forwarding: 0,
		rpFilter: 0,
		routeLocalnet: 0,
		acceptLocal: 0,
		srcValidMark: 0,
		proxyArp: 0,
		proxyArpPvlan: 0,
		arpIgnore: 0,
		arpAnnounce: 0,
		arpFilter: 0,
		arpNotify: 0,
		arpAccept: 0,
		sendRedirects: 0,
		acceptRedirects: 0,
		sharedMedia: 0,
		logMartians: 0,
		bcForwarding: 0,
		promoteSecondaries: 0,
		ignoreRoutesWithLinkdown: 0,
		dropUnicastInL2Multicast: 0,
	};
	refreshInDev(made);
	return made;
});

/** Reads all settings of a device anew. */
export function refreshInDev(target: InDevice): void {
	if (!sysctls(target.dev.netns).values.wrote(`${CONF_PREFIX}.`)) {
		Object.assign(target, UNTOUCHED);
		return;
	}
	const head = deviceKey(CONF_PREFIX, target.dev.name, "");
	for (const setting of SETTINGS) refreshSetting(target, setting, head);
}

/** Reads the setting of a leaf anew, and what depends on it; a leaf that is no setting changes nothing. */
export function refreshInDevLeaf(target: InDevice, leaf: string): void {
	const settings = SETTINGS_OF.get(leaf);
	if (settings === undefined) return;
	const head = deviceKey(CONF_PREFIX, target.dev.name, "");
	for (const setting of settings) refreshSetting(target, setting, head);
}

interface Setting {
	readonly name: ConfName;
	readonly leaf: string;
	readonly how: Combine;
	readonly value: number;
	/** Its key under `all`. */
	readonly allKey: string;
}

/** In the order of the table: `forwarding` comes before `acceptRedirects`, which depends on it. */
const SETTINGS: readonly Setting[] = CONF_NAMES.map((name) => {
	const [leaf, how, value] = CONF[name];
	return { name, leaf, how, value, allKey: `${CONF_PREFIX}.all.${leaf}` };
});

/** Those that depend on a leaf, in the order of the table. */
const SETTINGS_OF: ReadonlyMap<string, readonly Setting[]> = new Map(
	SETTINGS.map(({ leaf }) => [
		leaf,
		SETTINGS.filter((other) => other.leaf === leaf || (leaf === "forwarding" && other.name === "acceptRedirects")),
	]),
);

/** With the values that every namespace has in the beginning. */
const UNTOUCHED: Readonly<Partial<InDeviceConf>> = Object.fromEntries(
	SETTINGS.map(({ name, how, value }) => [name, combine(how, value, value)]),
);

/** `head` is the beginning of the device's keys. */
function refreshSetting(target: InDevice, { name, leaf, how, value, allKey }: Setting, head: string): void {
	const { values } = sysctls(target.dev.netns);
	const all = numberOf(values.get(allKey), value);
	const own = numberOf(values.getOf(head, leaf), value);
	// A router does not follow redirects unless both say so.
	const isRouters = name === "acceptRedirects" && target.forwarding !== 0;
	target[name] = combine(isRouters ? "and" : how, all, own);
}

function numberOf(text: string | undefined, otherwise: number): number {
	return text === undefined ? otherwise : Number.parseInt(text, 10) || 0;
}

/** Every IPv4 address of the namespace, with the devices that have it (`inet_addr_lst`). */
export const inetAddrs: (netns: Netns) => Map<number, readonly NetDevice[]> = pernet(() => new Map());

/** Whether `addr` is in the network of the interface address (`inet_ifa_match`). */
export function ifaContains(ifa: InIfaddr, addr: number): boolean {
	return ifa.prefix === 0 || (addr ^ ifa.local) >>> (32 - ifa.prefix) === 0;
}

/** Whether `addr`, and `other` with it, is in one network of the device (`inet_addr_onlink`). */
export function inetAddrOnlink(dev: NetDevice, addr: number, other?: number): boolean {
	return inDev(dev).addrs.some(
		(ifa) => !ifa.secondary && ifaContains(ifa, addr) && (other === undefined || ifaContains(ifa, other)),
	);
}

/**
 * The source address for packets that leave by `dev` towards `dst` (0: any): the first primary address of the network that
 * contains `dst`, else the first primary one, else one of another device. Addresses nearer than `scope` do not count;
 * undefined: the host has none.
 */
export function inetSelectAddr(dev: NetDevice, dst: IpNum, scope: Scope): IpNum | undefined {
	if (typeof dst !== "number") throw new Error("inet_select_addr: not an IPv4 address");
	const limit = RT_SCOPE[scope];
	const own = inDev(dev);
	const localnet = own.routeLocalnet === 0 ? RT_SCOPE.nowhere : RT_SCOPE.link;
	let first: number | undefined;
	for (const ifa of own.addrs) {
		if (ifa.secondary || Math.min(RT_SCOPE[ifa.scope], localnet) > limit) continue;
		if (dst === 0 || ifaContains(ifa, dst)) return ifa.local;
		first ??= ifa.local;
	}
	if (first !== undefined) return first;
	for (const other of dev.netns.devices.values()) {
		for (const ifa of inDev(other).addrs) {
			if (!ifa.secondary && ifa.scope !== "link" && RT_SCOPE[ifa.scope] <= limit) return ifa.local;
		}
	}
	return undefined;
}

function combine(how: Combine, all: number, own: number): number {
	if (how === "device") return own;
	if (how === "max") return Math.max(all, own);
	return how === "or" ? all | own : all & own;
}
