/** What the kernels hold in the end, side by side: rules with counters, sets, connection tracking, neighbours, forwarding entries. */
import { formatConntrack } from "../formats/conntrack.ts";
import { formatRule } from "../formats/iptables-save.ts";
import type { ConntrackEntry, Tuple } from "../kernel/conntrack.ts";
import type { IpSet, IpSetMember } from "../kernel/ipset.ts";
import type { Fdb, Neigh, NeighState, XtChain } from "../kernel/objects.ts";
import type { Counters, Rule } from "../kernel/xtables.ts";
import type { Chance } from "./chance.ts";
import { accountLines, isLater, sameElement, setLines } from "./compare-sets.ts";
import type { Difference } from "./difference.ts";
import type { NetnsOutcome, Outcome } from "./outcome.ts";
import type { Scenario } from "./scenario.ts";

const NOTHING: NetnsOutcome = { chains: [], conntrack: [], neighs: [], fdb: [], sets: [], accounts: [] };
/** A neighbour's state moves on by itself after 5 s (DELAY) or 15 s (REACHABLE); shorter than both. */
const STATES_MOVE_AFTER_MS = 4000;

/** A scenario and what came of it on two kernels. */
export interface Both {
	readonly scenario: Scenario;
	readonly sim: Outcome;
	readonly real: Outcome;
	readonly chance: Chance;
}

export function compareState({ scenario, sim, real, chance }: Both): Difference | undefined {
	const late = lateSeconds(sim, real);
	const waited = waitedMs(scenario) >= STATES_MOVE_AFTER_MS;
	for (const netns of scenario.topology.netns) {
		const [a, b] = [sim.netns[netns] ?? NOTHING, real.netns[netns] ?? NOTHING];
		const setsText = scenario.config[netns]?.ipset ?? "";
		const found =
			(areSame(a.chains, b.chains) ? undefined : differing("rule", ruleLines(a.chains), ruleLines(b.chains))) ??
			conntrackDifference(
				a.conntrack,
				b.conntrack,
				chance,
				(x, y) => sameTimeout(x, y, late) && chance.count("conntrack timeout"),
			) ??
			// After the connections, which tell of ports that NAT drew.
			setDifference(a.sets, b.sets, {
				text: setsText,
				chance,
				close: (x, y) => sameElement(x, y, late) && chance.count("ipset timeout"),
			}) ??
			differing("nfacct", accountLines(a.accounts), accountLines(b.accounts)) ??
			differing("neigh", neighLines(a.neighs), neighLines(b.neighs), (x, y) => waited && sameStates(x, y, chance)) ??
			differing("fdb", fdbLines(a.fdb), fdbLines(b.fdb));
		if (found !== undefined) return { ...found, netns, step: scenario.steps.length };
	}
	return undefined;
}

/** How much longer the real run took, rounded up, and a second for when the clocks tick. */
function lateSeconds(sim: Outcome, real: Outcome): number {
	return 1 + Math.ceil(Math.max(0, (real.durationMs ?? 0) - (sim.durationMs ?? 0)) / 1000);
}

function waitedMs({ steps }: Scenario): number {
	return steps.reduce((sum, step) => sum + (step.kind === "wait" ? step.ms : 0), 0);
}

/** What a thing is called → its text, in which everything that is compared stands. */
type Lines = ReadonlyMap<string, string>;

/** Whether two texts of one thing may pass for the same. */
type Close = (sim: string, real: string) => boolean;

type StateDifference = Pick<Extract<Difference, { where: string }>, "kind" | "where"> & {
	readonly sim?: string;
	readonly real?: string;
};

function differing(
	kind: StateDifference["kind"],
	sim: Lines,
	real: Lines,
	close: Close = () => false,
): StateDifference | undefined {
	for (const [where, a] of sim) {
		const b = real.get(where);
		if (b === undefined) return { kind, where, sim: a };
		if (a !== b && !close(a, b)) return { kind, where, sim: a, real: b };
	}
	for (const [where, b] of real) if (!sim.has(where)) return { kind, where, real: b };
	return undefined;
}

