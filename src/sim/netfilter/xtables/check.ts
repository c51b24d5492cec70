/** Whether a rule can be loaded: what the kernel asks each match and target (`xt_check_match`, `xt_check_target`). */
import type { Rule, Target } from "../../../kernel/xtables.ts";
import type { ObjectError } from "../../objects/handler.ts";
import { matchModule } from "./match-modules.ts";
import { targetModule } from "./target-modules.ts";
import { ANY_HOOK, type HookMask, type RuleContext } from "./types.ts";

/** Undefined: it can, as far as the rule alone shows. */
export function checkRule(at: RuleContext): ObjectError | undefined {
	for (const match of at.rule.matches) {
		const module = matchModule(match);
		if (module === undefined) {
			return { errno: "EOPNOTSUPP", message: `match "${match.kind}" in chain ${at.chain} is not modelled` };
		}
		const error = module.check?.(match, at);
		if (error !== undefined) return error;
	}
	const { target } = at.rule;
	const module = targetModule(target);
	if (module === undefined) {
		return { errno: "EOPNOTSUPP", message: `target "${target.kind}" in chain ${at.chain} is not modelled` };
	}
	if (module.onlyTable !== undefined && module.onlyTable !== at.table) {
		const why = `${module.name} target: only valid in ${module.onlyTable} table, not ${at.table}`;
		return { errno: "EINVAL", message: `rule in chain ${at.chain}: ${why}` };
	}
	return module.check?.(target, at);
}

/** The hooks from which the rule may be reached, as far as its target goes. */
export function targetHooks(target: Target): HookMask {
	const hooks = targetModule(target)?.hooks;
	return typeof hooks === "function" ? hooks(target) : (hooks ?? ANY_HOOK);
}

/** The hooks from which the rule may be reached. */
export function ruleHooks(rule: Rule): HookMask {
	let hooks = targetHooks(rule.target);
	for (const match of rule.matches) hooks &= matchModule(match)?.hooks?.(match) ?? ANY_HOOK;
	return hooks;
}

export function ruleNeedsConntrack(rule: Rule): boolean {
	const needs = targetModule(rule.target)?.needsConntrack;
	if (typeof needs === "function" ? needs(rule.target) : needs === true) return true;
	return rule.matches.some((match) => matchModule(match)?.needsConntrack === true);
}

/** Takes hold of what the rule's matches and target refer to. */
export function holdRule(at: RuleContext): void {
	targetModule(at.rule.target)?.hold?.(at.rule.target, at);
	for (const match of at.rule.matches) matchModule(match)?.hold?.(match, at);
}

export function releaseRule(at: RuleContext): void {
	targetModule(at.rule.target)?.release?.(at.rule.target, at);
	for (const match of at.rule.matches) matchModule(match)?.release?.(match, at);
}
