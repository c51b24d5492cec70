/** Makes kube-proxy's random choice fall on one endpoint by the rules themselves: works on every kernel. */
import type { Result } from "../base/result.ts";
import type { Kernel, KernelError, Op } from "../kernel/kernel.ts";
import type { XtChain } from "../kernel/objects.ts";
import type { Rule } from "../kernel/xtables.ts";
import { formatAddrPort, hostLiteral } from "../wire/addr.ts";
import { changeForAWhile } from "./change-for-a-while.ts";

/** The probability 1 of `-m statistic` in the kernel's fixed point. */
const ALWAYS = 2 ** 31;

/**
 * In every chain that chooses among endpoints by chance, the rule of `endpoint` (`IP:PORT`) gets the probability 1 and the
 * others 0. The result puts the rules back as they were, their counters included.
 */
export function forceByRules(
	kernel: Kernel,
	namespaces: readonly string[],
	endpoint: string,
): Promise<Result<() => Promise<void>, KernelError>> {
	return changeForAWhile(kernel, namespaces, {
		kinds: ["xt-chain"],
		what: "rules",
		change: (objects) => {
			const choosing = forcedChains(
				objects.filter((object) => object.kind === "xt-chain"),
				endpoint,
			);
			return {
				ops: choosing.map(({ forced }) => replace(forced)),
				undo: choosing.map(({ original }) => replace(original)),
			};
		},
	});
}

/** The chains that end in DNAT, and to where, as `IP:PORT`. */
export function endpointChains(chains: readonly XtChain[]): ReadonlyMap<string, string> {
	const found = new Map<string, string>();
	for (const chain of chains) {
		for (const { target } of chain.rules) {
			if (target.kind !== "dnat" || target.to.minAddr === undefined) continue;
			const { minAddr, minPort } = target.to;
			found.set(chain.chain, minPort === undefined ? hostLiteral(minAddr) : formatAddrPort(minAddr, minPort));
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
