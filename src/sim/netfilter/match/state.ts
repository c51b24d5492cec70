/** `-m state`: the older form of `-m conntrack --ctstate` (net/netfilter/xt_state.c). */
import type { StateMatch } from "../../../kernel/xtables.ts";
import type { MatchModule } from "../xtables/types.ts";
import { stateTest } from "./conntrack.ts";

export const state: MatchModule<StateMatch> = {
	pure: true,
	needsConntrack: true,
	compile: (match) => stateTest(match.states, match.invert !== true),
};
