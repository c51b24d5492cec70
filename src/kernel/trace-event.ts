/**
 * What happened to a packet, step by step, as typed data. `fn` is the Linux function's name, so that a trace can be
 * compared with tracers of the real kernel. A packet's path ends in exactly one `deliver`, `consume` or `drop`.
 */
import type { IpAddr, IpFamily, MacAddr } from "../wire/addr.ts";
import type { ConntrackEntry, Tuple } from "./conntrack.ts";
import type { DropReason } from "./drop-reason.ts";
import type { IpvsConnection, IpvsForward, IpvsServiceKey } from "./ipvs.ts";
import type { Neigh, Route } from "./objects.ts";
import type { HookName, Rule, TableName } from "./xtables.ts";

export interface TraceBase {
	/** The packet's number; a copy (flooding, fragments) has its own and names its `parent`. */
	readonly skb: number;
	/** Virtual time in nanoseconds. */
	readonly at: number;
	readonly netns: string;
	/** The Linux function, e.g. `ip_rcv`. */
	readonly fn: string;
}

/** How a rule ended: what happens to the packet next. */
export type RuleOutcome = "continue" | "jump" | "goto" | "return" | "accept" | "drop" | "reject" | "stolen";

export type TraceStep =
	/** A packet came into being here: a local sender, an answer made by the kernel, or a copy. `packet` is L3 (or an ARP frame). */
	| {
			readonly step: "origin";
			readonly what: string;
			readonly parent?: number;
			readonly packet: Uint8Array;
			readonly link: "ip" | "ethernet";
	  }
	/** `dev_queue_xmit`: the frame leaves by a device. `link`: of a device without a link layer, an IP packet. */
	| { readonly step: "transmit"; readonly dev: string; readonly frame: Uint8Array; readonly link?: "ip" }
	/** `__netif_receive_skb`: the frame (or the packet, for a bridge passing it up) came in by a device. */
	| { readonly step: "receive"; readonly dev: string; readonly frame: Uint8Array; readonly link?: "ip" }
	/** A tunnel device put the packet into another one, `child`, which has a journey of its own and names this as its parent. */
	| {
			readonly step: "encap";
			readonly how: "ipip" | "vxlan";
			readonly dev: string;
			readonly child: number;
			readonly src: IpAddr;
			readonly dst: IpAddr;
			/** VXLAN. */
			readonly vni?: number;
			readonly sport?: number;
			readonly dport?: number;
	  }
	/** A tunnel device took the packet inside out of this one: it goes on as `child`. */
	| {
			readonly step: "decap";
			readonly how: "ipip" | "vxlan";
			readonly dev: string;
			readonly child: number;
			readonly vni?: number;
	  }
	/** A netfilter hook with at least one registered function is being run. */
	| {
			readonly step: "hook";
			readonly family: IpFamily | "bridge";
			readonly hook: HookName;
			readonly indev?: string;
			readonly outdev?: string;
			readonly physin?: string;
			readonly physout?: string;
			/** Said of a hook whose functions are skipped. */
			readonly note?: string;
	  }
	/** A rule matched. `number` is 1-based in its chain, as `iptables -L --line-numbers` counts. */
	| {
			readonly step: "rule";
			readonly family: IpFamily;
			readonly table: TableName;
			readonly chain: string;
			readonly number: number;
			readonly rule: Rule;
			readonly outcome: RuleOutcome;
			/** The packet's mark after the rule, when the rule changed it. */
			readonly mark?: number;
	  }
	/** The end of a base chain of a table that has rules: its policy decided. */
	| {
			readonly step: "policy";
			readonly family: IpFamily;
			readonly table: TableName;
			readonly chain: HookName;
			readonly policy: "accept" | "drop";
	  }
	/** The packet's headers were rewritten by NAT. `manip` says which end. */
	| {
			readonly step: "nat";
			readonly manip: "src" | "dst";
			/** True when a reply is translated back. */
			readonly reply: boolean;
			readonly before: Tuple;
			readonly after: Tuple;
	  }
	/** Connection tracking looked the packet up, made, confirmed or removed an entry. */
	| {
			readonly step: "conntrack";
			readonly change: "new" | "found" | "related" | "invalid" | "untracked" | "nat-setup" | "confirmed" | "removed";
			readonly state?: "NEW" | "ESTABLISHED" | "RELATED" | "INVALID" | "UNTRACKED";
			readonly dir?: "original" | "reply";
			readonly entry?: ConntrackEntry;
			readonly why?: string;
	  }
	/**
	 * IPVS: a service was found for the packet, a destination chosen, its connection found; it is forwarded, an answer or an ICMP
	 * error is translated; or there is no destination. `before` and `after` where the packet was rewritten.
	 */
	| {
			readonly step: "ipvs";
			readonly action: "service" | "schedule" | "found" | "forward" | "reply" | "icmp" | "no-destination";
			readonly service?: IpvsServiceKey;
			readonly scheduler?: string;
			/** As it is at this step. */
			readonly connection?: IpvsConnection;
			/** `bypass`: to where the client wanted (cache_bypass). */
			readonly method?: IpvsForward | "bypass";
			readonly before?: Tuple;
			readonly after?: Tuple;
			readonly why?: string;
	  }
	/** A routing decision. `route` is the route that matched. */
	| {
			readonly step: "route";
			readonly direction: "input" | "output";
			readonly dst: IpAddr;
			readonly src?: IpAddr;
			readonly iif?: string;
			readonly mark?: number;
			readonly table?: number;
			readonly route?: Route;
			/** What it decides. */
			readonly result:
				| "local"
				| "forward"
				| "broadcast"
				| "multicast"
				| "output"
				| "unreachable"
				| "prohibit"
				| "blackhole"
				| "no-route"
				| "martian"
				| "not-forwarding";
			readonly dev?: string;
			readonly gateway?: IpAddr;
			readonly prefsrc?: IpAddr;
	  }
	| { readonly step: "ttl"; readonly before: number; readonly after: number }
	/** Neighbour resolution for the next hop. */
	| {
			readonly step: "neigh";
			readonly action: "use" | "create" | "queue" | "solicit" | "resolved" | "confirm" | "failed";
			readonly dev: string;
			readonly addr: IpAddr;
			readonly neigh?: Neigh;
	  }
	/** An ARP packet was understood. */
	| {
			readonly step: "arp";
			readonly action: "learn" | "answer" | "proxy-answer" | "ignore";
			readonly addr: IpAddr;
			readonly mac?: MacAddr;
			readonly why?: string;
	  }
	| {
			readonly step: "bridge";
			readonly action: "learn" | "move" | "forward" | "flood" | "local" | "local-copy" | "redirect" | "drop";
			readonly bridge: string;
			readonly mac?: MacAddr;
			/** The port a source was learnt on, or the ports the frame goes to. */
			readonly ports: readonly string[];
			readonly why?: string;
	  }
	| { readonly step: "fragment"; readonly into: number; readonly mtu: number }
	| { readonly step: "reassemble"; readonly fragments: number }
	/** The kernel made an ICMP error or a RST because of this packet; `packet` is what it sends. */
	| { readonly step: "answer"; readonly what: string; readonly child?: number }
	/** A LOG rule wrote a line. */
	| { readonly step: "log"; readonly line: string; readonly level: number }
	/** The end: a socket (or the ICMP or ARP layer itself) took it. */
	| {
			readonly step: "deliver";
			readonly to: string;
			readonly socket?: string;
			readonly packet: Uint8Array;
			readonly link: "ip" | "ethernet";
	  }
	/** The end: it served its purpose inside the kernel (a flooded original, a reassembled fragment). */
	| { readonly step: "consume"; readonly why: string }
	/** The end: dropped. `rule` says which rule, where one did it. */
	| {
			readonly step: "drop";
			readonly reason: DropReason;
			readonly detail?: string;
			readonly table?: TableName;
			readonly chain?: string;
			readonly number?: number;
			readonly packet: Uint8Array;
			readonly link: "ip" | "ethernet";
	  };

export type TraceEvent = TraceBase & TraceStep;
