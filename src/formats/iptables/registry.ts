/** Which extensions are understood, by name. */
import type { Match, Target } from "../../kernel/xtables.ts";
import type { Extension } from "./extension.ts";
import { ADDRTYPE } from "./match/addrtype.ts";
import { COMMENT } from "./match/comment.ts";
import { CONNMARK_MATCH } from "./match/connmark.ts";
import { CONNTRACK, STATE } from "./match/conntrack.ts";
import { DSCP_MATCH } from "./match/dscp.ts";
import { ECN } from "./match/ecn.ts";
import { ICMP, ICMP6 } from "./match/icmp.ts";
import { IPRANGE } from "./match/iprange.ts";
import { IPVS } from "./match/ipvs.ts";
import { LENGTH, TCPMSS_MATCH } from "./match/length.ts";
import { LIMIT } from "./match/limit.ts";
import { MAC } from "./match/mac.ts";
import { MARK } from "./match/mark.ts";
import { MULTIPORT } from "./match/multiport.ts";
import { NFACCT } from "./match/nfacct.ts";
import { OWNER } from "./match/owner.ts";
import { PHYSDEV } from "./match/physdev.ts";
import { PKTTYPE } from "./match/pkttype.ts";
import { SCTP, TCP, UDP } from "./match/ports.ts";
import { RECENT } from "./match/recent.ts";
import { RPFILTER } from "./match/rpfilter.ts";
import { SET } from "./match/set.ts";
import { STATISTIC } from "./match/statistic.ts";
import { STRING } from "./match/string.ts";
import { TOS_MATCH } from "./match/tos.ts";
import { TTL_MATCH } from "./match/ttl.ts";
import { CHECKSUM, CLASSIFY, TRACE } from "./target/classify.ts";
import { CONNMARK } from "./target/connmark.ts";
import { CT, NOTRACK } from "./target/ct.ts";
import { LOG } from "./target/log.ts";
import { MARK_TARGET } from "./target/mark.ts";
import { DNAT, MASQUERADE, REDIRECT, SNAT } from "./target/nat.ts";
import { NETMAP } from "./target/netmap.ts";
import { NFLOG } from "./target/nflog.ts";
import { REJECT } from "./target/reject.ts";
import { SET_TARGET } from "./target/set.ts";
import { TCPMSS } from "./target/tcpmss.ts";
import { DSCP, TOS } from "./target/tos.ts";
import { TTL } from "./target/ttl.ts";

/** By the name after `-m`. */
export const MATCHES: ReadonlyMap<string, Extension<Match>> = new Map([
	["addrtype", ADDRTYPE],
	["comment", COMMENT],
	["connmark", CONNMARK_MATCH],
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
	["mac", MAC],
	["iprange", IPRANGE],
	["length", LENGTH],
	["tcpmss", TCPMSS_MATCH],
	["pkttype", PKTTYPE],
	["ttl", TTL_MATCH],
	["tos", TOS_MATCH],
	["dscp", DSCP_MATCH],
	["ecn", ECN],
	["owner", OWNER],
	["rpfilter", RPFILTER],
	["string", STRING],
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
	["CONNMARK", CONNMARK],
	["CT", CT],
	["DNAT", DNAT],
	["LOG", LOG],
	["MARK", MARK_TARGET],
	["MASQUERADE", MASQUERADE],
	["NOTRACK", NOTRACK],
	["REDIRECT", REDIRECT],
	["REJECT", REJECT],
	["SET", SET_TARGET],
	["SNAT", SNAT],
	["TRACE", TRACE],
	["CHECKSUM", CHECKSUM],
	["CLASSIFY", CLASSIFY],
	["NFLOG", NFLOG],
	["NETMAP", NETMAP],
	["TCPMSS", TCPMSS],
	["DSCP", DSCP],
	["TOS", TOS],
	["TTL", TTL],
]);

/** Whether `-j` to it is not a jump to a chain. */
export function isTargetName(name: string): boolean {
	return ["ACCEPT", "DROP", "RETURN"].includes(name) || TARGETS.has(name) || OTHER_TARGETS.has(name);
}

/** Target extensions that podwire does not model; any other name after `-j` is a chain's. */
export const OTHER_TARGETS: ReadonlySet<string> = new Set([
	"AUDIT",
	"CLUSTERIP",
	"CONNSECMARK",
	"DNPT",
	"ECN",
	"HL",
	"HMARK",
	"IDLETIMER",
	"LED",
	"NFQUEUE",
	"QUEUE",
	"RATEEST",
	"SECMARK",
	"SNPT",
	"SYNPROXY",
	"TCPOPTSTRIP",
	"TEE",
	"TPROXY",
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
	"cpu",
	"dccp",
	"devgroup",
	"dst",
	"esp",
	"eui64",
	"frag",
	"hashlimit",
	"hbh",
	"helper",
	"hl",
	"ipcomp",
	"ipv6header",
	"mh",
	"osf",
	"policy",
	"quota",
	"rateest",
	"realm",
	"rt",
	"socket",
	"srh",
	"time",
	"u32",
]);
