/** `-m pkttype`: whom the frame was for (net/netfilter/xt_pkttype.c). */
import type { PkttypeMatch } from "../../../kernel/xt-matches.ts";
import { ipv4Dst } from "../../../wire/ipv4.ts";
import { isMulticast } from "../../ipv4/martian.ts";
import type { PacketType, Skb } from "../../types.ts";
import type { MatchModule } from "../xtables/types.ts";

export const pkttype: MatchModule<PkttypeMatch> = {
	pure: true,
	compile(match) {
		const wanted: PacketType = match.type === "unicast" ? "host" : match.type;
		const want = match.invert !== true;
		return (skb) => (typeOf(skb) === wanted) === want;
	},
};

/** A packet that the host heard itself send says by its address for whom it was. */
function typeOf(skb: Skb): PacketType {
	if (skb.pktType !== "loopback") return skb.pktType;
	return isMulticast(ipv4Dst(skb.bytes, skb.network)) ? "multicast" : "broadcast";
}
