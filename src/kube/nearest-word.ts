/** The field or kind that somebody may have meant. */
import { distance } from "fastest-levenshtein";

const FARTHEST = 2;

/** The known word with at most two letters wrong, whatever the case. */
export function nearestWord(text: string, words: Iterable<string>): string | undefined {
	let best: string | undefined;
	let least = FARTHEST + 1;
	for (const word of words) {
		const far = distance(text.toLowerCase(), word.toLowerCase());
		if (far >= least || far >= word.length) continue;
		best = word;
		least = far;
	}
	return best;
}
