/**
 * iptables objects: chains, rules, matches, targets. Rules are data first and text last.
 *
 * The order of `matches` is the order in which `iptables-save` prints them and the kernel evaluates them: header matches
 * (source, destination, in, out, protocol, fragment) first, then the `-m` extensions as loaded.
 */
import type { Cidr } from "../wire/addr.ts";
import type { PacketMatch } from "./xt-matches.ts";
import type { ManglingTarget, TrackingTarget } from "./xt-targets.ts";

export type TableName = "raw" | "mangle" | "nat" | "filter" | "security";
export type HookName = "PREROUTING" | "INPUT" | "FORWARD" | "OUTPUT" | "POSTROUTING";

export const TABLE_NAMES: readonly TableName[] = ["raw", "mangle", "nat", "filter", "security"];
export const HOOK_NAMES: readonly HookName[] = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];

/** The built-in chains of each table, in hook order. */
export const BUILTIN_CHAINS: Readonly<Record<TableName, readonly HookName[]>> = {
	raw: ["PREROUTING", "OUTPUT"],
	mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
	nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
	filter: ["INPUT", "FORWARD", "OUTPUT"],
	security: ["INPUT", "FORWARD", "OUTPUT"],
};

export interface Counters {
	readonly packets: number;
	readonly bytes: number;
}

/** Who made a rule and for what; carried beside the rule, never printed by iptables-save. */
export interface RuleOrigin {
	readonly by: "kube-proxy" | "cni" | "flannel" | "calico" | "user";
	/** What the rule is for, e.g. `Service default/myapp` or `Pod default/client`. */
	readonly for: string;
}

export interface Rule {
	readonly matches: readonly Match[];
	readonly target: Target;
	readonly counters?: Counters;
	readonly origin?: RuleOrigin;
}

export interface Chain {
	readonly name: string;
	/** Built-in chains only. */
	readonly policy?: "accept" | "drop";
	readonly counters?: Counters;
	readonly rules: readonly Rule[];
}

/** One table of one family, chains in the order of the text (built-in ones included). */
export interface Table {
	readonly name: TableName;
	readonly chains: readonly Chain[];
}

export interface PortRange {
	readonly from: number;
	readonly to: number;
}

interface Invertible {
	/** `!` before the option. */
	readonly invert?: true;
}

export type CtState = "INVALID" | "NEW" | "RELATED" | "ESTABLISHED" | "UNTRACKED" | "SNAT" | "DNAT";
export type CtStatus = "NONE" | "EXPECTED" | "SEEN_REPLY" | "ASSURED" | "CONFIRMED";
export type AddrType =
	| "UNSPEC"
	| "UNICAST"
	| "LOCAL"
	| "BROADCAST"
	| "ANYCAST"
	| "MULTICAST"
	| "BLACKHOLE"
	| "UNREACHABLE"
	| "PROHIBIT";

export interface Inverted<T> extends Invertible {
	readonly value: T;
}

/** `-s`, `-d`: the network, host bits cleared. */
export interface NetMatch<K extends string> extends Invertible {
	readonly kind: K;
	readonly net: Cidr;
}

/** `-i`, `-o`: a name, or a prefix written with a trailing `+`. */
export interface InterfaceMatch<K extends string> extends Invertible {
	readonly kind: K;
	readonly name: string;
}

/** `-p`: the protocol's number; 0 is never stored (it means no match). */
export interface ProtocolMatch extends Invertible {
	readonly kind: "protocol";
	readonly proto: number;
}

/** `-f`. */
export interface FragmentMatch extends Invertible {
	readonly kind: "fragment";
}

export interface CommentMatch {
	readonly kind: "comment";
	readonly text: string;
}

export interface TcpMatch {
	readonly kind: "tcp";
	readonly sport?: Inverted<PortRange>;
	readonly dport?: Inverted<PortRange>;
	/** `--tcp-flags mask comp`, bits as in `wire/tcp.ts`; `--syn` is FIN,SYN,RST,ACK / SYN. */
	readonly flags?: Inverted<{ readonly mask: number; readonly comp: number }>;
	readonly option?: Inverted<number>;
}

export interface UdpMatch {
	readonly kind: "udp";
	readonly sport?: Inverted<PortRange>;
	readonly dport?: Inverted<PortRange>;
}

