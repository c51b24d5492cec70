/** `-m tos`. */
import type { TosMatch } from "../../../kernel/xt-matches.ts";
import type { Match } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension } from "../extension.ts";
import { formatTos, parseTos, tosName } from "../tos-names.ts";
import { bang } from "../values.ts";

export const TOS_MATCH: Extension<Match> = extension<Match, Partial<Draft<TosMatch>>>({
	name: "tos",
	options: {
		"--tos": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const tos = parseTos(value);
				if (typeof tos === "string") return tos;
				draft.value = tos.value;
				draft.mask = tos.mask;
				if (invert) draft.invert = true;
				return undefined;
			},
		},
	},
	start: () => ({}),
	finish: ({ value, mask, ...rest }) =>
		value === undefined || mask === undefined
			? `tos: option "--tos" must be specified`
			: { ...rest, kind: "tos", value, mask },
});

export function formatTosMatch(match: TosMatch): string {
	return ` -m tos ${bang(match.invert)}--tos ${formatTos(match)}`;
}

/** ` tos match!0x10/0x3f`, or with a name ` tos match! Minimize-Delay`. */
export function describeTosMatch(match: TosMatch, byName: boolean): string {
	const name = byName ? tosName(match) : undefined;
	return ` tos match${match.invert === true ? "!" : ""}${name === undefined ? formatTos(match) : ` ${name}`}`;
}
