/** Tracked connections of two kernels, side by side. */
import { formatConntrack } from "../formats/conntrack.ts";
import type { ConntrackEntry, Tuple } from "../kernel/conntrack.ts";
import type { Chance } from "./chance.ts";
import { isLater } from "./compare-sets.ts";
import { type Close, differing, type Lines, type StateDifference } from "./differing.ts";

/** By original tuple and the zones it is in. */
export function conntrackDifference(
	sim: readonly ConntrackEntry[],
	real: readonly ConntrackEntry[],
	{ chance, late }: { readonly chance: Chance; readonly late: number },
): StateDifference | undefined {
	const close: Close = (x, y) => sameTimeout(x, y, late) && chance.count("conntrack timeout");
	const [ours, theirs] = [byOriginal(sim), byOriginal(real, chance)];
	for (const [where, { reply }] of ours) learnReply(reply, theirs.get(where)?.reply, chance);
	return differing("conntrack", conntrackLines(ours), conntrackLines(theirs, chance), close);
}

function byOriginal(entries: readonly ConntrackEntry[], chance?: Chance): ReadonlyMap<string, ConntrackEntry> {
	const named = entries.map((entry) => {
		const original = translated(entry.original, chance);
		return [`${entry.zone ?? 0} ${JSON.stringify(original)}`, { ...entry, original }] as const;
	});
	return new Map(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What NAT drew on a clash may be seen here only: a packet that is then dropped shows it to no device. */
function learnReply(sim: Tuple, real: Tuple | undefined, chance: Chance): void {
	if (real === undefined || sim.proto !== real.proto) return;
	const ports = [
		[sim.sport, real.sport],
		[sim.dport, real.dport],
	] as const;
	for (const [ours, theirs] of ports) {
		if (ours !== undefined && theirs !== undefined && ours !== theirs) chance.port(sim.proto, ours, theirs);
	}
	const [ours, theirs] = [sim.icmp?.id, real.icmp?.id];
	if (ours !== undefined && theirs !== undefined && ours !== theirs) chance.icmpId(ours, theirs);
}

/** With `chance`, in the simulated kernel's terms; the original tuples are already. */
function conntrackLines(entries: ReadonlyMap<string, ConntrackEntry>, chance?: Chance): Lines {
	const lines = new Map<string, string>();
	for (const [where, entry] of entries) {
		const { original } = entry;
		const reply = translated(entry.reply, chance);
		lines.set(where, `${formatConntrack({ ...entry, original, reply }, { extended: true })}${natWords(entry, reply)}`);
	}
	return lines;
}

/** What /proc/net/nf_conntrack does not tell is left out: at which end ICMP's identifier was changed, where nothing else was. */
function natWords({ original, snat, dnat }: ConntrackEntry, reply: Tuple): string {
	const sameAddrs = original.src === reply.dst && original.dst === reply.src;
	if (original.icmp !== undefined && sameAddrs) return "";
	return `${snat === true ? " SNAT" : ""}${dnat === true ? " DNAT" : ""}`;
}

function translated(tuple: Tuple, chance: Chance | undefined): Tuple {
	const { proto, src, dst, sport, dport, icmp, zone } = tuple;
	const port = (number: number): number => chance?.simPort(proto, number) ?? number;
	return {
		proto,
		src,
		dst,
		...(sport === undefined ? {} : { sport: port(sport) }),
		...(dport === undefined ? {} : { dport: port(dport) }),
		...(icmp === undefined
			? {}
			: { icmp: { type: icmp.type, code: icmp.code, id: chance?.simIcmpId(icmp.id) ?? icmp.id } }),
		...(zone === undefined ? {} : { zone }),
	};
}

/** `ipv4     2 tcp      6 431999 ESTABLISHED …`: the same but for a second more, or what passed on the real kernel less. */
function sameTimeout(sim: string, real: string, late: number): boolean {
	const seconds = /^(\S+\s+\d+ \S+\s+\d+ )(\d+) /;
	const [a, b] = [seconds.exec(sim), seconds.exec(real)];
	if (a === null || b === null || !isLater(Number(a[2]), Number(b[2]), late)) return false;
	return sim.replace(seconds, "$1") === real.replace(seconds, "$1");
}
