/** `-m statistic`: by chance, or every n-th packet (net/netfilter/xt_statistic.c). */
import type { StatisticNthMatch, StatisticRandomMatch } from "../../../kernel/xtables.ts";
import { forceStatistic } from "../xtables/force-statistic.ts";
import type { MatchFn, MatchModule } from "../xtables/types.ts";

/** Draws have 31 bits. */
const CERTAIN = 0x80000000;

export const statistic: MatchModule<StatisticRandomMatch | StatisticNthMatch> = {
	pure: false,
	check(match, at) {
		const fits =
			match.mode === "random"
				? match.probability31 >= 0 && match.probability31 <= CERTAIN
				: match.every >= 1 && match.packet >= 0 && match.packet < match.every;
		return fits ? undefined : { errno: "EINVAL", message: `statistic match in chain ${at.chain}: bad value` };
	},
	compile(match, at) {
		const chance = match.mode === "random" ? byChance(match) : everyNth(match);
		const force = forceStatistic(at.netns);
		const rule = at.rule;
		return (skb, state, pkt) => force.decide?.(rule) ?? chance(skb, state, pkt);
	},
};

function byChance(match: StatisticRandomMatch): MatchFn {
	const below = match.probability31;
	const want = match.invert !== true;
	return (skb) => skb.machine.rng.uint32() >>> 1 < below === want;
}

/** The counter runs from 0 to `every - 1`; its start makes packet number `packet` (from 0) the first hit. */
function everyNth(match: StatisticNthMatch): MatchFn {
	const last = match.every - 1;
	const want = match.invert !== true;
	let count = last - match.packet;
	return () => {
		count = count === last ? 0 : count + 1;
		return (count === 0) === want;
	};
}
