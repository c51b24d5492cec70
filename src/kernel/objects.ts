/** The objects of one network namespace, as values: what a transaction adds, replaces or deletes, and what a dump lists. */
import type { Cidr, IpAddr, IpFamily, MacAddr } from "../wire/addr.ts";
import type { ConntrackEntry } from "./conntrack.ts";
import type { IpSet, IpSetEntry } from "./ipset.ts";
import type { IpvsObject } from "./ipvs.ts";
import type { Counters, Rule, TableName } from "./xtables.ts";

export interface LinkStats {
	readonly rxPackets: number;
	readonly rxBytes: number;
	readonly rxDropped: number;
	readonly txPackets: number;
	readonly txBytes: number;
	readonly txDropped: number;
}

export type LinkKind =
	| { readonly type: "loopback" }
	/** `peerNetns` is a namespace's name as given to `addNetns`; undefined in a request: the same namespace. */
	| { readonly type: "veth"; readonly peer: string; readonly peerNetns?: string; readonly peerMac?: MacAddr }
	| {
			readonly type: "bridge";
			readonly ageingTimeSeconds?: number;
			readonly stp?: boolean;
			/** The bridge's own `nf_call_iptables` attribute; the sysctl works as well. */
			readonly nfCallIptables?: boolean;
			/** Frames stay in their VLAN, see `BridgeVlan`. In a dump only where it is on. */
			readonly vlanFiltering?: boolean;
			/** The VLAN that ports join without tags. Default 1; 0: none. In a dump only of a bridge that tells VLANs apart. */
			readonly vlanDefaultPvid?: number;
			/** In a dump only: the MAC address in the bridge's identifier; zero until there was a port or an address was given. */
			readonly idMac?: MacAddr;
	  }
	| { readonly type: "dummy" }
	| {
			readonly type: "vlan";
			/** The device whose frames are tagged; in a dump "" when it is in another namespace. */
			readonly parent: string;
			/** VLAN ID, 0–4094. */
			readonly id: number;
			/** Default 802.1Q. */
			readonly protocol?: "802.1Q" | "802.1ad";
	  }
	| {
			readonly type: "vxlan";
			/** VNI, 24 bits. */
			readonly id: number;
			/** The device that the outer packets leave by. */
			readonly dev?: string;
			readonly local?: IpAddr;
			/** Where frames for unknown addresses go: one host (`remote`) or a multicast group. */
			readonly remote?: IpAddr;
			readonly group?: IpAddr;
			/** UDP destination port. Default 8472, as Linux; the standard's is 4789. */
			readonly port?: number;
			readonly learning?: boolean;
			/** Of the outer packets; absent or 0: Linux chooses. */
			readonly ttl?: number;
			/** Outer UDP source ports, by a hash of the inner flow: from `low` to before `high`; absent: net.ipv4.ip_local_port_range. */
			readonly sourcePorts?: { readonly low: number; readonly high: number };
			/** Whether outer datagrams have a UDP checksum. Default true. */
			readonly udpChecksum?: boolean;
			/** After this long without a frame from there, what was learnt is forgotten. Default 300. */
			readonly ageingTimeSeconds?: number;
	  }
	/**
	 * IPv4 in IPv4. `tunl0`, both ends open, is the fallback device that appears with the module: adding it is loading the
	 * module, and deleting it does nothing. In a change, 0 (`ttl`) and 0.0.0.0 (an end) open what was set.
	 */
	| {
			readonly type: "ipip";
			readonly local?: IpAddr;
			/** Absent: each packet's next hop. */
			readonly remote?: IpAddr;
			/** Absent or 0: the inner packet's. */
			readonly ttl?: number;
			readonly tos?: number | "inherit";
			/** Outer packets say "don't fragment". Default true; of `tunl0`: false. */
			readonly pmtudisc?: boolean;
			/** The device that outer packets must leave by. */
			readonly dev?: string;
			/** What may be inside, where the kernel knows more than IPv4. Default `any`; `ip tunnel add mode ipip` says `ipip`. */
			readonly mode?: "any" | "ipip";
	  }
	| {
			readonly type: "macvlan";
			/** The device whose frames it shares; in a dump "" when it is in another namespace. */
			readonly parent: string;
			/** Default `vepa`. */
			readonly mode?: MacvlanMode;
	  };

