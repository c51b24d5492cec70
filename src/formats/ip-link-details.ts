/**
 * What `ip -d link` adds to a device. Settings that podwire does not model are printed with the values that the kernel
 * starts with; running timers read 0.00.
 */
import type { Link, LinkKind } from "../kernel/objects.ts";
import { type Field, field, fieldsJson, JsonNumber, textOnly } from "./fields.ts";
import { isFallbackTunnel, kindFields, lowerName, mtuBounds } from "./ip-link-kind.ts";

export interface LinkDetailListing {
	readonly of: "link" | "addr";
	/** Says what kind of device it is; not of one that stands for a network card. */
	readonly kind: boolean;
}

/** Follows the addresses of the device, without a line end. */
export function linkDetails(link: Link, links: readonly Link[], { of, kind }: LinkDetailListing): readonly Field[] {
	const type = kind ? link.link?.type : undefined;
	const [minMtu, maxMtu] = mtuBounds(link.link);
	const isPort = portBridge(link, links) !== undefined;
	const queues = type === "veth" ? 2 : 1;
	const hasAddrGen = of === "link" && !(isFallbackTunnel(link.link) && link.qdisc === "noop");
	return [
		number("promiscuity", "promiscuity", link.promiscuity ?? 0, " promiscuity"),
		number("allmulti", "allmulti", isPort ? 1 : 0, " allmulti"),
		number("minmtu", "min_mtu", minMtu),
		number("maxmtu", "max_mtu", maxMtu),
		...linkinfo(link, links, type),
		...(hasAddrGen ? [field("addrgenmode eui64 ", "inet6_addr_gen_mode", "eui64")] : []),
		number("numtxqueues", "num_tx_queues", queues),
		number("numrxqueues", "num_rx_queues", queues),
		number("gso_max_size", "gso_max_size", 65536),
		number("gso_max_segs", "gso_max_segs", 65535),
		number("tso_max_size", "tso_max_size", tsoMaxSize(link, links)),
		number("tso_max_segs", "tso_max_segs", 65535),
		number("gro_max_size", "gro_max_size", 65536),
	];
}

/** What a device can pass on in one piece: as much as the one it stands on. */
function tsoMaxSize(link: Link, links: readonly Link[]): number {
	const kind = link.link;
	const lower = kind?.type === "vxlan" ? kind.dev : lowerName(kind);
	const found = links.find(({ name }) => name === lower);
	if (found !== undefined && kind?.type !== "ipip") return tsoMaxSize(found, links);
	const hasPorts = links.some((port) => port.master === link.name);
	const isSmall = kind?.type === "dummy" || kind?.type === "ipip" || kind?.type === "vxlan";
	return isSmall || (kind?.type === "bridge" && !hasPorts) ? 65536 : 524280;
}

/** The settings of a bridge port as `bridge -d link` and `ip -d link` name them. */
export function portFlags(link: Link): readonly Field[] {
	const { hairpin = false, learning = true, flood = true } = link.port ?? {};
	return [
		onOff("hairpin", "hairpin", hairpin),
		onOff("guard", "guard", false),
		onOff("root_block", "root_block", false),
		onOff("fastleave", "fastleave", false),
		onOff("learning", "learning", learning),
		onOff("flood", "flood", flood),
	];
}

export function onOff(name: string, key: string, value: boolean): Field {
	return field(`${name} ${value ? "on" : "off"} `, key, value);
}

/** `8000.2:0:0:0:0:b1`: the parts without leading zeros. */
export function bridgeId(bridge: Link | undefined): string {
	const id = bridge?.link?.type === "bridge" ? (bridge.link.idMac ?? bridge.mac) : undefined;
	const parts = (id ?? "00:00:00:00:00:00").split(":").map((part) => Number.parseInt(part, 16).toString(16));
	return `8000.${parts.join(":")}`;
}

function linkinfo(link: Link, links: readonly Link[], type: LinkKind["type"] | undefined): readonly Field[] {
	const bridge = portBridge(link, links);
	const own = type === "bridge" ? bridgeFields(link) : type === undefined ? [] : kindFields(link.link);
	const port = bridge === undefined ? [] : portFields(link, bridge);
	const kind = type === undefined || type === "loopback" ? [] : [field(`\n    ${type} `, "info_kind", type)];
	if (kind.length === 0 && port.length === 0) return [];
	const slave = bridge === undefined ? [] : [field("\n    bridge_slave ", "info_slave_kind", "bridge")];
	const texts = [...kind, ...own, ...slave, ...port].map(({ text }) => text);
	const value = {
		...fieldsJson(kind),
		...(own.length === 0 ? {} : { info_data: fieldsJson(own) }),
		...fieldsJson(slave),
		...(port.length === 0 ? {} : { info_slave_data: fieldsJson(port) }),
	};
	return [{ text: texts.join(""), key: "linkinfo", value }];
}

