/** The types of devices that `ip link` can make and change, and their own words. */
import type { Link, LinkKind } from "../../../kernel/objects.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import {
	type MacvlanWords,
	macvlanWords,
	type VlanWords,
	type VxlanWords,
	vlanWords,
	vxlanWords,
} from "./kind-words.ts";
import { type LinkWords, parseLinkWords } from "./link-words.ts";
import type { IpRun } from "./run.ts";
import { type IpipKind, ipipWords } from "./tunnel-words.ts";
import { BRIDGE_SLAVE_USAGE, BRIDGE_USAGE } from "./usage.ts";
import { invalid, matches, parseUnsigned, Words } from "./words.ts";

/** What followed `type TYPE` in `ip link add`. */
export interface TypeWords {
	/** The other end of a veth. */
	readonly peer?: LinkWords;
	readonly bridge?: BridgeSettings;
	readonly vxlan?: VxlanWords;
	readonly vlan?: VlanWords;
	readonly macvlan?: MacvlanWords;
	readonly ipip?: IpipKind;
}

type BridgeSettings = Omit<Extract<LinkKind, { readonly type: "bridge" }>, "type" | "idMac">;

export async function parseTypeWords(run: IpRun, type: string, words: Words): Promise<TypeWords> {
	if (type === "bridge") return { bridge: bridgeWords(words) };
	if (type === "veth") return { peer: await vethWords(run, words) };
	if (type === "vxlan") return { vxlan: await vxlanWords(run, words, true) };
	if (type === "vlan") return { vlan: vlanWords(words) };
	if (type === "macvlan") return { macvlan: macvlanWords(words) };
	if (type === "ipip") return { ipip: await ipipWords(run, words) };
	if (type === "dummy") {
		const word = words.take();
		if (word !== undefined) throw new ToolExit(255, `dummy: unknown option "${word}"?\n`);
		return {};
	}
	if (OTHER_TYPES.includes(type)) throw notModelled(`a device of type ${type}`);
	throw new ToolExit(2, "Error: Unknown device type.\n");
}

/** The kind for the port, of a device on `lower`. `end` is the device's namespace, the peer's name, and the namespace of whoever asks. */
export function createsType(
	type: string,
	made: TypeWords,
	end: { readonly netns: string; readonly name: string; readonly current: string; readonly lower: string | undefined },
): LinkKind {
	const { lower: parent } = end;
	if (made.ipip !== undefined) return made.ipip;
	if (made.vxlan !== undefined) {
		const { id, ...settings } = made.vxlan;
		if (id === undefined) missing("Required attributes not provided to perform the operation");
		return { type: "vxlan", id, ...settings };
	}
	if (made.macvlan !== undefined) {
		if (parent === undefined) throw new ToolExit(2, "RTNETLINK answers: Invalid argument\n");
		return { type: "macvlan", parent, ...made.macvlan };
	}
	if (made.vlan !== undefined) {
		const { id } = made.vlan;
		if (Object.keys(made.vlan).length === 0) missing("8021q: VLAN properties not specified");
		if (parent === undefined) missing("8021q: link not specified");
		if (id === undefined) missing("8021q: VLAN id not specified");
		return { type: "vlan", parent, ...made.vlan, id };
	}
	if (type === "bridge") return { type: "bridge", ...made.bridge };
	if (made.peer === undefined) return { type: "dummy" };
	const peerNetns = made.peer.netns ?? end.current;
	if (peerNetns === "") throw new ToolExit(2, "RTNETLINK answers: No such process\n");
	return {
		type: "veth",
		peer: end.name,
		...(peerNetns === end.netns ? {} : { peerNetns }),
		...(made.peer.mac === undefined ? {} : { peerMac: made.peer.mac }),
	};
}

function missing(what: string): never {
	throw new ToolExit(2, `Error: ${what}.\n`);
}

/** Reads `type TYPE …` of `ip link set`; the result gives the attributes for the device it is about. */
export async function setTypeWords(run: IpRun, type: string, words: Words): Promise<(link: Link) => Partial<Link>> {
	if (type === "bridge_slave") {
		const port = portWords(words);
		return () => ({ port });
	}
	if (type === "vxlan") {
		const vxlan = await vxlanWords(run, words, false);
		return ({ link }) =>
			link?.type === type ? { link: { type, ...vxlan, id: vxlan.id ?? link.id } } : refuseType(type);
	}
	if (type === "macvlan") {
		const macvlan = macvlanWords(words);
		return ({ link }) => (link?.type === type ? { link: { ...link, ...macvlan } } : refuseType(type));
	}
	if (type === "ipip") {
		const ipip = await ipipWords(run, words);
		return ({ link }) => (link?.type === type ? { link: ipip } : refuseType(type));
	}
	if (type !== "bridge") return (link) => (link.link?.type === type ? {} : refuseType(type));
	const bridge = bridgeWords(words);
	if (Object.keys(bridge).length === 0) return () => ({});
	return (link) => (link.link?.type === "bridge" ? { link: { type: "bridge", ...bridge } } : refuseType(type));
}

/** Linux says nothing to a type it has never heard of. */
function refuseType(type: string): Partial<Link> {
	if (!["bridge", "veth", "dummy", "vxlan", "vlan", "macvlan", "ipip"].includes(type)) return {};
	throw new ToolExit(2, "RTNETLINK answers: Operation not supported\n");
}

