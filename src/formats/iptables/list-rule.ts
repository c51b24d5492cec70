/** Matches and targets as `iptables -L` describes them after the columns; each with a space before it. */
import type {
	IcmpMatch,
	Match,
	PortRange,
	RecentMatch,
	SctpMatch,
	Target,
	TcpMatch,
	UdpMatch,
} from "../../kernel/xtables.ts";
import { addrBits, type Cidr } from "../../wire/addr.ts";
import { type ServiceProtocol, serviceName } from "../services.ts";
import { ICMP_TYPES, ICMPV6_TYPES } from "./icmp-names.ts";
import { quoteWord } from "./lexer.ts";
import { addrTypes } from "./match/addrtype.ts";
import { describeConnmarkMatch } from "./match/connmark.ts";
import { formatConntrackMatch, sorted } from "./match/conntrack.ts";
import { describeDscpMatch } from "./match/dscp.ts";
import { describeEcn } from "./match/ecn.ts";
import { describeIprange } from "./match/iprange.ts";
import { ipvsOptions } from "./match/ipvs.ts";
import { describeLength, describeTcpmssMatch } from "./match/length.ts";
import { formatRate } from "./match/limit.ts";
import { describeMac } from "./match/mac.ts";
import { describeOwner } from "./match/owner.ts";
import { physdevOptions } from "./match/physdev.ts";
import { describePkttype } from "./match/pkttype.ts";
import { flagNames } from "./match/ports.ts";
import { describeRpfilter } from "./match/rpfilter.ts";
import { setWords } from "./match/set.ts";
import { formatProbability } from "./match/statistic.ts";
import { describeString } from "./match/string.ts";
import { describeTosMatch } from "./match/tos.ts";
import { describeTtlMatch } from "./match/ttl.ts";
import { describeClassify } from "./target/classify.ts";
import { describeConnmarkTarget } from "./target/connmark.ts";
import { describeCt } from "./target/ct.ts";
import { logFlagNames, logFlags, logLevelName } from "./target/log.ts";
import { describeXmark } from "./target/mark.ts";
import { formatNatRange, natFlags } from "./target/nat.ts";
import { describeNetmap } from "./target/netmap.ts";
import { describeNflog } from "./target/nflog.ts";
import { setTargetWords } from "./target/set.ts";
import { describeTcpmssTarget } from "./target/tcpmss.ts";
import { describeDscpTarget, describeTosTarget } from "./target/tos.ts";
import { describeTtlTarget } from "./target/ttl.ts";
import { bang, formatMark, formatPortRange } from "./values.ts";

const RECENT_ACTIONS: Readonly<Record<RecentMatch["action"], string>> = {
	set: "SET",
	rcheck: "CHECK",
	update: "UPDATE",
	remove: "REMOVE",
};

/** Names for addresses, as the machine's /etc/hosts and /etc/networks give them; undefined: it has none. */
export interface AddressNames {
	hostName(addr: string): string | undefined;
	networkName(addr: string): string | undefined;
}

export interface ListWords {
	/** Without `-n`: addresses, services, ICMP types, TCP flags and log levels by name. */
	readonly names: AddressNames | undefined;
	/** The rule's protocol. */
	readonly proto: number;
}

