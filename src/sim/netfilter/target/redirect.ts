/** `-j REDIRECT`: a new flow's destination becomes this host (net/netfilter/xt_REDIRECT.c). */
import type { Target } from "../../../kernel/xtables.ts";
import { checkRange } from "../match/ports.ts";
import { nfNatRedirect } from "../nat/redirect.ts";
import { HOOK_BIT, type TargetModule } from "../xtables/types.ts";

export const redirect: TargetModule<Extract<Target, { kind: "redirect" }>> = {
	name: "REDIRECT",
	needsConntrack: true,
	onlyTable: "nat",
	hooks: HOOK_BIT.PREROUTING | HOOK_BIT.OUTPUT,
	check: (target, at) => checkRange(target.toPorts, at),
	compile(target) {
		const { toPorts, random } = target;
		const range = { minPort: toPorts?.from, maxPort: toPorts?.to, random };
		return (skb, state) => nfNatRedirect(skb, range, state.hook);
	},
};
