/** `-m set`. */
import type { Match, SetMatch } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension, type OptionSyntax, UNMODELLED } from "../extension.ts";
import { bang, isPlainName } from "../values.ts";

export const SET: Extension<Match> = extension<Match, Partial<Draft<SetMatch>>>({
	name: "set",
	options: {
		"--match-set": matchSet(),
		"--set": matchSet(),
		"--return-nomatch": {
			args: 0,
			set: (draft) => {
				draft.returnNomatch = true;
				return undefined;
			},
		},
		"--update-counters": {
			args: 0,
			invertible: true,
			set: (draft, { invert }) => {
				if (invert) draft.noUpdateCounters = true;
				return undefined;
			},
		},
		"--update-subcounters": {
			args: 0,
			invertible: true,
			set: (draft, { invert }) => {
				if (invert) draft.noUpdateSubcounters = true;
				return undefined;
			},
		},
		"--packets-eq": UNMODELLED,
		"--packets-lt": UNMODELLED,
		"--packets-gt": UNMODELLED,
		"--bytes-eq": UNMODELLED,
		"--bytes-lt": UNMODELLED,
		"--bytes-gt": UNMODELLED,
	},
	start: () => ({}),
	finish: (draft) =>
		draft.set === undefined || draft.dirs === undefined
			? "You must specify `--match-set' with proper arguments"
			: { ...draft, kind: "set", set: draft.set, dirs: draft.dirs },
});

export function formatSet(match: SetMatch): string {
	return (
		` -m set ${bang(match.invert)}--match-set ${match.set} ${match.dirs.join(",")}` +
		(match.returnNomatch === true ? " --return-nomatch" : "") +
		(match.noUpdateCounters === true ? " ! --update-counters" : "") +
		(match.noUpdateSubcounters === true ? " ! --update-subcounters" : "")
	);
}

function matchSet(): OptionSyntax<Partial<Draft<SetMatch>>> {
	return {
		args: 2,
		invertible: true,
		set: (draft, { value, second, invert }) => {
			const dirs = second.split(",").map((dir) => (dir === "src" || dir === "dst" ? dir : undefined));
			const known = dirs.filter((dir) => dir !== undefined);
			if (known.length !== dirs.length) return "You must specify (the comma separated list of) 'src' or 'dst'.";
			if (!isPlainName(value)) return `bad set name "${value}"`;
			draft.set = value;
			draft.dirs = known;
			if (invert) draft.invert = true;
			return undefined;
		},
	};
}
