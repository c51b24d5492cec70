/** Makes kube-proxy's random choice fall on one endpoint by the rules themselves: works on every kernel. */
import { ok, type Result } from "../base/result.ts";
import type { Kernel, KernelError, Op } from "../kernel/kernel.ts";
import type { XtChain } from "../kernel/objects.ts";
import type { Rule } from "../kernel/xtables.ts";

/** The probability 1 of `-m statistic` in the kernel's fixed point. */
const ALWAYS = 2 ** 31;

/**
 * In every chain that chooses among endpoints by chance, the rule of `endpoint` (`IP:PORT`) gets the probability 1 and the
 * others 0. The result puts the rules back as they were, their counters included.
 */
export async function forceByRules(
	kernel: Kernel,
	namespaces: readonly string[],
	endpoint: string,
): Promise<Result<() => Promise<void>, KernelError>> {
	const undo: { readonly netns: string; readonly ops: readonly Op[] }[] = [];
	const putBack = async (): Promise<void> => {
		for (const { netns, ops } of undo) {
			const done = await kernel.apply(netns, ops);
			if (!done.ok) throw new Error(`${netns}: the rules could not be put back: ${done.error.message}`);
		}
	};
	for (const netns of namespaces) {
		const dumped = await kernel.dump(netns, ["xt-chain"]);
		if (!dumped.ok) return dumped;
		const chains = dumped.value.filter((object) => object.kind === "xt-chain");
		const choosing = forcedChains(chains, endpoint);
		if (choosing.length === 0) continue;
		const applied = await kernel.apply(
			netns,
			choosing.map(({ forced }) => replace(forced)),
		);
		if (!applied.ok) {
			await putBack();
			return applied;
		}
		undo.push({ netns, ops: choosing.map(({ original }) => replace(original)) });
	}
	return ok(putBack);
}

/** The chains that end in DNAT, and to where, as `IP:PORT`. */
export function endpointChains(chains: readonly XtChain[]): ReadonlyMap<string, string> {
	const found = new Map<string, string>();
	for (const chain of chains) {
		for (const { target } of chain.rules) {
			if (target.kind !== "dnat" || target.to.minAddr === undefined) continue;
			const { minAddr, minPort } = target.to;
			const addr = minAddr.includes(":") ? `[${minAddr}]` : minAddr;
			found.set(chain.chain, minPort === undefined ? addr : `${addr}:${minPort}`);
		}
	}
	return found;
}

function forcedChains(
	chains: readonly XtChain[],
	endpoint: string,
): readonly { readonly original: XtChain; readonly forced: XtChain }[] {
	const endpoints = endpointChains(chains);
	return chains.flatMap((original) => {
		const rules = original.rules.map((rule) => forcedRule(rule, endpoints, endpoint));
		const changed = rules.some((rule, index) => rule !== original.rules[index]);
		return changed ? [{ original, forced: { ...original, rules } }] : [];
	});
}

function forcedRule(rule: Rule, endpoints: ReadonlyMap<string, string>, endpoint: string): Rule {
	const { target } = rule;
	const destination = target.kind === "jump" ? endpoints.get(target.chain) : undefined;
	if (destination === undefined) return rule;
	if (!rule.matches.some((match) => match.kind === "statistic" && match.mode === "random")) return rule;
	const probability31 = destination === endpoint ? ALWAYS : 0;
	const matches = rule.matches.map((match) =>
		match.kind === "statistic" && match.mode === "random" ? { ...match, probability31 } : match,
	);
	return { ...rule, matches };
}

function replace(object: XtChain): Op {
	return { verb: "replace", object };
}
