/** Which iptables rules a flow met, by their counters: known of every kernel, traced or not. */
import type { Kernel } from "../kernel/kernel.ts";
import type { XtChain } from "../kernel/objects.ts";
import type { Counters } from "../kernel/xtables.ts";
import { keyOf } from "../reconcile/identity.ts";
import type { MovedCounter } from "../trace/counted-rules.ts";

/** The IPv4 chains with their counters, by namespace; one that cannot be listed has none. */
export async function countersOf(
	kernel: Kernel,
	namespaces: readonly string[],
): Promise<ReadonlyMap<string, readonly XtChain[]>> {
	const all = new Map<string, readonly XtChain[]>();
	for (const netns of namespaces) {
		const dumped = await kernel.dump(netns, ["xt-chain"]);
		const chains = (dumped.ok ? dumped.value : []).filter((object) => object.kind === "xt-chain");
		all.set(
			netns,
			chains.filter((chain) => chain.family === "ipv4"),
		);
	}
	return all;
}

/** In the order of the dump. Chains whose rules were exchanged meanwhile are compared rule by rule at their places. */
export function movedCounters(
	before: ReadonlyMap<string, readonly XtChain[]>,
	after: ReadonlyMap<string, readonly XtChain[]>,
): readonly MovedCounter[] {
	return [...after].flatMap(([netns, chains]) => {
		const known = new Map((before.get(netns) ?? []).map((chain) => [keyOf(chain), chain]));
		return chains.flatMap((chain) => {
			const { table, chain: name } = chain;
			const old = known.get(keyOf(chain));
			const moved = (now: Counters | undefined, then: Counters | undefined): Counters => ({
				packets: (now?.packets ?? 0) - (then?.packets ?? 0),
				bytes: (now?.bytes ?? 0) - (then?.bytes ?? 0),
			});
			const rules = chain.rules.map((rule, index) => {
				const counted = moved(rule.counters, old?.rules[index]?.counters);
				return { netns, table, chain: name, number: index + 1, rule, ...counted };
			});
			const policy = { netns, table, chain: name, number: 0, ...moved(chain.counters, old?.counters) };
			return [...rules, policy].filter(({ packets }) => packets !== 0);
		});
	});
}
