/** `-p`: the protocol number of the IP header (ip_packet_match). */
import type { ProtocolMatch } from "../../../kernel/xtables.ts";
import type { MatchModule } from "../xtables/types.ts";

export const protocol: MatchModule<ProtocolMatch> = {
	pure: true,
	check(match, at) {
		if (match.proto >= 1 && match.proto <= 255) return undefined;
		return { errno: "EINVAL", message: `unknown protocol "${match.proto}" specified in chain ${at.chain}` };
	},
	compile(match) {
		const proto = match.proto;
		if (match.invert === true) return (_skb, _state, pkt) => pkt.proto !== proto;
		return (_skb, _state, pkt) => pkt.proto === proto;
	},
};