export interface SctpMatch {
	readonly kind: "sctp";
	readonly sport?: Inverted<PortRange>;
	readonly dport?: Inverted<PortRange>;
}

/** `--icmp-type`; type 255 is `any`. Without `code` every code of the type matches. */
export interface IcmpMatch extends Invertible {
	readonly kind: "icmp" | "icmp6";
	readonly type: number;
	readonly code?: number;
}

export interface ConntrackMatch {
	readonly kind: "conntrack";
	readonly state?: Inverted<readonly CtState[]>;
	readonly proto?: Inverted<number>;
	readonly origSrc?: Inverted<Cidr>;
	readonly origDst?: Inverted<Cidr>;
	readonly replSrc?: Inverted<Cidr>;
	readonly replDst?: Inverted<Cidr>;
	readonly origSport?: Inverted<PortRange>;
	readonly origDport?: Inverted<PortRange>;
	readonly replSport?: Inverted<PortRange>;
	readonly replDport?: Inverted<PortRange>;
	readonly status?: Inverted<readonly CtStatus[]>;
	readonly expireSeconds?: Inverted<PortRange>;
	readonly dir?: "ORIGINAL" | "REPLY";
}

/** The older `-m state --state`. */
export interface StateMatch extends Invertible {
	readonly kind: "state";
	readonly states: readonly CtState[];
}

/** `--mark value/mask`. */
export interface MarkMatch extends Invertible {
	readonly kind: "mark";
	readonly value: number;
	readonly mask: number;
}

export interface AddrTypeMatch {
	readonly kind: "addrtype";
	readonly srcType?: Inverted<readonly AddrType[]>;
	readonly dstType?: Inverted<readonly AddrType[]>;
	readonly limitIface?: "in" | "out";
}

export interface StatisticRandomMatch extends Invertible {
	readonly kind: "statistic";
	readonly mode: "random";
	/** The kernel's fixed-point form: round(p × 2^31). */
	readonly probability31: number;
}

export interface StatisticNthMatch extends Invertible {
	readonly kind: "statistic";
	readonly mode: "nth";
	readonly every: number;
	readonly packet: number;
}

export type SetDirection = "src" | "dst";

/** A set, and for each component of its elements which side of the packet it is compared with. */
export interface SetReference {
	readonly set: string;
	/** One to six; those beyond the set's components are not looked at. */
	readonly dirs: readonly SetDirection[];
}

/** A condition on an element's counter; only `eq` can be inverted (`ne`). */
export interface SetCounterMatch {
	readonly op: "eq" | "ne" | "lt" | "gt";
	readonly value: number;
}

export interface SetMatch extends Invertible, SetReference {
	readonly kind: "set";
	readonly returnNomatch?: true;
	/** `! --update-counters` / `! --update-subcounters`. */
	readonly noUpdateCounters?: true;
	readonly noUpdateSubcounters?: true;
	readonly packets?: SetCounterMatch;
	readonly bytes?: SetCounterMatch;
}

export interface MultiportMatch extends Invertible {
	readonly kind: "multiport";
	readonly which: "sports" | "dports" | "ports";
	readonly ports: readonly PortRange[];
}

export interface RecentMatch extends Invertible {
	readonly kind: "recent";
	readonly action: "set" | "rcheck" | "update" | "remove";
	readonly seconds?: number;
	readonly reap?: true;
	readonly hitcount?: number;
	readonly rttl?: true;
	readonly name: string;
	/** The mask applied to the address, as an address of the family. */
	readonly mask: string;
	readonly side: "rsource" | "rdest";
}

export interface NfacctMatch {
	readonly kind: "nfacct";
	readonly name: string;
}

/** `--limit`: `avg` is the kernel's number, in 1/10000 s per packet. */
export interface LimitMatch {
	readonly kind: "limit";
	readonly avg: number;
	readonly burst: number;
}

export interface PhysdevMatch {
	readonly kind: "physdev";
	readonly in?: Inverted<string>;
	readonly out?: Inverted<string>;
	readonly isIn?: Inverted<true>;
	readonly isOut?: Inverted<true>;
	readonly isBridged?: Inverted<true>;
}

