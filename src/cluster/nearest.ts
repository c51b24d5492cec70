/** The names that somebody may have meant. */
import { distance } from "fastest-levenshtein";

const MOST = 3;

/**
 * At most three of the names, as `pod/NAMESPACE/NAME` or `node/NAME`, that are near to `text`, the nearest first. A name
 * that `text` is the beginning of is near, and so is the same name in another namespace, or without one.
 */
export function nearestNames(text: string, names: readonly string[]): readonly string[] {
	const allowed = Math.max(2, Math.floor(lastPart(text).length / 3));
	return names
		.map((name) => ({ name, far: farness(text, name) }))
		.filter(({ far }) => far <= allowed)
		.toSorted((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
		.slice(0, MOST)
		.map(({ name }) => name);
}

function farness(text: string, name: string): number {
	if ((text !== "" && name.startsWith(text)) || lastPart(name) === lastPart(text)) return 1;
	const bare = text.includes("/") ? name : lastPart(name);
	return text !== "" && bare.startsWith(text) ? 2 : distance(text, bare);
}

function lastPart(name: string): string {
	return name.slice(name.lastIndexOf("/") + 1);
}
