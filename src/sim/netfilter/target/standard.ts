/** Verdicts, jumps and rules without a target: what the evaluation carries out itself (XT_STANDARD_TARGET). */
import type { Rule, Target } from "../../../kernel/xtables.ts";
import type { ObjectError } from "../../objects/handler.ts";
import type { RuleContext, TargetModule } from "../xtables/types.ts";

type Plain<K extends Target["kind"]> = Extract<Target, { kind: K }>;

export const none: TargetModule<Plain<"none">> = { name: "" };
export const accept: TargetModule<Plain<"accept">> = { name: "ACCEPT" };
export const returnTarget: TargetModule<Plain<"return">> = { name: "RETURN" };
export const jump: TargetModule<Plain<"jump">> = { name: "jump", check: checkChain };
export const goto: TargetModule<Plain<"goto">> = { name: "goto", check: checkChain };

export const drop: TargetModule<Plain<"drop">> = {
	name: "DROP",
	check(_target, at) {
		return at.table === "nat" ? { errno: "EINVAL", message: NAT_IS_NOT_A_FILTER } : undefined;
	},
};

export const NAT_IS_NOT_A_FILTER =
	'The "nat" table is not intended for filtering, the use of DROP is therefore inhibited.';

/** The chain that the rule leads to; undefined: none. */
export function jumpOf(rule: Rule): string | undefined {
	return rule.target.kind === "jump" || rule.target.kind === "goto" ? rule.target.chain : undefined;
}

function checkChain(target: Plain<"jump" | "goto">, at: RuleContext): ObjectError | undefined {
	if (!BUILTIN.has(target.chain)) return undefined;
	return { errno: "EINVAL", message: `rule in chain ${at.chain}: cannot jump to the built-in chain ${target.chain}` };
}

const BUILTIN: ReadonlySet<string> = new Set(["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]);
