/** A set and the sides of the packet, as `-m set` and `-j SET` name them: `NAME src,dst`. */
import { IPSET_NAME_LENGTH } from "../../kernel/ipset.ts";
import type { SetReference } from "../../kernel/xtables.ts";
import { isPlainName } from "./values.ts";

const MAX_DIRS = 6;

/** A string is the complaint. */
export function parseReference(set: string, sides: string): SetReference | string {
	if (set.length > IPSET_NAME_LENGTH) return `setname \`${set}' too long, max ${IPSET_NAME_LENGTH} characters.`;
	const words = sides.split(",");
	const dirs = words
		.map((dir) => (dir === "src" || dir === "dst" ? dir : undefined))
		.filter((dir) => dir !== undefined);
	// The tool spells it so.
	if (dirs.length !== words.length) return "You must spefify (the comma separated list of) 'src' or 'dst'.";
	if (dirs.length > MAX_DIRS) return `Can't be more src/dst options than ${MAX_DIRS}.`;
	return isPlainName(set) ? { set, dirs } : `bad set name "${set}"`;
}

export function formatReference({ set, dirs }: SetReference): string {
	return `${set} ${dirs.join(",")}`;
}
