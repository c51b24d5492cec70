/** `-m mark`. */
import type { MarkMatch, Match } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension } from "../extension.ts";
import { bang, formatMark, parseMark } from "../values.ts";

export const MARK: Extension<Match> = extension<Match, Partial<Draft<MarkMatch>>>({
	name: "mark",
	options: {
		"--mark": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const mark = parseMark(value);
				if (mark === undefined) return `mark: bad integer value for option "--mark", or out of range.`;
				draft.value = mark.value;
				draft.mask = mark.mask;
				if (invert) draft.invert = true;
				return undefined;
			},
		},
	},
	start: () => ({}),
	finish: (draft) =>
		draft.value === undefined || draft.mask === undefined
			? `mark: option "--mark" must be specified`
			: { ...draft, kind: "mark", value: draft.value, mask: draft.mask },
});

export function formatMarkMatch(match: MarkMatch): string {
	return ` -m mark ${bang(match.invert)}--mark ${formatMark(match)}`;
}
