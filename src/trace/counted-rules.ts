/** The rules that counted while a flow ran, walked as its first packet walked them: for a kernel that cannot trace. */
import type { RuleOutcome, TraceEvent } from "../kernel/trace-event.ts";
import { BUILTIN_CHAINS, HOOK_NAMES, type HookName, type Rule, type TableName } from "../kernel/xtables.ts";
import { ip } from "../wire/addr.ts";
import { type Explanation, explainRequest } from "./explain.ts";
import type { FlowFacts } from "./flow-facts.ts";

/** A rule, or a chain's policy, that counted while something happened. */
export interface MovedCounter {
	readonly netns: string;
	readonly table: TableName;
	readonly chain: string;
	/** From 1; 0 is the policy. */
	readonly number: number;
	/** Absent: the policy. */
	readonly rule?: Rule;
	readonly packets: number;
	readonly bytes: number;
}

/** Counters do not tell what a translation made of what. */
const UNKNOWN = ip("0.0.0.0");

type RuleEvent = Extract<TraceEvent, { step: "rule" }>;

/** The explanation that counters allow: nat rules count a flow once, and a rule that drops or rejects ends it. */
export function explainCounted(
	facts: FlowFacts,
	moved: readonly MovedCounter[],
	order: readonly string[],
): Explanation {
	return explainRequest(facts, countedRules(moved, order));
}

/** `order`: the namespaces as the packet came through them. */
function countedRules(moved: readonly MovedCounter[], order: readonly string[]): readonly TraceEvent[] {
	return order.flatMap((netns) => {
		const here = moved.filter((counter) => counter.netns === netns);
		// A chain that several hooks come to is told once: a tunnel's outer packets come to those of kube-proxy as well.
		const seen = { filter: new Set<string>(), nat: new Set<string>() };
		return HOOK_NAMES.flatMap((hook) => [
			...walk(here, { table: "filter", hook }, seen.filter),
			...walk(here, { table: "nat", hook }, seen.nat),
		]).flatMap(withNat);
	});
}

function walk(
	moved: readonly MovedCounter[],
	{ table, hook }: { readonly table: TableName; readonly hook: HookName },
	seen: Set<string>,
): readonly RuleEvent[] {
	if (!BUILTIN_CHAINS[table].includes(hook)) return [];
	const chain = (name: string): readonly RuleEvent[] => {
		if (seen.has(name)) return [];
		seen.add(name);
		return moved
			.filter((counter) => counter.table === table && counter.chain === name)
			.flatMap((counter): readonly RuleEvent[] => {
				const { rule } = counter;
				if (rule === undefined) return [];
				const event = ruleEvent(counter, rule);
				const below = rule.target.kind === "jump" || rule.target.kind === "goto" ? chain(rule.target.chain) : [];
				// Of the filter table only what ends a packet is told: every packet of the flow counts there.
				return table === "nat" || event.outcome === "drop" || event.outcome === "reject" ? [event, ...below] : below;
			});
	};
	return chain(hook);
}

function ruleEvent({ netns, table, chain, number }: MovedCounter, rule: Rule): RuleEvent {
	const base = { skb: 0, at: 0, netns, fn: "ipt_do_table" };
	return { ...base, step: "rule", family: "ipv4", table, chain, number, rule, outcome: outcomeOf(rule) };
}

function outcomeOf({ target }: Rule): RuleOutcome {
	switch (target.kind) {
		case "jump":
		case "goto":
		case "return":
		case "accept":
		case "drop":
		case "reject":
			return target.kind;
		default:
			return "continue";
	}
}

/** A rule that translates the source has done so. */
function withNat(event: RuleEvent): readonly TraceEvent[] {
	const { kind } = event.rule.target;
	if (kind !== "masquerade" && kind !== "snat") return [event];
	const { skb, at, netns } = event;
	const tuple = { proto: 0, src: UNKNOWN, dst: UNKNOWN };
	return [
		event,
		{ skb, at, netns, fn: "nf_nat_manip_pkt", step: "nat", manip: "src", reply: false, before: tuple, after: tuple },
	];
}
