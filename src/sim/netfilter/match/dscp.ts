/** `-m dscp`, `-m tos`: the second byte of the IP header (net/netfilter/xt_dscp.c). */
import type { DscpMatch, TosMatch } from "../../../kernel/xt-matches.ts";
import { ipv4Tos } from "../../../wire/ipv4.ts";
import type { MatchModule } from "../xtables/types.ts";

export const dscp: MatchModule<DscpMatch> = {
	pure: true,
	check(match, at) {
		if (match.value >= 0 && match.value <= 63) return undefined;
		return { errno: "EDOM", message: `dscp match in chain ${at.chain}: dscp ${match.value} out of range` };
	},
	compile(match) {
		const { value } = match;
		const want = match.invert !== true;
		return (skb) => (ipv4Tos(skb.bytes, skb.network) >> 2 === value) === want;
	},
};

export const tos: MatchModule<TosMatch> = {
	pure: true,
	compile(match) {
		const { value, mask } = match;
		const want = match.invert !== true;
		return (skb) => ((ipv4Tos(skb.bytes, skb.network) & mask) === value) === want;
	},
};
