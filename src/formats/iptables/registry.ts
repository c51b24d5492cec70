/** Which extensions are understood, by name. */
import type { Match, Target } from "../../kernel/xtables.ts";
import type { Extension } from "./extension.ts";
import { ADDRTYPE } from "./match/addrtype.ts";
import { COMMENT } from "./match/comment.ts";
import { CONNTRACK, STATE } from "./match/conntrack.ts";
import { ICMP, ICMP6 } from "./match/icmp.ts";
import { IPVS } from "./match/ipvs.ts";
import { LIMIT } from "./match/limit.ts";
import { MARK } from "./match/mark.ts";
import { MULTIPORT } from "./match/multiport.ts";
import { NFACCT } from "./match/nfacct.ts";
import { PHYSDEV } from "./match/physdev.ts";
import { SCTP, TCP, UDP } from "./match/ports.ts";
import { RECENT } from "./match/recent.ts";
import { SET } from "./match/set.ts";
import { STATISTIC } from "./match/statistic.ts";
import { LOG } from "./target/log.ts";
import { MARK_TARGET } from "./target/mark.ts";
import { DNAT, MASQUERADE, REDIRECT, SNAT } from "./target/nat.ts";
import { REJECT } from "./target/reject.ts";

/** By the name after `-m`. */
export const MATCHES: ReadonlyMap<string, Extension<Match>> = new Map([
	["addrtype", ADDRTYPE],
	["comment", COMMENT],
	["conntrack", CONNTRACK],
	["icmp", ICMP],
	["icmp6", ICMP6],
	["icmpv6", ICMP6],
	["ipv6-icmp", ICMP6],
	["ipvs", IPVS],
	["limit", LIMIT],
	["mark", MARK],
	["multiport", MULTIPORT],
	["nfacct", NFACCT],
	["physdev", PHYSDEV],
	["recent", RECENT],
	["sctp", SCTP],
	["set", SET],
	["state", STATE],
	["statistic", STATISTIC],
	["tcp", TCP],
	["udp", UDP],
]);

/** The match that a protocol brings with it: its options may be used without `-m`. */
export const PROTOCOL_MATCHES: ReadonlyMap<number, Extension<Match>> = new Map([
	[1, ICMP],
	[6, TCP],
	[17, UDP],
	[58, ICMP6],
	[132, SCTP],
]);

/** By the name after `-j`. */
export const TARGETS: ReadonlyMap<string, Extension<Target>> = new Map([
	["DNAT", DNAT],
	["LOG", LOG],
	["MARK", MARK_TARGET],
	["MASQUERADE", MASQUERADE],
	["REDIRECT", REDIRECT],
	["REJECT", REJECT],
	["SNAT", SNAT],
]);

/** Whether `-j` to it is not a jump to a chain. */
export function isTargetName(name: string): boolean {
	return ["ACCEPT", "DROP", "RETURN"].includes(name) || TARGETS.has(name) || OTHER_TARGETS.has(name);
}

/** Target extensions that podwire does not model; any other name after `-j` is a chain's. */
export const OTHER_TARGETS: ReadonlySet<string> = new Set([
	"AUDIT",
	"CHECKSUM",
	"CLASSIFY",
	"CLUSTERIP",
	"CONNMARK",
	"CONNSECMARK",
	"CT",
	"DNPT",
	"DSCP",
	"ECN",
	"HL",
	"HMARK",
	"IDLETIMER",
	"LED",
	"NETMAP",
	"NFLOG",
	"NFQUEUE",
	"NOTRACK",
	"QUEUE",
	"RATEEST",
	"SECMARK",
	"SET",
	"SNPT",
	"SYNPROXY",
	"TCPMSS",
	"TCPOPTSTRIP",
	"TEE",
	"TOS",
	"TPROXY",
	"TRACE",
	"TTL",
	"ULOG",
]);

/** Matches that exist in iptables 1.8.9 and that podwire does not model. */
export const OTHER_MATCHES: ReadonlySet<string> = new Set([
	"ah",
	"bpf",
	"cgroup",
	"cluster",
	"connbytes",
	"connlabel",
	"connlimit",
	"connmark",
	"cpu",
	"dccp",
	"devgroup",
	"dscp",
	"dst",
	"ecn",
	"esp",
	"eui64",
	"frag",
	"hashlimit",
	"hbh",
	"helper",
	"hl",
	"ipcomp",
	"iprange",
	"ipv6header",
	"length",
	"mac",
	"mh",
	"osf",
	"owner",
	"pkttype",
	"policy",
	"quota",
	"rateest",
	"realm",
	"rpfilter",
	"rt",
	"socket",
	"srh",
	"string",
	"tcpmss",
	"time",
	"tos",
	"ttl",
	"u32",
]);
