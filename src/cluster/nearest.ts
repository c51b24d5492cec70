/** The names that somebody may have meant. */
import { distance } from "fastest-levenshtein";

const MOST = 3;

/** At most three names near to `text`, the nearest first; a name that `text` is the beginning of counts as near. */
export function nearestNames(text: string, names: readonly string[]): readonly string[] {
	const allowed = Math.max(2, Math.floor(text.length / 3));
	return names
		.map((name) => ({ name, far: farness(text, name) }))
		.filter(({ far }) => far <= allowed)
		.toSorted((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
		.slice(0, MOST)
		.map(({ name }) => name);
}

function farness(text: string, name: string): number {
	return text !== "" && name.startsWith(text) ? 1 : distance(text, name);
}
