/** Lines of `conntrack -L`. */
import type { ConntrackEntry, Tuple } from "../kernel/conntrack.ts";

const NAMES: Readonly<Record<number, string>> = {
	1: "icmp",
	6: "tcp",
	17: "udp",
	33: "dccp",
	47: "gre",
	58: "icmpv6",
	132: "sctp",
	136: "udplite",
};

/** One entry, without a line end; `extended` puts the family in front, as `-o extended`. */
export function formatConntrack(entry: ConntrackEntry, options: { readonly extended?: boolean } = {}): string {
	const family = options.extended === true ? (entry.family === "ipv4" ? "ipv4     2 " : "ipv6     10 ") : "";
	const name = (NAMES[entry.proto] ?? "unknown").padEnd(8);
	return (
		`${family}${name} ${entry.proto} ${entry.timeoutSeconds} ` +
		(entry.tcpState === undefined ? "" : `${entry.tcpState} `) +
		formatTuple(entry.original) +
		(entry.unreplied === true ? "[UNREPLIED] " : "") +
		formatTuple(entry.reply) +
		(entry.assured === true ? "[ASSURED] " : "") +
		`mark=${entry.mark} ` +
		(entry.zone === undefined || entry.zone === 0 ? "" : `zone=${entry.zone} `) +
		"use=1"
	);
}

function formatTuple(tuple: Tuple): string {
	const addrs = `src=${tuple.src} dst=${tuple.dst} `;
	if (tuple.icmp !== undefined) return `${addrs}type=${tuple.icmp.type} code=${tuple.icmp.code} id=${tuple.icmp.id} `;
	return tuple.sport === undefined ? addrs : `${addrs}sport=${tuple.sport} dport=${tuple.dport ?? 0} `;
}
