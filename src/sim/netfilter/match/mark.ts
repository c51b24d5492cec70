/** `-m mark`: the packet's mark under a mask (net/netfilter/xt_mark.c: mark_mt). */
import type { MarkMatch } from "../../../kernel/xtables.ts";
import type { MatchModule } from "../xtables/types.ts";

export const mark: MatchModule<MarkMatch> = {
	pure: true,
	compile(match) {
		const mask = match.mask | 0;
		const value = match.value | 0;
		const want = match.invert !== true;
		return (skb) => ((skb.mark & mask) === value) === want;
	},
};
