/** `-m limit`: a token bucket in the kernel's own arithmetic (net/netfilter/xt_limit.c). */
import type { LimitMatch } from "../../../kernel/xtables.ts";
import type { MatchModule } from "../xtables/types.ts";
import { HZ, jiffies } from "./jiffies.ts";

/** Credits that one jiffy brings: the greatest power of two with which a day's worth still fits 32 bits. */
const CREDITS_PER_JIFFY = 128;
/** XT_LIMIT_SCALE: `avg` is in 1/10000 s. */
const SCALE = 10_000;

export const limit: MatchModule<LimitMatch> = {
	pure: false,
	check(match, at) {
		// The kernel reckons in 32 bits and refuses what came out smaller.
		if (match.burst > 0 && match.avg > 0 && capOf(match) >= credits(match.avg)) return undefined;
		return {
			errno: "ERANGE",
			message: `limit match in chain ${at.chain}: overflow, try lower: ${match.avg}/${match.burst}`,
		};
	},
	compile(match, at) {
		const loop = at.netns.machine.loop;
		const cost = credits(match.avg);
		const cap = capOf(match);
		let credit = cap;
		let previous = jiffies(loop.now());
		return () => {
			const now = jiffies(loop.now());
			credit = Math.min(cap, credit + (now - previous) * CREDITS_PER_JIFFY);
			previous = now;
			if (credit < cost) return false;
			credit -= cost;
			return true;
		};
	},
};

function capOf(match: LimitMatch): number {
	return credits(Math.imul(match.avg, match.burst) >>> 0);
}

/** `user2credits`: rounds down, and first to whole seconds when 32 bits would overflow (which they may still do). */
function credits(user: number): number {
	const perSecond = HZ * CREDITS_PER_JIFFY;
	if (user > 0xffffffff / perSecond) return Math.imul(Math.floor(user / SCALE), perSecond) >>> 0;
	return Math.floor((user * perSecond) / SCALE);
}
