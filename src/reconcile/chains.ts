/** The iptables part of a difference: chains come before what jumps to them, and go after it. */
import type { Op } from "../kernel/kernel.ts";
import type { KernelObject, XtChain, XtRule } from "../kernel/objects.ts";
import { BUILTIN_CHAINS } from "../kernel/xtables.ts";
import { keyOf, sameRule, satisfies } from "./identity.ts";

export interface ChainChanges {
	/** Chains, callees first, then jumps in others' chains. */
	readonly make: readonly Op[];
	/** Jumps in others' chains, then chains, callers first. */
	readonly remove: readonly Op[];
}

export function diffChains(
	actual: readonly KernelObject[],
	desired: readonly KernelObject[],
	owns: (object: KernelObject) => boolean,
): ChainChanges {
	const have = actual.filter((object) => object.kind === "xt-chain");
	const want = desired.filter((object) => object.kind === "xt-chain");
	const wantRules = desired.filter((object) => object.kind === "xt-rule");
	const haveByKey = new Map(have.map((chain) => [keyOf(chain), chain]));
	const wantKeys = new Set(want.map(keyOf));
	const changed = want.filter((chain) => {
		const there = haveByKey.get(keyOf(chain));
		return there === undefined || !satisfies(there, chain);
	});
	const stale = have.filter((chain) => !wantKeys.has(keyOf(chain)) && owns(chain) && !isBuiltin(chain));
	const gone = new Set(stale);
	return {
		make: [
			...calleesFirst(changed).map(
				(object): Op => ({ verb: haveByKey.has(keyOf(object)) ? "replace" : "add", object }),
			),
			...wantRules
				.filter((rule) => !hasRule(haveByKey.get(chainKeyOf(rule)), rule))
				.map((object): Op => ({ verb: "add", object })),
		],
		remove: [
			...have
				.filter((chain) => !wantKeys.has(keyOf(chain)) && !gone.has(chain))
				.flatMap((chain) => staleRules(chain, wantRules, owns)),
			...calleesFirst(stale)
				.toReversed()
				.map((object): Op => ({ verb: "delete", object })),
		],
	};
}

/** Rules of a chain that belongs to others: ours among them that nobody wants any more. */
function staleRules(chain: XtChain, wanted: readonly XtRule[], owns: (object: KernelObject) => boolean): readonly Op[] {
	const here = wanted.filter((rule) => chainKeyOf(rule) === keyOf(chain));
	const { family, table, chain: name } = chain;
	return chain.rules
		.map((rule): XtRule => ({ kind: "xt-rule", family, table, chain: name, rule }))
		.filter((object) => owns(object) && !here.some((want) => sameRule(want.rule, object.rule)))
		.map((object): Op => ({ verb: "delete", object }));
}

/** Chains in an order in which each follows those it jumps to; a cycle is cut somewhere (the kernel refuses it anyway). */
function calleesFirst(chains: readonly XtChain[]): readonly XtChain[] {
	const byKey = new Map(chains.map((chain) => [keyOf(chain), chain]));
	const seen = new Set<XtChain>();
	const order: XtChain[] = [];
	const visit = (chain: XtChain): void => {
		if (seen.has(chain)) return;
		seen.add(chain);
		for (const { target } of chain.rules) {
			if (target.kind !== "jump" && target.kind !== "goto") continue;
			const callee = byKey.get(keyOf({ ...chain, chain: target.chain }));
			if (callee !== undefined) visit(callee);
		}
		order.push(chain);
	};
	for (const chain of chains) visit(chain);
	return order;
}

function hasRule(chain: XtChain | undefined, wanted: XtRule): boolean {
	return chain?.rules.some((rule) => sameRule(rule, wanted.rule)) ?? false;
}

function chainKeyOf(rule: XtRule): string {
	return keyOf({ kind: "xt-chain", family: rule.family, table: rule.table, chain: rule.chain, rules: [] });
}

/** A built-in chain cannot go, and others have rules in it: its rules are looked at one by one. */
function isBuiltin(chain: XtChain): boolean {
	return BUILTIN_CHAINS[chain.table].some((hook) => hook === chain.chain);
}