export type MacvlanMode = "private" | "vepa" | "bridge" | "passthru";

export interface BridgePort {
	readonly hairpin?: boolean;
	readonly learning?: boolean;
	readonly flood?: boolean;
	readonly isolated?: boolean;
	/** In a dump only. */
	readonly state?: "disabled" | "forwarding";
	/** In a dump only: the port's number in its bridge, from 1. */
	readonly number?: number;
}

/**
 * A network device. In an `add`, absent fields take the kernel's defaults; in a `replace`, absent fields stay as they are.
 * Moving to another namespace: `replace` with `netns`.
 */
export interface Link {
	readonly kind: "link";
	readonly name: string;
	readonly link?: LinkKind;
	readonly mac?: MacAddr;
	readonly mtu?: number;
	readonly up?: boolean;
	readonly promisc?: boolean;
	/** The bridge this device is a port of; "" removes it from its bridge. */
	readonly master?: string;
	readonly port?: BridgePort;
	/** `replace`: move the device to this namespace. */
	readonly netns?: string;
	/** `replace`: rename the device. */
	readonly newName?: string;
	/** In a dump only. */
	readonly ifindex?: number;
	/** In a dump only: ifindex of a veth's peer, or of the parent of a VLAN or macvlan. */
	readonly peerIfindex?: number;
	/** In a dump only: the cable is plugged in (IFF_LOWER_UP). */
	readonly carrier?: boolean;
	/** A description for people (`ip link set DEV alias`); "" removes it. */
	readonly alias?: string;
	/** Default 1000. */
	readonly txQueueLength?: number;
	/** In a dump only: `noop` until the device is first brought up. */
	readonly qdisc?: string;
	/** In a dump only: how many want every frame (a bridge, captures, the user). */
	readonly promiscuity?: number;
	/** In a dump only: the number by which this namespace knows that of a veth's peer or of the parent. */
	readonly peerNetnsId?: number;
	readonly stats?: LinkStats;
}

export type Scope = "global" | "site" | "link" | "host" | "nowhere";

export interface Addr {
	readonly kind: "addr";
	readonly dev: string;
	/** The interface address with its host bits. */
	readonly addr: Cidr;
	readonly broadcast?: IpAddr;
	readonly scope?: Scope;
	/** Default: the device's name. */
	readonly label?: string;
	/** In a dump only. */
	readonly secondary?: boolean;
}

export type RouteType =
	| "unicast"
	| "local"
	| "broadcast"
	| "multicast"
	| "blackhole"
	| "unreachable"
	| "prohibit"
	| "throw";

/** Routing tables are numbers at the port: local is 255, main 254, default 253. */
export const RT_TABLE_DEFAULT = 253;
export const RT_TABLE_MAIN = 254;
export const RT_TABLE_LOCAL = 255;

export interface NextHop {
	readonly via?: IpAddr;
	readonly dev?: string;
	readonly weight?: number;
	readonly onlink?: boolean;
}

export interface Route {
	readonly kind: "route";
	/** The destination, host bits cleared; `0.0.0.0/0` is the default route. */
	readonly dst: Cidr;
	readonly type?: RouteType;
	readonly table?: number;
	readonly via?: IpAddr;
	readonly dev?: string;
	readonly src?: IpAddr;
	readonly metric?: number;
	readonly scope?: Scope;
	/** `kernel`, `boot`, `static`, `bird`, `dhcp`, … or a number as text. Default `boot`. */
	readonly protocol?: string;
	readonly onlink?: boolean;
	readonly mtu?: number;
	/**
	 * `add`: goes before or behind the routes of the same destination and metric instead of being refused for them
	 * (NLM_F_APPEND); only a route that is the same in all is refused.
	 */
	readonly among?: "first" | "last";
	/** Multipath: then `via` and `dev` are absent. */
	readonly nexthops?: readonly NextHop[];
	/** In a dump only: the device has no carrier. */
	readonly linkdown?: boolean;
}

/** A policy rule (`ip rule`). */
export interface PolicyRule {
	readonly kind: "rule";
	readonly family: IpFamily;
	readonly priority: number;
	readonly not?: boolean;
	readonly from?: Cidr;
	readonly to?: Cidr;
	readonly iif?: string;
	readonly oif?: string;
	readonly fwmark?: { readonly value: number; readonly mask: number };
	readonly table: number;
}