/** `-m ipvs`: the packet belongs to an IPVS connection, of this kind. `ipvs` stands alone; the others imply it. */
export interface IpvsMatch {
	readonly kind: "ipvs";
	readonly ipvs?: Inverted<true>;
	readonly proto?: Inverted<number>;
	/** Host bits are kept. */
	readonly vaddr?: Inverted<Cidr>;
	readonly vport?: Inverted<number>;
	readonly dir?: "ORIGINAL" | "REPLY";
	readonly method?: Inverted<"GATE" | "IPIP" | "MASQ">;
	readonly vportctl?: Inverted<number>;
}

/** A match that podwire does not model: kept word by word, refused when loaded into the simulated kernel. */
export interface UnknownMatch {
	readonly kind: "unknown-match";
	/** The module's name after `-m`. */
	readonly name: string;
	/** Its options as printed, without `-m name`. */
	readonly text: string;
}

export type Match =
	| NetMatch<"source">
	| NetMatch<"destination">
	| InterfaceMatch<"in-interface">
	| InterfaceMatch<"out-interface">
	| ProtocolMatch
	| FragmentMatch
	| CommentMatch
	| TcpMatch
	| UdpMatch
	| SctpMatch
	| IcmpMatch
	| ConntrackMatch
	| StateMatch
	| MarkMatch
	| AddrTypeMatch
	| StatisticRandomMatch
	| StatisticNthMatch
	| SetMatch
	| MultiportMatch
	| RecentMatch
	| NfacctMatch
	| LimitMatch
	| PhysdevMatch
	| IpvsMatch
	| PacketMatch
	| UnknownMatch;

export type MatchKind = Match["kind"];

export type RejectWith =
	| "icmp-net-unreachable"
	| "icmp-host-unreachable"
	| "icmp-proto-unreachable"
	| "icmp-port-unreachable"
	| "icmp-net-prohibited"
	| "icmp-host-prohibited"
	| "icmp-admin-prohibited"
	| "tcp-reset"
	| "icmp6-no-route"
	| "icmp6-adm-prohibited"
	| "icmp6-addr-unreachable"
	| "icmp6-port-unreachable";

/** `--to-destination` / `--to-source`: an address range and a port range, either may be missing. */
export interface NatRange {
	readonly minAddr?: string;
	readonly maxAddr?: string;
	readonly minPort?: number;
	readonly maxPort?: number;
	/** `port-range/base` shifts ports. */
	readonly basePort?: number;
}

export type Target =
	/** No `-j`: the rule only counts. */
	| { readonly kind: "none" }
	| { readonly kind: "accept" }
	| { readonly kind: "drop" }
	| { readonly kind: "return" }
	| { readonly kind: "jump"; readonly chain: string }
	| { readonly kind: "goto"; readonly chain: string }
	| { readonly kind: "reject"; readonly with: RejectWith }
	| { readonly kind: "dnat"; readonly to: NatRange; readonly random?: true; readonly persistent?: true }
	| {
			readonly kind: "snat";
			readonly to: NatRange;
			readonly random?: true;
			readonly randomFully?: true;
			readonly persistent?: true;
	  }
	| { readonly kind: "masquerade"; readonly toPorts?: PortRange; readonly random?: true; readonly randomFully?: true }
	| { readonly kind: "redirect"; readonly toPorts?: PortRange; readonly random?: true }
	/** `--set-xmark value/mask`: mark = (mark & ~mask) ^ value. */
	| { readonly kind: "mark"; readonly value: number; readonly mask: number }
	| {
			readonly kind: "log";
			readonly prefix?: string;
			/** syslog level 0–7; 4 (warning) is the default and not printed. */
			readonly level: number;
			readonly tcpSequence?: true;
			readonly tcpOptions?: true;
			readonly ipOptions?: true;
			readonly uid?: true;
			readonly macdecode?: true;
	  }
	| TrackingTarget
	| ManglingTarget
	| {
			readonly kind: "set";
			readonly add?: SetReference;
			/** An element that is there gets its timeout anew. */
			readonly exist?: true;
			/** Seconds. */
			readonly timeout?: number;
			readonly del?: SetReference;
			readonly map?: SetReference;
			readonly mapMark?: true;
			readonly mapPrio?: true;
			readonly mapQueue?: true;
	  }
	/** A target that podwire does not model: kept word by word, refused when loaded into the simulated kernel. */
	| { readonly kind: "unknown-target"; readonly name: string; readonly text: string };

export type TargetKind = Target["kind"];
