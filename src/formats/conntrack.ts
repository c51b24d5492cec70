/** Lines of `conntrack -L` and `conntrack -E`, of conntrack-tools 1.4.7. */
import type { ConntrackEntry, ConntrackEvent, Tuple } from "../kernel/conntrack.ts";

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

const EVENT_NAMES: Readonly<Record<ConntrackEvent["type"], string>> = {
	new: "[NEW]",
	update: "[UPDATE]",
	destroy: "[DESTROY]",
};

export interface ConntrackFormat {
	/** `-o extended`: the family in front. */
	readonly extended?: boolean;
	/** `-o id`. */
	readonly id?: boolean;
	/** How many hold the entry: 1 in a listing, 2 when it was asked for alone. */
	readonly use?: number;
}

/** One entry, without a line end. */
export function formatConntrack(entry: ConntrackEntry, options: ConntrackFormat = {}): string {
	return (
		`${head(entry, options)}${entry.timeoutSeconds} ${body(entry)}mark=${entry.mark} ` +
		(entry.zone === undefined || entry.zone === 0 ? "" : `zone=${entry.zone} `) +
		`use=${options.use ?? 1}` +
		(options.id === true ? ` id=${conntrackId(entry)}` : "")
	);
}

/** One event, without a line end; of an entry that ended by itself no seconds are left to tell. */
export function formatConntrackEvent({ type, entry }: ConntrackEvent, options: ConntrackFormat = {}): string {
	const seconds = type === "destroy" && entry.timeoutSeconds === 0 ? "" : `${entry.timeoutSeconds} `;
	const line =
		`${EVENT_NAMES[type].padStart(9)} ${head(entry, options)}${seconds}${body(entry)}` +
		(entry.mark === 0 ? "" : `mark=${entry.mark} `) +
		(entry.zone === undefined || entry.zone === 0 ? "" : `zone=${entry.zone} `) +
		(options.id === true ? `id=${conntrackId(entry)} ` : "");
	return line.trimEnd();
}

/**
 * A number for the entry: the same for the same flow, so far apart for others as chance has it (FNV-1a). Linux hashes
 * addresses of its memory, so the numbers themselves mean nothing.
 */
export function conntrackId(entry: ConntrackEntry): number {
	let hash = 0x811c9dc5;
	for (const char of `${entry.zone ?? 0} ${entry.proto} ${formatTuple(entry.original)}`) {
		hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
	}
	return hash >>> 0;
}

function head(entry: ConntrackEntry, { extended }: ConntrackFormat): string {
	const family = extended === true ? (entry.family === "ipv4" ? "ipv4     2 " : "ipv6     10 ") : "";
	return `${family}${(NAMES[entry.proto] ?? "unknown").padEnd(8)} ${entry.proto} `;
}

function body(entry: ConntrackEntry): string {
	return (
		(entry.tcpState === undefined ? "" : `${entry.tcpState} `) +
		formatTuple(entry.original) +
		directedZone("zone-orig", entry.original) +
		(entry.unreplied === true ? "[UNREPLIED] " : "") +
		formatTuple(entry.reply) +
		directedZone("zone-reply", entry.reply) +
		(entry.assured === true ? "[ASSURED] " : "")
	);
}

function directedZone(name: string, { zone }: Tuple): string {
	return zone === undefined || zone === 0 ? "" : `${name}=${zone} `;
}

function formatTuple(tuple: Tuple): string {
	const addrs = `src=${tuple.src} dst=${tuple.dst} `;
	if (tuple.icmp !== undefined) return `${addrs}type=${tuple.icmp.type} code=${tuple.icmp.code} id=${tuple.icmp.id} `;
	return tuple.sport === undefined ? addrs : `${addrs}sport=${tuple.sport} dport=${tuple.dport ?? 0} `;
}
