/** `-m tcp`: ports, flags, options (net/netfilter/xt_tcpudp.c: tcp_mt). */
import type { TcpMatch } from "../../../kernel/xtables.ts";
import { IPPROTO_TCP } from "../../../wire/ipv4.ts";
import { TCP_MIN_HLEN, tcpFlags, tcpHeaderLength } from "../../../wire/tcp.ts";
import type { Skb } from "../../types.ts";
import type { XtPacket } from "../xtables/packet.ts";
import { demandProtocol, type MatchModule } from "../xtables/types.ts";
import { checkPorts, compilePorts } from "./ports.ts";

export const tcp: MatchModule<TcpMatch> = {
	pure: true,
	check: (match, at) => demandProtocol(match, at, [IPPROTO_TCP]) ?? checkPorts(match, at),
	compile(match) {
		const ports = compilePorts(match);
		const flags = match.flags;
		const option = match.option;
		const wantFlags = flags?.invert !== true;
		const mask = flags?.value.mask ?? 0;
		const comp = flags?.value.comp ?? 0;
		return (skb, _state, pkt) => {
			if (pkt.fragOff !== 0) {
				// A fragment that would overwrite the flags of the first one.
				if (pkt.fragOff === 1) pkt.hotdrop = true;
				return false;
			}
			if (pkt.end - pkt.transport < TCP_MIN_HLEN) {
				pkt.hotdrop = true;
				return false;
			}
			if (ports !== undefined && !ports(skb, pkt)) return false;
			if (mask !== 0 && ((tcpFlags(skb.bytes, pkt.transport) & mask) === comp) !== wantFlags) return false;
			if (option === undefined) return true;
			if (tcpHeaderLength(skb.bytes, pkt.transport) < TCP_MIN_HLEN) {
				pkt.hotdrop = true;
				return false;
			}
			return hasOption(skb, pkt, option.value) === (option.invert !== true);
		};
	},
};

/** Walks the option list (`tcp_find_option`); a list that runs past the packet drops it. */
function hasOption(skb: Skb, pkt: XtPacket, wanted: number): boolean {
	const end = pkt.transport + tcpHeaderLength(skb.bytes, pkt.transport);
	if (end > pkt.end) {
		pkt.hotdrop = true;
		return false;
	}
	let at = pkt.transport + TCP_MIN_HLEN;
	while (at < end) {
		const kind = skb.bytes[at] ?? 0;
		if (kind === wanted) return true;
		at += kind < 2 ? 1 : Math.max(1, skb.bytes[at + 1] ?? 0);
	}
	return false;
}