function bridgeFields(link: Link): readonly Field[] {
	const bridge = link.link?.type === "bridge" ? link.link : undefined;
	const id = bridgeId(link);
	return [
		number("forward_delay", "forward_delay", 1500),
		number("hello_time", "hello_time", 200),
		number("max_age", "max_age", 2000),
		number("ageing_time", "ageing_time", Math.round((bridge?.ageingTimeSeconds ?? 300) * 100)),
		number("stp_state", "stp_state", bridge?.stp === true ? 1 : 0),
		number("priority", "priority", 32768),
		number("vlan_filtering", "vlan_filtering", bridge?.vlanFiltering === true ? 1 : 0),
		...(bridge?.vlanFiltering === true ? [field("vlan_protocol 802.1Q ", "vlan_protocol", "802.1Q")] : []),
		field(`bridge_id ${id} `, "bridge_id", id),
		field(`designated_root ${id} `, "root_id", id),
		...ZEROS.map((name) => number(name, name, 0)),
		...TIMERS.map((name) => timer(name)),
		...(bridge?.vlanFiltering === true ? vlanFields(bridge.vlanDefaultPvid ?? 1) : []),
		field("group_fwd_mask 0 ", "group_fwd_mask", "0"),
		field("group_address 01:80:c2:00:00:00 ", "group_addr", "01:80:c2:00:00:00"),
		...MULTICAST.map(([name, key, value]) => number(name, key, value)),
		number("nf_call_iptables", "nf_call_iptables", bridge?.nfCallIptables === true ? 1 : 0),
		number("nf_call_ip6tables", "nf_call_ip6tables", 0),
		number("nf_call_arptables", "nf_call_arptables", 0),
	];
}

/** Only kernels with VLAN filtering say this; the simulated one is one as soon as it is used. */
function vlanFields(defaultPvid: number): readonly Field[] {
	return [
		number("vlan_default_pvid", "vlan_default_pvid", defaultPvid),
		number("vlan_stats_enabled", "vlan_stats_enabled", 0),
		number("vlan_stats_per_port", "vlan_stats_per_port", 0),
	];
}

const ZEROS = ["root_port", "root_path_cost", "topology_change", "topology_change_detected"];
const TIMERS = ["hello_timer", "tcn_timer", "topology_change_timer", "gc_timer"];
const MULTICAST: readonly (readonly [name: string, key: string, value: number])[] = [
	["mcast_snooping", "mcast_snooping", 1],
	["no_linklocal_learn", "no_linklocal_learn", 0],
	["mcast_vlan_snooping", "mcast_vlan_snooping", 0],
	["mcast_router", "mcast_router", 1],
	["mcast_query_use_ifaddr", "mcast_query_use_ifaddr", 0],
	["mcast_querier", "mcast_querier", 0],
	["mcast_hash_elasticity", "mcast_hash_elasticity", 16],
	["mcast_hash_max", "mcast_hash_max", 4096],
	["mcast_last_member_count", "mcast_last_member_cnt", 2],
	["mcast_startup_query_count", "mcast_startup_query_cnt", 2],
	["mcast_last_member_interval", "mcast_last_member_intvl", 100],
	["mcast_membership_interval", "mcast_membership_intvl", 26000],
	["mcast_querier_interval", "mcast_querier_intvl", 25500],
	["mcast_query_interval", "mcast_query_intvl", 12500],
	["mcast_query_response_interval", "mcast_query_response_intvl", 1000],
	["mcast_startup_query_interval", "mcast_startup_query_intvl", 3124],
	["mcast_stats_enabled", "mcast_stats_enabled", 0],
	["mcast_igmp_version", "mcast_igmp_version", 2],
	["mcast_mld_version", "mcast_mld_version", 1],
];

function portFields(link: Link, bridge: Link): readonly Field[] {
	const { state = "disabled", number: portNumber = 1, isolated = false } = link.port ?? {};
	const id = bridgeId(bridge);
	return [
		field(`state ${state} `, "state", state),
		number("priority", "priority", 32),
		number("cost", "cost", 2),
		...portFlags(link),
		field(`port_id 0x${(0x8000 + portNumber).toString(16)} `, "id", `0x${(0x8000 + portNumber).toString(16)}`),
		field(`port_no 0x${portNumber.toString(16)} `, "no", `0x${portNumber.toString(16)}`),
		number("designated_port", "designated_port", 0x8000 + portNumber),
		number("designated_cost", "designated_cost", 0),
		field(`designated_bridge ${id} `, "bridge_id", id),
		field(`designated_root ${id} `, "root_id", id),
		timer("hold_timer"),
		timer("message_age_timer"),
		timer("forward_delay_timer"),
		number("topology_change_ack", "topology_change_ack", 0),
		number("config_pending", "config_pending", 0),
		onOff("proxy_arp", "proxy_arp", false),
		onOff("proxy_arp_wifi", "proxy_arp_wifi", false),
		number("mcast_router", "multicast_router", 1),
		// Only the text has it: the JSON's key is taken by "fastleave".
		textOnly("mcast_fast_leave off "),
		onOff("mcast_flood", "mcast_flood", true),
		onOff("bcast_flood", "bcast_flood", true),
		onOff("mcast_to_unicast", "mcast_to_unicast", false),
		onOff("neigh_suppress", "neigh_suppress", false),
		field("group_fwd_mask 0 ", "group_fwd_mask", "0"),
		field("group_fwd_mask_str 0x0 ", "group_fwd_mask_str", "0x0"),
		onOff("vlan_tunnel", "vlan_tunnel", false),
		onOff("isolated", "isolated", isolated),
		onOff("locked", "locked", false),
	];
}

function portBridge(link: Link, links: readonly Link[]): Link | undefined {
	return links.find((each) => each.name === link.master && each.link?.type === "bridge");
}

function number(name: string, key: string, value: number, text: string = name): Field {
	return field(`${text} ${value} `, key, value);
}

function timer(name: string): Field {
	return field(`${name}    0.00 `, name, new JsonNumber("0.00"));
}
