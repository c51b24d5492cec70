/** `-m sctp`: ports (net/netfilter/xt_sctp.c). */
import type { SctpMatch } from "../../../kernel/xtables.ts";
import { IPPROTO_SCTP } from "../../../wire/ipv4.ts";
import { demandProtocol, type MatchModule } from "../xtables/types.ts";
import { checkPorts, compilePorts } from "./ports.ts";

const SCTP_HLEN = 12;

export const sctp: MatchModule<SctpMatch> = {
	pure: true,
	check: (match, at) => demandProtocol(match, at, [IPPROTO_SCTP]) ?? checkPorts(match, at),
	compile(match) {
		const ports = compilePorts(match);
		return (skb, _state, pkt) => {
			if (pkt.fragOff !== 0) return false;
			if (pkt.end - pkt.transport < SCTP_HLEN) {
				pkt.hotdrop = true;
				return false;
			}
			return ports === undefined || ports(skb, pkt);
		};
	},
};
