/** `-m length`: the length that the IP header states (net/netfilter/xt_length.c). */
import type { LengthMatch } from "../../../kernel/xt-matches.ts";
import { ipv4TotalLength } from "../../../wire/ipv4.ts";
import { inRange, type MatchModule } from "../xtables/types.ts";

export const length: MatchModule<LengthMatch> = {
	pure: true,
	compile(match) {
		const want = match.invert !== true;
		return (skb) => inRange(ipv4TotalLength(skb.bytes, skb.network), match) === want;
	},
};
