/** `-m tcpmss`: the maximum segment size that TCP offers (net/netfilter/xt_tcpmss.c). */
import type { TcpmssMatch } from "../../../kernel/xt-matches.ts";
import { IPPROTO_TCP } from "../../../wire/ipv4.ts";
import { get16 } from "../../../wire/read-write.ts";
import { TCP_MIN_HLEN, tcpHeaderLength } from "../../../wire/tcp.ts";
import { demandProtocol, inRange, type MatchModule } from "../xtables/types.ts";

const TCPOPT_MSS = 2;
const TCPOLEN_MSS = 4;

export const tcpmss: MatchModule<TcpmssMatch> = {
	// A header that is cut off drops the packet, so that it matters whether this was asked.
	pure: false,
	check: (match, at) => demandProtocol(match, at, [IPPROTO_TCP]),
	compile(match) {
		const want = match.invert !== true;
		return ({ bytes }, _state, pkt) => {
			const at = pkt.transport;
			const options = at + TCP_MIN_HLEN;
			const end = pkt.end >= options ? at + tcpHeaderLength(bytes, at) : 0;
			if (end < options || end > pkt.end) {
				pkt.hotdrop = true;
				return false;
			}
			const mss = findMss(bytes, options, end);
			return mss === undefined ? !want : inRange(mss, match) === want;
		};
	},
};

/** The value of the first such option among the bytes from `at` to `end`. */
function findMss(bytes: Uint8Array, at: number, end: number): number | undefined {
	while (at < end) {
		const kind = bytes[at] ?? 0;
		const length = bytes[at + 1] ?? 0;
		if (kind === TCPOPT_MSS && end - at >= TCPOLEN_MSS && length === TCPOLEN_MSS) return get16(bytes, at + 2);
		at += kind < 2 ? 1 : Math.max(1, length);
	}
	return undefined;
}
