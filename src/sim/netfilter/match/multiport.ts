/** `-m multiport`: up to 15 ports or ranges (net/netfilter/xt_multiport.c). */
import type { MultiportMatch } from "../../../kernel/xtables.ts";
import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from "../../../wire/ipv4.ts";
import { dportOf, sportOf } from "../xtables/packet.ts";
import { demandProtocol, inRange, type MatchModule } from "../xtables/types.ts";
import { checkRange } from "./ports.ts";

const IPPROTO_DCCP = 33;
const IPPROTO_UDPLITE = 136;
/** XT_MULTI_PORTS: a range takes two places. */
const MAX_PORTS = 15;

export const multiport: MatchModule<MultiportMatch> = {
	pure: true,
	check(match, at) {
		const places = match.ports.reduce((sum, range) => sum + (range.from === range.to ? 1 : 2), 0);
		if (places < 1 || places > MAX_PORTS) {
			return { errno: "EINVAL", message: `multiport match in chain ${at.chain}: too many ports specified` };
		}
		for (const range of match.ports) {
			const error = checkRange(range, at);
			if (error !== undefined) return error;
		}
		return demandProtocol(match, at, [IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_DCCP, IPPROTO_UDPLITE]);
	},
	compile(match) {
		const ranges = match.ports;
		const bySource = match.which !== "dports";
		const byDestination = match.which !== "sports";
		const want = match.invert !== true;
		return (skb, _state, pkt) => {
			if (pkt.fragOff !== 0) return false;
			if (pkt.end - pkt.transport < 4) {
				pkt.hotdrop = true;
				return false;
			}
			for (const range of ranges) {
				if (bySource && inRange(sportOf(skb, pkt), range)) return want;
				if (byDestination && inRange(dportOf(skb, pkt), range)) return want;
			}
			return !want;
		};
	},
};
