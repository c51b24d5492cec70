/** `-m ecn`: explicit congestion notification, of IP and of TCP (net/netfilter/xt_ecn.c). */
import type { EcnMatch } from "../../../kernel/xt-matches.ts";
import { IPPROTO_TCP, ipv4Tos } from "../../../wire/ipv4.ts";
import { TCP_CWR, TCP_ECE, TCP_MIN_HLEN, tcpFlags } from "../../../wire/tcp.ts";
import { demandProtocol, type MatchModule } from "../xtables/types.ts";

const ECT_MASK = 3;

export const ecn: MatchModule<EcnMatch> = {
	pure: true,
	check(match, at) {
		return match.ece === undefined && match.cwr === undefined ? undefined : demandProtocol(match, at, [IPPROTO_TCP]);
	},
	compile(match) {
		const { ece, cwr, ect } = match;
		const mask = (ece === undefined ? 0 : TCP_ECE) | (cwr === undefined ? 0 : TCP_CWR);
		const flags = (ece === true ? TCP_ECE : 0) | (cwr === true ? TCP_CWR : 0);
		return (skb, _state, pkt) => {
			if (ect !== undefined && ((ipv4Tos(skb.bytes, skb.network) & ECT_MASK) === ect.value) === (ect.invert === true)) {
				return false;
			}
			if (mask === 0) return true;
			// Linux does not ask whether it is a later fragment: whatever stands there is taken for the header.
			if (pkt.end - pkt.transport < TCP_MIN_HLEN) return false;
			return (tcpFlags(skb.bytes, pkt.transport) & mask) === flags;
		};
	},
};