async function vethWords(run: IpRun, words: Words): Promise<LinkWords> {
	const word = words.take();
	if (word !== undefined && word !== "peer") {
		throw new ToolExit(
			1,
			"",
			"Usage: ip link <options> type veth [peer <options>]\nTo get <options> type 'ip link add help'\n",
		);
	}
	const peer = await parseLinkWords(run, word === undefined ? new Words([]) : words);
	if (peer.dev !== undefined && peer.name !== undefined) {
		throw new ToolExit(255, 'both "name" and "dev" cannot be used when creating devices.\n');
	}
	return { ...peer, name: peer.name ?? peer.dev };
}

const OTHER_TYPES = [
	"amt",
	"bareudp",
	"bond",
	"can",
	"dsa",
	"erspan",
	"geneve",
	"gre",
	"gretap",
	"gtp",
	"ifb",
	"ip6gre",
	"ip6gretap",
	"ip6tnl",
	"ipoib",
	"ipvlan",
	"ipvtap",
	"macsec",
	"macvtap",
	"netdevsim",
	"nlmon",
	"sit",
	"team",
	"tun",
	"vcan",
	"virt_wifi",
	"vrf",
	"vti",
	"wireguard",
	"xfrm",
];

/** Settings that podwire knows only at the value they start with. */
const BRIDGE_FIXED: Readonly<Record<string, number>> = {
	forward_delay: 1500,
	hello_time: 200,
	max_age: 2000,
	priority: 32768,
	group_fwd_mask: 0,
	no_linklocal_learn: 0,
	mcast_snooping: 1,
	mcast_vlan_snooping: 0,
	mcast_router: 1,
	mcast_query_use_ifaddr: 0,
	mcast_querier: 0,
	mcast_stats_enabled: 0,
	mcast_igmp_version: 2,
	mcast_mld_version: 1,
	nf_call_ip6tables: 0,
	nf_call_arptables: 0,
};

function bridgeWords(words: Words): BridgeSettings {
	let settings: BridgeSettings = {};
	for (let word = words.take(); word !== undefined; word = words.take()) {
		if (matches(word, "ageing_time")) {
			settings = { ...settings, ageingTimeSeconds: bridgeNumber("ageing_time", words.argument()) / 100 };
		} else if (matches(word, "stp_state")) {
			settings = { ...settings, stp: bridgeNumber("stp_state", words.argument()) !== 0 };
		} else if (matches(word, "nf_call_iptables")) {
			settings = { ...settings, nfCallIptables: bridgeNumber("nf_call_iptables", words.argument()) !== 0 };
		} else if (matches(word, "vlan_filtering")) {
			settings = { ...settings, vlanFiltering: bridgeNumber("vlan_filtering", words.argument()) !== 0 };
		} else if (matches(word, "vlan_default_pvid")) {
			settings = { ...settings, vlanDefaultPvid: bridgeNumber("default pvid", words.argument()) };
		} else {
			const name = Object.keys(BRIDGE_FIXED).find((each) => matches(word, each));
			if (name === undefined) throw new ToolExit(word === "help" ? 255 : 1, unknownBridgeWord(word));
			const value = bridgeNumber(name, words.argument());
			// Without STP a port forwards at once, whatever the delay.
			const isInert = name === "forward_delay" && value <= 3000;
			if (!isInert && value !== BRIDGE_FIXED[name]) throw notModelled(`bridge setting ${name} ${value}`);
		}
	}
	return settings;
}

function unknownBridgeWord(word: string): string {
	return word === "help" ? BRIDGE_USAGE : `bridge: unknown command "${word}"?\n${BRIDGE_USAGE}`;
}

function bridgeNumber(name: string, text: string): number {
	return parseUnsigned(text) ?? invalid(text, `invalid ${name}`);
}

function portWords(words: Words): NonNullable<Link["port"]> {
	const port: Record<string, boolean> = {};
	for (let word = words.take(); word !== undefined; word = words.take()) {
		const name = MODELLED_PORT_FLAGS.find((each) => matches(word, each));
		if (name === undefined) {
			const other = OTHER_PORT_WORDS.find((each) => matches(word, each));
			if (other !== undefined) throw notModelled(`bridge port setting ${other}`);
			throw new ToolExit(1, `bridge_slave: unknown option "${word}"?\n${BRIDGE_SLAVE_USAGE}`);
		}
		port[name] = portSwitch(name, words.argument());
	}
	return port;
}

/** The switches of a port that podwire models. */
export const MODELLED_PORT_FLAGS = ["hairpin", "learning", "flood", "isolated"] as const;

export const OTHER_PORT_WORDS: readonly string[] = [
	"fdb_flush",
	"state",
	"priority",
	"cost",
	"guard",
	"fastleave",
	"root_block",
	"learning_sync",
	"proxy_arp",
	"proxy_arp_wifi",
	"mcast_router",
	"mcast_fast_leave",
	"mcast_flood",
	"bcast_flood",
	"mcast_to_unicast",
	"group_fwd_mask",
	"neigh_suppress",
	"vlan_tunnel",
	"locked",
	"hwmode",
	"backup_port",
	"nobackup_port",
];

export function portSwitch(name: string, word: string, code = 1): boolean {
	if (word === "on" || word === "off") return word === "on";
	throw new ToolExit(code, `Error: argument of "${name}" must be one of "off", "on", not "${word}"\n`);
}
