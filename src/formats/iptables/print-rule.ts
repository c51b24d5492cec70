/** A rule as iptables-save prints it. A match or target kind that is not printed does not compile. */
import type { Match, Rule, Target } from "../../kernel/xtables.ts";
import { formatCidr } from "../../wire/addr.ts";
import { formatAddrType } from "./match/addrtype.ts";
import { formatComment } from "./match/comment.ts";
import { formatConnmarkMatch } from "./match/connmark.ts";
import { formatConntrackMatch, formatState } from "./match/conntrack.ts";
import { formatDscpMatch } from "./match/dscp.ts";
import { formatEcn } from "./match/ecn.ts";
import { formatIcmp } from "./match/icmp.ts";
import { formatIprange } from "./match/iprange.ts";
import { formatIpvsMatch } from "./match/ipvs.ts";
import { formatLength, formatTcpmssMatch } from "./match/length.ts";
import { formatLimit } from "./match/limit.ts";
import { formatMac } from "./match/mac.ts";
import { formatMarkMatch } from "./match/mark.ts";
import { formatMultiport } from "./match/multiport.ts";
import { formatNfacct } from "./match/nfacct.ts";
import { formatOwner } from "./match/owner.ts";
import { formatPhysdev } from "./match/physdev.ts";
import { formatPkttype } from "./match/pkttype.ts";
import { formatPorts, formatTcp } from "./match/ports.ts";
import { formatRecent } from "./match/recent.ts";
import { formatRpfilter } from "./match/rpfilter.ts";
import { formatSet } from "./match/set.ts";
import { formatStatistic } from "./match/statistic.ts";
import { formatString } from "./match/string.ts";
import { formatTosMatch } from "./match/tos.ts";
import { formatTtlMatch } from "./match/ttl.ts";
import { protocolName } from "./names.ts";
import { formatClassify } from "./target/classify.ts";
import { formatConnmarkTarget } from "./target/connmark.ts";
import { formatCt } from "./target/ct.ts";
import { formatLog } from "./target/log.ts";
import { formatMarkTarget } from "./target/mark.ts";
import { formatNat } from "./target/nat.ts";
import { formatNetmap } from "./target/netmap.ts";
import { formatNflog } from "./target/nflog.ts";
import { formatReject } from "./target/reject.ts";
import { setTargetWords } from "./target/set.ts";
import { formatTcpmssTarget } from "./target/tcpmss.ts";
import { formatDscpTarget, formatTosTarget } from "./target/tos.ts";
import { formatTtlTarget } from "./target/ttl.ts";
import { bang } from "./values.ts";

/**
 * The words after `-A CHAIN`, each with a space before it; "" for a rule that matches all and does nothing. With
 * `counters`, `-c PACKETS BYTES` stands before the target, as `iptables -S -v` has it.
 */
export function ruleWords(rule: Rule, options: { readonly counters?: boolean } = {}): string {
	let text = "";
	for (const match of rule.matches) text += matchWords(match);
	if (options.counters === true) text += ` -c ${rule.counters?.packets ?? 0} ${rule.counters?.bytes ?? 0}`;
	return text + targetWords(rule.target);
}

function matchWords(match: Match): string {
	switch (match.kind) {
		case "source":
			return netWords("-s", match);
		case "destination":
			return netWords("-d", match);
		case "in-interface":
			return ` ${bang(match.invert)}-i ${match.name}`;
		case "out-interface":
			return ` ${bang(match.invert)}-o ${match.name}`;
		case "protocol":
			return ` ${bang(match.invert)}-p ${protocolName(match.proto)}`;
		case "fragment":
			return ` ${bang(match.invert)}-f`;
		case "comment":
			return formatComment(match);
		case "tcp":
			return formatTcp(match);
		case "udp":
		case "sctp":
			return ` -m ${match.kind}${formatPorts(match)}`;
		case "icmp":
		case "icmp6":
			return formatIcmp(match);
		case "conntrack":
			return formatConntrackMatch(match);
		case "state":
			return formatState(match);
		case "mark":
			return formatMarkMatch(match);
		case "addrtype":
			return formatAddrType(match);
		case "statistic":
			return formatStatistic(match);
		case "set":
			return formatSet(match);
		case "multiport":
			return formatMultiport(match);
		case "recent":
			return formatRecent(match);
		case "nfacct":
			return formatNfacct(match);
		case "limit":
			return formatLimit(match);
		case "physdev":
			return formatPhysdev(match);
		case "ipvs":
			return formatIpvsMatch(match);
		case "connmark":
			return formatConnmarkMatch(match);
		case "mac":
			return formatMac(match);
		case "iprange":
			return formatIprange(match);
		case "length":
			return formatLength(match);
		case "tcpmss":
			return formatTcpmssMatch(match);
		case "pkttype":
			return formatPkttype(match);
		case "ttl":
			return formatTtlMatch(match);
		case "tos":
			return formatTosMatch(match);
		case "dscp":
			return formatDscpMatch(match);
		case "ecn":
			return formatEcn(match);
		case "owner":
			return formatOwner(match);
		case "rpfilter":
			return formatRpfilter(match);
		case "string":
			return formatString(match);
		case "unknown-match":
			return `${match.name === "" ? "" : ` -m ${match.name}`}${match.text === "" ? "" : ` ${match.text}`}`;
	}
}

function targetWords(target: Target): string {
	switch (target.kind) {
		case "none":
			return "";
		case "accept":
			return " -j ACCEPT";
		case "drop":
			return " -j DROP";
		case "return":
			return " -j RETURN";
		case "jump":
			return ` -j ${target.chain}`;
		case "goto":
			return ` -g ${target.chain}`;
		case "reject":
			return formatReject(target);
		case "dnat":
		case "snat":
		case "masquerade":
		case "redirect":
			return formatNat(target);
		case "mark":
			return formatMarkTarget(target);
		case "log":
			return formatLog(target);
		case "ct":
			return formatCt(target);
		case "connmark":
			return formatConnmarkTarget(target);
		case "notrack":
			return " -j NOTRACK";
		case "ttl":
			return formatTtlTarget(target);
		case "tos":
			return formatTosTarget(target);
		case "dscp":
			return formatDscpTarget(target);
		case "tcpmss":
			return formatTcpmssTarget(target);
		case "netmap":
			return formatNetmap(target);
		case "nflog":
			return formatNflog(target);
		case "classify":
			return formatClassify(target);
		case "checksum":
			return " -j CHECKSUM --checksum-fill";
		case "trace":
			return " -j TRACE";
		case "set":
			return ` -j SET${setTargetWords(target, "--")}`;
		case "unknown-target":
			return ` -j ${target.name}${target.text === "" ? "" : ` ${target.text}`}`;
	}
}

function netWords(option: string, match: Extract<Match, { kind: "source" | "destination" }>): string {
	return match.net.prefix === 0 && match.invert !== true
		? ""
		: ` ${bang(match.invert)}${option} ${formatCidr(match.net)}`;
}
