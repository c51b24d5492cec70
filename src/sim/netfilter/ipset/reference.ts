/** How rules refer to sets: by place, so that a swap gives them the other contents. */
import type { SetReference } from "../../../kernel/xtables.ts";
import type { ObjectError } from "../../objects/handler.ts";
import type { RuleContext } from "../xtables/types.ts";
import { ipSetTable } from "./table.ts";
import type { SimIpSet } from "./types.ts";

/** IPSET_DIM_MAX. */
const MAX_DIRS = 6;

/** Why a rule cannot refer to the set. */
export function checkReference({ set, dirs }: SetReference, { netns, chain }: RuleContext): ObjectError | undefined {
	if (dirs.length === 0 || dirs.length > MAX_DIRS) {
		return { errno: "ERANGE", message: `rule in chain ${chain}: Can't be more src/dst options than ${MAX_DIRS}.` };
	}
	const found = ipSetTable(netns).find(set);
	if (found === undefined) return { errno: "ENOENT", message: `Set ${set} doesn't exist.` };
	if (found.family !== "ipv6") return undefined;
	return { errno: "EINVAL", message: `The protocol family of set ${set} is IPv6, which is not applicable.` };
}

/** A rule with the reference was loaded (1) or unloaded (-1). */
export function referTo({ set }: SetReference, { netns }: RuleContext, change: 1 | -1): void {
	const table = ipSetTable(netns);
	const place = table.placeOf(set);
	if (place !== undefined) table.refer(place, change);
}

/** Finds the set that is in the reference's place now. */
export function setOf({ set }: SetReference, { netns }: RuleContext): () => SimIpSet | undefined {
	const table = ipSetTable(netns);
	const place = table.placeOf(set);
	return () => (place === undefined ? undefined : table.at(place));
}
