/** `-m mac`: the source address of the Ethernet frame the packet came in (net/netfilter/xt_mac.c). */
import type { MacMatch } from "../../../kernel/xt-matches.ts";
import { macNum } from "../../../wire/addr.ts";
import { ETH_HLEN, ethSrc } from "../../../wire/ethernet.ts";
import { HOOK_BIT, type MatchModule } from "../xtables/types.ts";

const WHERE = HOOK_BIT.PREROUTING | HOOK_BIT.INPUT | HOOK_BIT.FORWARD;

export const mac: MatchModule<MacMatch> = {
	pure: true,
	hooks: () => WHERE,
	compile(match) {
		const wanted = macNum(match.mac);
		const want = match.invert !== true;
		return (skb) => {
			if (skb.dev === undefined || skb.dev.isLoopback) return false;
			if (skb.mac < 0 || skb.mac + ETH_HLEN > skb.network) return false;
			return (ethSrc(skb.bytes, skb.mac) === wanted) === want;
		};
	},
};
