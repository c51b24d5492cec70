/** Turning a rule into functions, when the first packet meets it. */
import { matchModule } from "./match-modules.ts";
import type { XtChainState, XtRuleState } from "./state.ts";
import { targetModule } from "./target-modules.ts";
import type { MatchFn, TargetFn } from "./types.ts";

/** In the order of the rule; matches that always hold are left out. */
export function compileMatches(loaded: XtRuleState, chain: XtChainState): readonly MatchFn[] {
	const at = chain.table.context(chain.name, loaded.rule);
	const compiled: MatchFn[] = [];
	for (const match of loaded.rule.matches) {
		const fn = matchModule(match)?.compile(match, at);
		if (fn !== undefined) compiled.push(fn);
	}
	loaded.matches = compiled;
	return compiled;
}

export function compileTarget(loaded: XtRuleState, chain: XtChainState): TargetFn {
	const at = chain.table.context(chain.name, loaded.rule);
	const target = targetModule(loaded.rule.target)?.compile?.(loaded.rule.target, at) ?? (() => "continue");
	loaded.target = target;
	return target;
}
