/** `-m icmp`, `-m icmp6`: type and code (net/netfilter/xt_tcpudp.c: icmp_match). Type 255 is any. */
import type { IcmpMatch } from "../../../kernel/xtables.ts";
import { ICMP_HLEN, icmpCode, icmpType } from "../../../wire/icmpv4.ts";
import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from "../../../wire/ipv4.ts";
import { demandProtocol, type MatchModule } from "../xtables/types.ts";

const ANY_TYPE = 255;

export const icmp: MatchModule<IcmpMatch> = {
	pure: true,
	check(match, at) {
		const family = match.kind === "icmp" ? "ipv4" : "ipv6";
		if (at.family !== family) {
			return { errno: "ENOENT", message: `${match.kind} match in chain ${at.chain}: not a match for ${at.family}` };
		}
		return demandProtocol(match, at, [match.kind === "icmp" ? IPPROTO_ICMP : IPPROTO_ICMPV6]);
	},
	compile(match) {
		const { type, code } = match;
		const want = match.invert !== true;
		return (skb, _state, pkt) => {
			if (pkt.fragOff !== 0) return false;
			if (pkt.end - pkt.transport < ICMP_HLEN) {
				pkt.hotdrop = true;
				return false;
			}
			const hit =
				type === ANY_TYPE ||
				(icmpType(skb.bytes, pkt.transport) === type &&
					(code === undefined || icmpCode(skb.bytes, pkt.transport) === code));
			return hit === want;
		};
	},
};
