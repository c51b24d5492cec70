/** The words for a name that refers to nothing. */
import { distance } from "fastest-levenshtein";

/** `expected a machine, found "mastr"; did you mean master?` */
export function unknownName(
	what: string,
	{ found, known }: { readonly found: string; readonly known: readonly string[] },
): string {
	const near = known.filter((name) => distance(name, found) <= 2);
	const hint =
		near.length > 0
			? `; did you mean ${near.join(" or ")}?`
			: known.length > 0
				? ` (there is ${wordList(known, "and")})`
				: "";
	return `expected ${what}, found ${JSON.stringify(found)}${hint}`;
}

/** `a, b and c`. */
export function wordList(names: readonly string[], conjunction: "and" | "or"): string {
	const last = names.at(-1) ?? "";
	return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} ${conjunction} ${last}`;
}