export type NeighState =
	| "NONE"
	| "INCOMPLETE"
	| "REACHABLE"
	| "STALE"
	| "DELAY"
	| "PROBE"
	| "FAILED"
	| "NOARP"
	| "PERMANENT";

export interface Neigh {
	readonly kind: "neigh";
	readonly dev: string;
	readonly addr: IpAddr;
	readonly mac?: MacAddr;
	readonly state?: NeighState;
	/** In a dump only: seconds since it was last confirmed, used and changed, and how often it was asked without answer. */
	readonly ages?: {
		readonly confirmedSeconds: number;
		readonly usedSeconds: number;
		readonly updatedSeconds: number;
		readonly probes: number;
	};
}

/**
 * A VLAN that a bridge port, or the bridge device itself, is in (`bridge vlan`). An `add` of one that is there changes it, as
 * the kernel does.
 */
export interface BridgeVlan {
	readonly kind: "bridge-vlan";
	readonly dev: string;
	/** 1–4094. */
	readonly vid: number;
	/** Frames without a tag are of this VLAN. */
	readonly pvid?: boolean;
	/** Frames of it leave without a tag. */
	readonly untagged?: boolean;
}

/** A forwarding database entry of a bridge port, or with `dst` one of a VXLAN device itself. */
export interface Fdb {
	readonly kind: "fdb";
	readonly dev: string;
	/** VXLAN: `00:00:00:00:00:00` is where everything goes that has no entry of its own. */
	readonly mac: MacAddr;
	/** The VLAN, on a bridge that tells them apart. */
	readonly vlan?: number;
	/** VXLAN: the host behind which the address is. A dump lists each destination of an address by itself. */
	readonly dst?: IpAddr;
	/** VXLAN: UDP port there; absent: the device's. */
	readonly port?: number;
	/** VXLAN: network there; absent: the device's. */
	readonly vni?: number;
	/** VXLAN: the device that outer packets must leave by. */
	readonly via?: string;
	/** `add` (VXLAN, the address of zeros or a group): beside the destinations that the address has already. */
	readonly append?: true;
	/** `permanent` is the port's own address; `static` never ages; absent: learnt. */
	readonly state?: "permanent" | "static";
	/** In a dump only: seconds since last seen. */
	readonly ageSeconds?: number;
}

export interface Sysctl {
	readonly kind: "sysctl";
	/** With dots: `net.ipv4.conf.eth0.rp_filter`; a dot inside a device name is written as a slash. */
	readonly key: string;
	readonly value: string;
}

/** A whole chain: `add` creates it, `replace` creates or overwrites its rules (and policy), `delete` removes it (built-in: flushes). */
export interface XtChain {
	readonly kind: "xt-chain";
	readonly family: IpFamily;
	readonly table: TableName;
	readonly chain: string;
	/** Built-in chains only. */
	readonly policy?: "accept" | "drop";
	readonly rules: readonly Rule[];
	/** `replace` of a chain that exists: its rules stay as they are, and `rules` is not looked at. */
	readonly keepRules?: true;
	/** Of the policy, in a dump. */
	readonly counters?: Counters;
}

/**
 * One rule in a chain that belongs to somebody else (a jump in a built-in chain). `add` inserts it at `position`
 * (1-based; absent: append); adding a rule that is already there changes nothing, unless it may be a `duplicate`.
 * `replace` with a `position` overwrites the rule there, without one it is `add`. `delete` removes the rule at `position`,
 * without one the first equal rule.
 */
export interface XtRule {
	readonly kind: "xt-rule";
	readonly family: IpFamily;
	readonly table: TableName;
	readonly chain: string;
	readonly rule: Rule;
	readonly position?: number;
	/** `add`: as `iptables -A` and `-I`, also where an equal rule is there. */
	readonly duplicate?: true;
}

/** A named nfacct object, which `-m nfacct` needs. */
export interface Nfacct {
	readonly kind: "nfacct";
	readonly name: string;
	readonly counters?: Counters;
}

export type KernelObject =
	| Link
	| Addr
	| Route
	| PolicyRule
	| Neigh
	| Fdb
	| BridgeVlan
	| Sysctl
	| XtChain
	| XtRule
	| Nfacct
	| IpvsObject
	| IpSet
	| IpSetEntry
	| ConntrackEntry;

export type KernelObjectKind = KernelObject["kind"];
