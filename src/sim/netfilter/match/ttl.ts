/** `-m ttl` (net/netfilter/xt_hl.c: ttl_mt). */
import type { TtlMatch } from "../../../kernel/xt-matches.ts";
import { ipv4Ttl } from "../../../wire/ipv4.ts";
import type { MatchModule } from "../xtables/types.ts";

export const ttl: MatchModule<TtlMatch> = {
	pure: true,
	check(match, at) {
		if (match.invert !== true || match.op === "eq") return undefined;
		return { errno: "EINVAL", message: `ttl match in chain ${at.chain}: "--ttl-${match.op}" cannot be inverted` };
	},
	compile(match) {
		const { value } = match;
		switch (match.op) {
			case "eq": {
				const want = match.invert !== true;
				return (skb) => (ipv4Ttl(skb.bytes, skb.network) === value) === want;
			}
			case "lt":
				return (skb) => ipv4Ttl(skb.bytes, skb.network) < value;
			case "gt":
				return (skb) => ipv4Ttl(skb.bytes, skb.network) > value;
		}
	},
};
