/** `-m rpfilter`: whether an answer would go out where the packet came in (net/ipv4/netfilter/ipt_rpfilter.c). */
import type { RpfilterMatch } from "../../../kernel/xt-matches.ts";
import { ipv4Dst, ipv4Src } from "../../../wire/ipv4.ts";
import { fibOf, LOOPBACK_IFINDEX } from "../../ipv4/fib.ts";
import { isMulticast, isZeronet, LIMITED_BROADCAST } from "../../ipv4/martian.ts";
import { RT_SCOPE } from "../../state/fib-table.ts";
import type { NetDevice, Skb } from "../../types.ts";
import { HOOK_BIT, type MatchModule } from "../xtables/types.ts";

export const rpfilter: MatchModule<RpfilterMatch> = {
	pure: true,
	hooks: () => HOOK_BIT.PREROUTING,
	check(_match, at) {
		if (at.table === "mangle" || at.table === "raw") return undefined;
		const why = `only valid in the 'raw' or 'mangle' table, not '${at.table}'`;
		return { errno: "EINVAL", message: `rpfilter match in chain ${at.chain}: ${why}` };
	},
	compile(match) {
		const want = match.invert !== true;
		return (skb, state) => (state.indev !== undefined && passes(skb, state.indev, match)) === want;
	},
};

function passes(skb: Skb, dev: NetDevice, match: RpfilterMatch): boolean {
	if (skb.pktType === "loopback" || dev.isLoopback) return true;
	const src = ipv4Src(skb.bytes, skb.network);
	const dst = ipv4Dst(skb.bytes, skb.network);
	if (isZeronet(src) && (dst === LIMITED_BROADCAST || isLocalMulticast(dst))) return true;
	const hit = fibOf(dev.netns).lookup({
		dst: src,
		src: isMulticast(dst) || dst === LIMITED_BROADCAST || isZeronet(dst) ? 0 : dst,
		iif: LOOPBACK_IFINDEX,
		oif: 0,
		mark: match.validmark === true ? skb.mark : 0,
		scope: RT_SCOPE.global,
	});
	if (hit === undefined) return false;
	const { type, nexthops } = hit.route;
	if (type !== "unicast" && (type !== "local" || match.acceptLocal !== true)) return false;
	return match.loose === true || nexthops.some((hop) => hop.oif === dev.ifindex);
}

/** 224.0.0.0/24: routers pass it on to nobody. */
function isLocalMulticast(addr: number): boolean {
	return addr >>> 8 === 0xe00000;
}
