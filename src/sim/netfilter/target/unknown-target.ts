/** A target that this kernel does not model: refused when loaded, by name. */
import type { Target } from "../../../kernel/xtables.ts";
import type { TargetModule } from "../xtables/types.ts";

export const unknownTarget: TargetModule<Extract<Target, { kind: "unknown-target" }>> = {
	name: "unknown",
	check: (target, at) => ({
		errno: "EOPNOTSUPP",
		message: `target "${target.name}" in chain ${at.chain} of table ${at.table} is not modelled: -j ${target.name} ${target.text}`,
	}),
};
