/** `-m rpfilter`. */
import type { RpfilterMatch } from "../../../kernel/xt-matches.ts";
import type { Match } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension, type OptionSyntax } from "../extension.ts";

type Flag = "loose" | "validmark" | "acceptLocal" | "invert";

/** In the order in which the tools print them. */
const FLAGS: readonly (readonly [Flag, string])[] = [
	["loose", "loose"],
	["validmark", "validmark"],
	["acceptLocal", "accept-local"],
	["invert", "invert"],
];

export const RPFILTER: Extension<Match> = extension<Match, Draft<RpfilterMatch>>({
	name: "rpfilter",
	options: Object.fromEntries(FLAGS.map(([key, name]) => [`--${name}`, flag(key)])),
	start: () => ({ kind: "rpfilter" }),
	finish: (draft) => draft,
});

export function formatRpfilter(match: RpfilterMatch): string {
	return ` -m rpfilter${names(match, " --")}`;
}

/** ` rpfilter loose validmark accept-local invert`. */
export function describeRpfilter(match: RpfilterMatch): string {
	return ` rpfilter${names(match, " ")}`;
}

function names(match: RpfilterMatch, before: string): string {
	return FLAGS.map(([key, name]) => (match[key] === true ? before + name : "")).join("");
}

function flag(key: Flag): OptionSyntax<Draft<RpfilterMatch>> {
	return {
		args: 0,
		set: (draft) => {
			draft[key] = true;
			return undefined;
		},
	};
}
