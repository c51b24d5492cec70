/** Lets a caller take the place of chance in `-m statistic`, so that one endpoint of a Service can be chosen by name. */
import type { Rule } from "../../../kernel/xtables.ts";
import { type Netns, pernet } from "../../types.ts";

export interface ForceStatistic {
	/** Whether the match of this rule shall hold; undefined: leave it to chance. */
	decide?: ((rule: Rule) => boolean | undefined) | undefined;
}

export const forceStatistic: (netns: Netns) => ForceStatistic = pernet(() => ({}));