/** "" for what stands in a column of its own. */
export function describeMatch(match: Match, words: ListWords): string {
	switch (match.kind) {
		case "source":
		case "destination":
		case "in-interface":
		case "out-interface":
		case "protocol":
		case "fragment":
			return "";
		case "comment":
			return ` /* ${match.text} */`;
		case "tcp":
			return ` tcp${ports(match, words)}${tcpParts(match, words)}`;
		case "udp":
		case "sctp":
			return ` ${match.kind}${ports(match, words)}`;
		case "icmp":
		case "icmp6":
			return ` ${icmp(match, words)}`;
		case "conntrack":
			return formatConntrackMatch(match, conntrackNet(words)).replace(" -m conntrack", "").replaceAll("--", "");
		case "state":
			return ` ${bang(match.invert)}state ${sorted(match.states).join(",")}`;
		case "mark":
			return ` mark match ${bang(match.invert)}${formatMark(match)}`;
		case "addrtype": {
			const type = (name: string, given: typeof match.srcType): string =>
				given === undefined ? "" : ` ${name} ${given.invert === true ? "!" : ""}${addrTypes(given.value)}`;
			const limit = match.limitIface === undefined ? "" : ` limit-${match.limitIface}`;
			return ` ADDRTYPE match${type("src-type", match.srcType)}${type("dst-type", match.dstType)}${limit}`;
		}
		case "statistic": {
			const what =
				match.mode === "random"
					? `probability ${formatProbability(match.probability31)}`
					: `every ${match.every}${match.packet === 0 ? "" : ` packet ${match.packet}`}`;
			return ` statistic mode ${match.mode} ${bang(match.invert)}${what}`;
		}
		case "set":
			return setWords(match, "");
		case "multiport": {
			const list = match.ports.map((range) => portRange(range, words)).join(",");
			return ` multiport ${match.which} ${match.invert === true ? " !" : ""}${list}`;
		}
		case "recent":
			return recent(match);
		case "nfacct":
			return ` nfacct-name  ${quoteWord(match.name)}`;
		case "limit":
			return ` limit: avg ${formatRate(match.avg)} burst ${match.burst}`;
		case "physdev":
			return ` PHYSDEV match${physdevOptions(match)}`;
		case "ipvs":
			return ipvsOptions(match, "");
		case "connmark":
			return describeConnmarkMatch(match);
		case "mac":
			return describeMac(match);
		case "iprange":
			return describeIprange(match);
		case "length":
			return describeLength(match);
		case "tcpmss":
			return describeTcpmssMatch(match);
		case "pkttype":
			return describePkttype(match);
		case "ttl":
			return describeTtlMatch(match);
		case "tos":
			return describeTosMatch(match, words.names !== undefined);
		case "dscp":
			return describeDscpMatch(match);
		case "ecn":
			return describeEcn(match);
		case "owner":
			return describeOwner(match, words.names !== undefined);
		case "rpfilter":
			return describeRpfilter(match);
		case "string":
			return describeString(match);
		case "unknown-match":
			return ` ${`${match.name} ${match.text}`.trim()}`;
	}
}

/** What follows the matches; "" for a target that is told by its name. */
export function describeTarget(target: Target, { names }: ListWords): string {
	switch (target.kind) {
		case "none":
		case "accept":
		case "drop":
		case "return":
		case "jump":
		case "goto":
			return "";
		case "reject":
			return ` reject-with ${target.with}`;
		case "dnat":
		case "snat":
			return ` to:${formatNatRange(target.to)}${natFlags(target).replaceAll("--", "")}`;
		case "masquerade":
		case "redirect": {
			const label = target.kind === "masquerade" ? "masq ports:" : "redir ports";
			const range = target.toPorts === undefined ? "" : ` ${label} ${formatPortRange(target.toPorts, "-")}`;
			return `${range}${natFlags(target).replaceAll("--", "")}`;
		}
		case "mark":
			return ` MARK ${describeXmark(target.value, target.mask)}`;
		case "log": {
			const prefix = target.prefix === undefined ? "" : ` prefix "${target.prefix}"`;
			if (names === undefined) return ` LOG flags ${logFlags(target)} level ${target.level}${prefix}`;
			return ` LOG level ${logLevelName(target.level)}${logFlagNames(target)}${prefix}`;
		}
		case "ct":
			return describeCt(target);
		case "connmark":
			return describeConnmarkTarget(target);
		case "notrack":
			return " NOTRACK";
		case "ttl":
			return describeTtlTarget(target);
		case "tos":
			return describeTosTarget(target, names !== undefined);
		case "dscp":
			return describeDscpTarget(target);
		case "tcpmss":
			return describeTcpmssTarget(target);
		case "netmap":
			return describeNetmap(target);
		case "nflog":
			return describeNflog(target);
		case "classify":
			return describeClassify(target);
		case "checksum":
			return " CHECKSUM fill";
		case "trace":
			return "";
		case "set":
			return setTargetWords(target, "");
		case "unknown-target":
			return target.text === "" ? "" : ` ${target.text}`;
	}
}

