/** A match that this kernel does not model: refused when loaded, by name. */
import type { UnknownMatch } from "../../../kernel/xtables.ts";
import type { MatchModule } from "../xtables/types.ts";

export const unknownMatch: MatchModule<UnknownMatch> = {
	pure: false,
	check: (match, at) => ({
		errno: "EOPNOTSUPP",
		message: `match "${match.name}" in chain ${at.chain} of table ${at.table} is not modelled: -m ${match.name} ${match.text}`,
	}),
	compile: () => () => false,
};
