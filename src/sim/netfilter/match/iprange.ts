/** `-m iprange`: addresses between two others (net/netfilter/xt_iprange.c). */
import type { AddrRange, IprangeMatch } from "../../../kernel/xt-matches.ts";
import { familyOf, type IpNum, ipNum } from "../../../wire/addr.ts";
import type { MatchModule } from "../xtables/types.ts";

export const iprange: MatchModule<IprangeMatch> = {
	pure: true,
	check(match, at) {
		for (const range of [match.src, match.dst]) {
			if (range === undefined) continue;
			if (familyOf(range.from) === at.family && familyOf(range.to) === at.family) continue;
			const message = `iprange match in chain ${at.chain}: ${range.from}-${range.to} is not ${at.family}`;
			return { errno: "EINVAL", message };
		}
		return undefined;
	},
	compile(match) {
		const bySource = rangeTest(match.src);
		const byDestination = rangeTest(match.dst);
		return (_skb, _state, pkt) => bySource(pkt.src) && byDestination(pkt.dst);
	},
};

function rangeTest(range: AddrRange | undefined): (addr: IpNum) => boolean {
	if (range === undefined) return () => true;
	const [from, to] = [ipNum(range.from), ipNum(range.to)];
	const want = range.invert !== true;
	return (addr) => (addr >= from && addr <= to) === want;
}
