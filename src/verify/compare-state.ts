/** What the kernels hold in the end, side by side: rules with counters, sets, connection tracking, neighbours, forwarding entries. */
import { formatRule } from "../formats/iptables-save.ts";
import type { Fdb, Neigh, NeighState, XtChain } from "../kernel/objects.ts";
import type { Counters, Rule } from "../kernel/xtables.ts";
import type { Chance } from "./chance.ts";
import { conntrackDifference } from "./compare-conntrack.ts";
import { accountLines, setDifference } from "./compare-sets.ts";
import type { Difference } from "./difference.ts";
import { differing, type Lines } from "./differing.ts";
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
		const found =
			(areSame(a.chains, b.chains) ? undefined : differing("rule", ruleLines(a.chains), ruleLines(b.chains))) ??
			conntrackDifference(a.conntrack, b.conntrack, { chance, late }) ??
			// After the connections, which tell of ports that NAT drew.
			setDifference(a.sets, b.sets, { text: scenario.config[netns]?.ipset ?? "", chance, late }) ??
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
