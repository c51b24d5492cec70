/** `-m set`: refused, for this kernel has no sets: a rule that names one is a rule about a set that does not exist. */
import type { SetMatch } from "../../../kernel/xtables.ts";
import type { MatchModule } from "../xtables/types.ts";

export const set: MatchModule<SetMatch> = {
	pure: false,
	check: (match) => ({ errno: "ENOENT", message: `Set ${match.set} doesn't exist.` }),
	compile: () => () => false,
};
