/** The sysctls of IPv4, and the coupling of `ip_forward` with the devices' `forwarding` (net/ipv4/devinet.c). */
import { deviceKey, registerDeviceSysctls, registerSysctls, sysctls } from "../sysctl.ts";
import { type Machine, type Netns, pernet } from "../types.ts";
import { CONF_DEFAULTS, CONF_PREFIX, inDev, refreshInDev, refreshInDevLeaf } from "./devinet.ts";
import { fibOf } from "./fib.ts";

/** Settings of a namespace, as numbers that packets read. */
export interface InetConf {
	ipDefaultTtl: number;
	icmpRatelimit: number;
	icmpRatemask: number;
	icmpMsgsPerSec: number;
	icmpMsgsBurst: number;
	icmpEchoIgnoreAll: number;
	icmpEchoIgnoreBroadcasts: number;
	icmpErrorsUseInboundIfaddr: number;
	fibMultipathHashPolicy: number;
	ipfragTimeSeconds: number;
	ipForwardUsePmtu: number;
	ipNoPmtuDisc: number;
	mtuExpiresSeconds: number;
	minPmtu: number;
}

/** The key of each, and its default. */
const NUMBERS: Readonly<Record<keyof InetConf, readonly [key: string, value: number]>> = {
	ipDefaultTtl: ["net.ipv4.ip_default_ttl", 64],
	icmpRatelimit: ["net.ipv4.icmp_ratelimit", 1000],
	icmpRatemask: ["net.ipv4.icmp_ratemask", 6168],
	icmpMsgsPerSec: ["net.ipv4.icmp_msgs_per_sec", 1000],
	icmpMsgsBurst: ["net.ipv4.icmp_msgs_burst", 50],
	icmpEchoIgnoreAll: ["net.ipv4.icmp_echo_ignore_all", 0],
	icmpEchoIgnoreBroadcasts: ["net.ipv4.icmp_echo_ignore_broadcasts", 1],
	icmpErrorsUseInboundIfaddr: ["net.ipv4.icmp_errors_use_inbound_ifaddr", 0],
	fibMultipathHashPolicy: ["net.ipv4.fib_multipath_hash_policy", 0],
	ipfragTimeSeconds: ["net.ipv4.ipfrag_time", 30],
	ipForwardUsePmtu: ["net.ipv4.ip_forward_use_pmtu", 0],
	ipNoPmtuDisc: ["net.ipv4.ip_no_pmtu_disc", 0],
	mtuExpiresSeconds: ["net.ipv4.route.mtu_expires", 600],
	minPmtu: ["net.ipv4.route.min_pmtu", 552],
};

const NUMBER_KEYS: ReadonlySet<string> = new Set(Object.values(NUMBERS).map(([key]) => key));

/** Settings per device that change nothing here; they are kept because scripts write them. */
const INERT_CONF: Readonly<Record<string, string>> = {
	accept_source_route: "1",
	arp_evict_nocarrier: "1",
	bootp_relay: "0",
	disable_policy: "0",
	disable_xfrm: "0",
	drop_gratuitous_arp: "0",
	force_igmp_version: "0",
	igmpv2_unsolicited_report_interval: "10000",
	igmpv3_unsolicited_report_interval: "1000",
	mc_forwarding: "0",
	medium_id: "0",
	secure_redirects: "1",
	tag: "0",
};

const DEVICE_DEFAULTS: Readonly<Record<string, string>> = { ...CONF_DEFAULTS, ...INERT_CONF };
const FORBIDDEN: Readonly<Record<string, string>> = { [`${CONF_PREFIX}.all.accept_source_route`]: "0" };

const IP_FORWARD = "net.ipv4.ip_forward";
const NUMBER_DEFAULTS: Readonly<Record<string, string>> = Object.fromEntries([
	[IP_FORWARD, "0"],
	...Object.values(NUMBERS).map(([key, value]) => [key, String(value)] as const),
]);
const ALL_FORWARDING = `${CONF_PREFIX}.all.forwarding`;
const ALL_ACCEPT_REDIRECTS = `${CONF_PREFIX}.all.accept_redirects`;

