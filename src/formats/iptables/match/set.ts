/** `-m set`. */
import type { Match, SetCounterMatch, SetMatch } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension, type OptionSyntax } from "../extension.ts";
import { formatReference, parseReference } from "../set-reference.ts";
import { bang, parseUint } from "../values.ts";

type SetDraft = Partial<Draft<SetMatch>>;
type Counter = "packets" | "bytes";

export const SET: Extension<Match> = extension<Match, SetDraft>({
	name: "set",
	options: {
		"--match-set": matchSet(),
		"--set": matchSet(),
		"--return-nomatch": {
			args: 0,
			invertible: true,
			set: (draft, { invert }) => {
				if (invert) return "--return-nomatch flag cannot be inverted";
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
		...counterOptions("packets"),
		...counterOptions("bytes"),
	},
	start: () => ({}),
	finish: (draft) =>
		draft.set === undefined || draft.dirs === undefined
			? "You must specify `--match-set' with proper arguments"
			: { ...draft, kind: "set", set: draft.set, dirs: draft.dirs },
});

export function formatSet(match: SetMatch): string {
	return ` -m set${setWords(match, "--")}`;
}

/** The match's options in the order of iptables-save; `dashes` is `--`, or "" in a listing. */
export function setWords(match: SetMatch, dashes: "--" | ""): string {
	return (
		` ${bang(match.invert)}${dashes}match-set ${formatReference(match)}` +
		(match.returnNomatch === true ? ` ${dashes}return-nomatch` : "") +
		(match.noUpdateCounters === true ? ` ! ${dashes}update-counters` : "") +
		(match.noUpdateSubcounters === true ? ` ! ${dashes}update-subcounters` : "") +
		counterWords("packets", match.packets, dashes) +
		counterWords("bytes", match.bytes, dashes)
	);
}

function counterWords(counter: Counter, match: SetCounterMatch | undefined, dashes: string): string {
	if (match === undefined) return "";
	return match.op === "ne"
		? ` ! ${dashes}${counter}-eq ${match.value}`
		: ` ${dashes}${counter}-${match.op} ${match.value}`;
}

function counterOptions(counter: Counter): Readonly<Record<string, OptionSyntax<SetDraft>>> {
	const option = (op: "eq" | "lt" | "gt"): OptionSyntax<SetDraft> => ({
		args: 1,
		invertible: true,
		again: `only one of the --${counter}-[eq|lt|gt] is allowed`,
		set: (draft, { value, invert }) => {
			if (draft[counter] !== undefined) return `only one of the --${counter}-[eq|lt|gt] is allowed`;
			if (invert && op !== "eq") return `--${counter}-${op} option cannot be inverted`;
			const number = parseUint(value, Number.MAX_SAFE_INTEGER);
			if (number === undefined) return `Cannot parse ${value} as a counter value`;
			draft[counter] = { op: invert ? "ne" : op, value: number };
			return undefined;
		},
	});
	return {
		[`--${counter}-eq`]: option("eq"),
		[`--${counter}-lt`]: option("lt"),
		[`--${counter}-gt`]: option("gt"),
	};
}

function matchSet(): OptionSyntax<SetDraft> {
	return {
		args: 2,
		invertible: true,
		again: "--match-set can be specified only once",
		set: (draft, { value, second, invert }) => {
			const reference = parseReference(value, second);
			if (typeof reference === "string") return reference;
			draft.set = reference.set;
			draft.dirs = reference.dirs;
			if (invert) draft.invert = true;
			return undefined;
		},
	};
}
