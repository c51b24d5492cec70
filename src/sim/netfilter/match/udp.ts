/** `-m udp`: ports (net/netfilter/xt_tcpudp.c: udp_mt). */
import type { UdpMatch } from "../../../kernel/xtables.ts";
import { IPPROTO_UDP } from "../../../wire/ipv4.ts";
import { UDP_HLEN } from "../../../wire/udp.ts";
import { demandProtocol, type MatchModule } from "../xtables/types.ts";
import { checkPorts, compilePorts } from "./ports.ts";

export const udp: MatchModule<UdpMatch> = {
	pure: true,
	check: (match, at) => demandProtocol(match, at, [IPPROTO_UDP]) ?? checkPorts(match, at),
	compile(match) {
		const ports = compilePorts(match);
		return (skb, _state, pkt) => {
			if (pkt.fragOff !== 0) return false;
			if (pkt.end - pkt.transport < UDP_HLEN) {
				pkt.hotdrop = true;
				return false;
			}
			return ports === undefined || ports(skb, pkt);
		};
	},
};