/** The namespace's numbers; the object stays the same and follows `setSysctl`. */
export const inetConf: (netns: Netns) => InetConf = pernet((netns) => {
	const conf: InetConf = {
		ipDefaultTtl: 0,
		icmpRatelimit: 0,
		icmpRatemask: 0,
		icmpMsgsPerSec: 0,
		icmpMsgsBurst: 0,
		icmpEchoIgnoreAll: 0,
		icmpEchoIgnoreBroadcasts: 0,
		icmpErrorsUseInboundIfaddr: 0,
		fibMultipathHashPolicy: 0,
		ipfragTimeSeconds: 0,
		ipForwardUsePmtu: 0,
		ipNoPmtuDisc: 0,
		mtuExpiresSeconds: 0,
		minPmtu: 0,
	};
	refreshInetConf(netns, conf);
	return conf;
});

/** Registers the keys and keeps the numbers current. */
export function registerInetSysctls(machine: Machine): void {
	registerSysctls(machine, NUMBER_DEFAULTS);
	registerDeviceSysctls(machine, CONF_PREFIX, DEVICE_DEFAULTS);
	// Linux allows it for devices and forbids it for all.
	registerSysctls(machine, FORBIDDEN);
	machine.onNetnsCreated.push((netns) => {
		sysctls(netns).listeners.push((key, value) => onChange(netns, key, value));
	});
}

/** Policies 2 (what is inside a tunnel) and 3 (`fib_multipath_hash_fields`) are not modelled; there are no others. */
export function hashPolicyFault(key: string, value: string): "EINVAL" | "EOPNOTSUPP" | undefined {
	if (key !== NUMBERS.fibMultipathHashPolicy[0]) return undefined;
	const policy = Number(value);
	if (policy === 0 || policy === 1) return undefined;
	return policy === 2 || policy === 3 ? "EOPNOTSUPP" : "EINVAL";
}

/** Whether writing the key writes others too. */
export function isForwardSysctl(key: string): boolean {
	return key === IP_FORWARD || key === ALL_FORWARDING;
}

/** Those that it writes. */
export function keysOfForwarding(netns: Netns): readonly string[] {
	const own = [...netns.devices.values()].map((dev) => deviceKey(CONF_PREFIX, dev.name, "forwarding"));
	return [IP_FORWARD, ALL_FORWARDING, `${CONF_PREFIX}.default.forwarding`, ALL_ACCEPT_REDIRECTS, ...own];
}

function onChange(netns: Netns, key: string, value: string): void {
	if (!key.startsWith("net.ipv4.")) return;
	if (isForwardSysctl(key)) inetForwardChange(netns, value);
	else if (key.startsWith(`${CONF_PREFIX}.`)) refreshScope(netns, key.slice(CONF_PREFIX.length + 1));
	else if (NUMBER_KEYS.has(key)) refreshInetConf(netns, inetConf(netns));
	fibOf(netns).changed();
}

/** `all.forwarding` and `ip_forward` are one; writing it writes every device, and turns redirects off on a router. */
function inetForwardChange(netns: Netns, value: string): void {
	const { values } = sysctls(netns);
	const on = Number.parseInt(value, 10) !== 0;
	values.set(IP_FORWARD, value);
	values.set(ALL_FORWARDING, value);
	values.set(`${CONF_PREFIX}.default.forwarding`, value);
	values.set(ALL_ACCEPT_REDIRECTS, on ? "0" : "1");
	for (const dev of netns.devices.values()) {
		values.set(deviceKey(CONF_PREFIX, dev.name, "forwarding"), value);
		refreshInDevLeaf(inDev(dev), "forwarding");
	}
}

/** `rest` is what follows the prefix: `eth0.rp_filter`, or `eth0.` for all settings of a new device. */
function refreshScope(netns: Netns, rest: string): void {
	const dot = rest.lastIndexOf(".");
	const scope = rest.slice(0, dot).replaceAll("/", ".");
	const leaf = rest.slice(dot + 1);
	if (scope === "all") for (const dev of netns.devices.values()) refreshInDevLeaf(inDev(dev), leaf);
	const dev = netns.devicesByName.get(scope);
	if (dev !== undefined && leaf === "") refreshInDev(inDev(dev));
	else if (dev !== undefined) refreshInDevLeaf(inDev(dev), leaf);
}

function refreshInetConf(netns: Netns, conf: InetConf): void {
	const { values } = sysctls(netns);
	for (const name of Object.keys(NUMBERS) as (keyof InetConf)[]) {
		const [key, fallback] = NUMBERS[name];
		conf[name] = Number.parseInt(values.get(key) ?? "", 10);
		if (Number.isNaN(conf[name])) conf[name] = fallback;
	}
}