/** The name in the target column. */
export function targetName(target: Target): string {
	if (target.kind === "none") return "";
	if (target.kind === "jump" || target.kind === "goto") return target.chain;
	if (target.kind === "notrack") return "CT"; // An alias: the module is the same.
	return target.kind === "unknown-target" ? target.name : target.kind.toUpperCase();
}

function ports(match: TcpMatch | UdpMatch | SctpMatch, words: ListWords): string {
	const one = (name: string, given: TcpMatch["sport"]): string => {
		if (given === undefined || (given.value.from === 0 && given.value.to === 0xffff && given.invert !== true))
			return "";
		const plural = given.value.from === given.value.to ? "" : "s";
		return ` ${name}${plural}:${given.invert === true ? "!" : ""}${portRange(given.value, words)}`;
	};
	return one("spt", match.sport) + one("dpt", match.dport);
}

/** An address or network by its name, where it has one. */
export function addressText({ addr, prefix }: Cidr, names: AddressNames | undefined): string {
	const isHost = prefix === addrBits(addr);
	const name = (isHost ? names?.hostName(addr) : undefined) ?? names?.networkName(addr) ?? addr;
	return isHost ? name : `${name}/${prefix}`;
}

function conntrackNet({ names }: ListWords): ((net: Cidr) => string) | undefined {
	if (names === undefined) return undefined;
	return (net) => (net.prefix === 0 ? "anywhere" : addressText(net, names));
}

const SERVICE_PROTOCOLS: Readonly<Record<number, ServiceProtocol>> = { 6: "tcp", 17: "udp", 132: "sctp" };

function portRange(range: PortRange, { names, proto }: ListWords): string {
	const protocol = SERVICE_PROTOCOLS[proto];
	if (names === undefined || protocol === undefined) return formatPortRange(range);
	const name = (port: number): string => serviceName(port, protocol) ?? String(port);
	return range.from === range.to ? name(range.from) : `${name(range.from)}:${name(range.to)}`;
}

/** `icmptype 8` or `icmp echo-request`. */
function icmp({ kind, type, code, invert }: IcmpMatch, { names }: ListWords): string {
	const types = kind === "icmp" ? ICMP_TYPES : ICMPV6_TYPES;
	const known = names !== undefined ? types.find((entry) => entry[1] === type && entry[2] === code)?.[0] : undefined;
	const what = known ?? `type ${type}${code === undefined ? "" : ` code ${code}`}`;
	const space = invert === true ? " !" : known === undefined ? "" : " ";
	return `${kind === "icmp" ? "icmp" : "ipv6-icmp"}${space}${what}`;
}

function tcpParts(match: TcpMatch, { names }: ListWords): string {
	const { option, flags } = match;
	const bits = names === undefined ? hexFlags : flagNames;
	return (
		(option === undefined ? "" : ` option=${option.invert === true ? "!" : ""}${option.value}`) +
		(flags === undefined
			? ""
			: ` flags:${flags.invert === true ? "!" : ""}${bits(flags.value.mask)}/${bits(flags.value.comp)}`)
	);
}

function hexFlags(bits: number): string {
	return `0x${bits.toString(16).toUpperCase().padStart(2, "0")}`;
}

function recent(match: RecentMatch): string {
	return (
		` ${bang(match.invert)}recent: ${RECENT_ACTIONS[match.action]}` +
		(match.seconds === undefined ? "" : ` seconds: ${match.seconds}`) +
		(match.reap === true ? " reap" : "") +
		(match.hitcount === undefined ? "" : ` hit_count: ${match.hitcount}`) +
		(match.rttl === true ? " TTL-Match" : "") +
		` name: ${match.name} side: ${match.side === "rsource" ? "source" : "dest"} mask: ${match.mask}`
	);
}
