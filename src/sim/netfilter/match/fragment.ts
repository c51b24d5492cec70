/** `-f`: second and further fragments; `! -f`: the first, and whole packets (ip_packet_match). */
import type { FragmentMatch } from "../../../kernel/xtables.ts";
import type { MatchModule } from "../xtables/types.ts";

export const fragment: MatchModule<FragmentMatch> = {
	pure: true,
	compile(match) {
		const want = match.invert !== true;
		return (_skb, _state, pkt) => (pkt.fragOff !== 0) === want;
	},
};
