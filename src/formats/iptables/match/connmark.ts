/** `-m connmark`. */
import type { ConnmarkMatch } from "../../../kernel/xt-matches.ts";
import type { Match } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension } from "../extension.ts";
import { bang, formatMark, parseMark } from "../values.ts";

export const CONNMARK_MATCH: Extension<Match> = extension<Match, Partial<Draft<ConnmarkMatch>>>({
	name: "connmark",
	options: {
		"--mark": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const mark = parseMark(value);
				if (mark === undefined) return `connmark: bad integer value for option "--mark", or out of range.`;
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
			? `connmark: option "--mark" must be specified`
			: { ...draft, kind: "connmark", value: draft.value, mask: draft.mask },
});

export function formatConnmarkMatch(match: ConnmarkMatch): string {
	return ` -m connmark ${bang(match.invert)}--mark ${formatMark(match)}`;
}

/** ` connmark match  0x5/0xf`. */
export function describeConnmarkMatch(match: ConnmarkMatch): string {
	return ` connmark match ${match.invert === true ? "!" : ""} ${formatMark(match)}`;
}