/** Without looking at words: rules that were read from one text are the same objects. */
function areSame(a: readonly XtChain[], b: readonly XtChain[]): boolean {
	return (
		a.length === b.length &&
		a.every((chain, k) => {
			const other = b[k];
			return (
				other !== undefined &&
				chain.table === other.table &&
				chain.chain === other.chain &&
				chain.policy === other.policy &&
				counted(chain.counters, other.counters) &&
				chain.rules.length === other.rules.length &&
				chain.rules.every((rule, at) => isSameRule(rule, other.rules[at]))
			);
		})
	);
}

function isSameRule(a: Rule, b: Rule | undefined): boolean {
	return a.matches === b?.matches && a.target === b.target && counted(a.counters, b.counters);
}

function counted(a: Counters | undefined, b: Counters | undefined): boolean {
	return a?.packets === b?.packets && a?.bytes === b?.bytes;
}

function ruleLines(chains: readonly XtChain[]): Lines {
	const lines = new Map<string, string>();
	for (const { table, chain, policy, counters, rules } of chains) {
		const place = `${table} ${chain}`;
		const head = policy === undefined ? "" : ` policy ${policy.toUpperCase()} ${countersText(counters)}`;
		lines.set(place, `*${table} :${chain}${head}`);
		for (const [index, rule] of rules.entries()) {
			lines.set(`${place} rule ${index + 1}`, `*${table} ${countersText(rule.counters)} ${formatRule(rule, chain)}`);
		}
	}
	return lines;
}

function countersText(counters: Counters | undefined): string {
	return `[${counters?.packets ?? 0}:${counters?.bytes ?? 0}]`;
}

/** A hash lists its elements by what they are, so one with a drawn port in it has an order of its own. */
function setDifference(
	sim: readonly IpSet[],
	real: readonly IpSet[],
	{ text, chance, close }: { readonly text: string; readonly chance: Chance; readonly close: Close },
): StateDifference | undefined {
	const found = differing("ipset", setLines(sim, text), setLines(real, text), close);
	if (found === undefined) return undefined;
	const drawn = new Set<string>();
	const theirs = real.map((set) => {
		const entries = (set.entries ?? []).map((member) => withSimPorts(member, chance));
		if (entries.every((member, k) => member === set.entries?.[k])) return set;
		drawn.add(set.name);
		return { ...set, entries };
	});
	if (drawn.size === 0) return found;
	return differing("ipset", setLines(sim, text, drawn), setLines(theirs, text, drawn), close);
}

/** An element in the simulated kernel's terms; the same one if no port of it was drawn. */
function withSimPorts(member: IpSetMember, chance: Chance): IpSetMember {
	const parts = member.parts.map((part) => {
		if (part.kind !== "port" || part.to !== undefined) return part;
		const port = chance.simPort(part.proto, part.port);
		return port === part.port ? part : { ...part, port };
	});
	return parts.every((part, k) => part === member.parts[k]) ? member : { ...member, parts };
}

/** By original tuple and the zones it is in. */
function conntrackDifference(
	sim: readonly ConntrackEntry[],
	real: readonly ConntrackEntry[],
	chance: Chance,
	close: Close,
): StateDifference | undefined {
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

function neighLines(neighs: readonly Neigh[]): Lines {
	const named = neighs.map(({ dev, addr, mac, state }) => {
		return [`${dev} ${addr}`, `${addr} dev ${dev}${mac === undefined ? "" : ` lladdr ${mac}`} ${state ?? ""}`] as const;
	});
	return new Map(named);
}

const RESOLVED: ReadonlySet<string> = new Set<NeighState>(["REACHABLE", "STALE", "DELAY", "PROBE"]);

function sameStates(sim: string, real: string, chance: Chance): boolean {
	const state = /\S*$/;
	const bothResolved = [sim, real].every((line) => RESOLVED.has(state.exec(line)?.[0] ?? ""));
	return bothResolved && sim.replace(state, "") === real.replace(state, "") && chance.count("neighbour state");
}

function fdbLines(fdb: readonly Fdb[]): Lines {
	return new Map(fdb.map(({ dev, mac, state }) => [`${dev} ${mac}`, `${mac} dev ${dev} ${state ?? "learnt"}`]));
}
