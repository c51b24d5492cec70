/** `-m connmark`: the flow's mark under a mask; a packet without a flow matches never (net/netfilter/xt_connmark.c). */
import type { ConnmarkMatch } from "../../../kernel/xt-matches.ts";
import { skbCt } from "../conntrack/types.ts";
import type { MatchModule } from "../xtables/types.ts";

export const connmark: MatchModule<ConnmarkMatch> = {
	// What CONNMARK does meanwhile is seen by the rules after it, for a rule is asked when its turn comes.
	pure: true,
	needsConntrack: true,
	compile(match) {
		const mask = match.mask | 0;
		const value = match.value | 0;
		const want = match.invert !== true;
		return (skb) => {
			const ct = skbCt(skb);
			return ct !== undefined && ((ct.mark & mask) === value) === want;
		};
	},
};
