/** `-j SET`. */
import type { SetReference, Target } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension, type OptionSyntax } from "../extension.ts";
import { formatReference, parseReference } from "../set-reference.ts";
import { parseUint } from "../values.ts";

type SetTarget = Extract<Target, { kind: "set" }>;

const MAX_TIMEOUT = 4_294_967_294;

export const SET_TARGET: Extension<Target> = extension<Target, Draft<SetTarget>>({
	name: "SET",
	options: {
		"--add-set": reference("--add-set", (draft, given) => {
			draft.add = given;
		}),
		"--del-set": reference("--del-set", (draft, given) => {
			draft.del = given;
		}),
		"--map-set": reference("--map-set", (draft, given) => {
			draft.map = given;
		}),
		"--exist": flag((draft) => {
			draft.exist = true;
		}),
		"--map-mark": flag((draft) => {
			draft.mapMark = true;
		}),
		"--map-prio": flag((draft) => {
			draft.mapPrio = true;
		}),
		"--map-queue": flag((draft) => {
			draft.mapQueue = true;
		}),
		"--timeout": {
			args: 1,
			set: (draft, { value }) => {
				const seconds = parseUint(value, MAX_TIMEOUT);
				if (seconds === undefined) return `Invalid value for option --timeout or out of range 0-${MAX_TIMEOUT}`;
				draft.timeout = seconds;
				return undefined;
			},
		},
	},
	start: () => ({ kind: "set" }),
	finish: (draft) => complaint(draft) ?? draft,
});

function complaint({ add, del, map, exist, timeout, mapMark, mapPrio, mapQueue }: SetTarget): string | undefined {
	if (add === undefined && del === undefined && map === undefined) {
		return "You must specify either `--add-set' or `--del-set' or `--map-set'";
	}
	if (add === undefined) {
		if (exist === true) return "Flag `--exist' can be used with `--add-set' only";
		if (timeout !== undefined) return "Option `--timeout' can be used with `--add-set' only";
	}
	const maps = mapMark === true || mapPrio === true || mapQueue === true;
	if (map !== undefined && !maps) return "You must specify flags `--map-mark' or '--map-prio` or `--map-queue'";
	if (map === undefined && maps) {
		return "You must specify `--map-set' with `--map-mark' or `--map-prio` or `--map-queue'";
	}
	return undefined;
}

/** The target's options; `dashes` is `--`, or "" in a listing. */
export function setTargetWords(target: SetTarget, dashes: "--" | ""): string {
	const set = (option: string, given: SetReference | undefined): string =>
		given === undefined ? "" : ` ${dashes}${option} ${formatReference(given)}`;
	return (
		set("add-set", target.add) +
		(target.exist === true ? ` ${dashes}exist` : "") +
		(target.timeout === undefined ? "" : ` ${dashes}timeout ${target.timeout}`) +
		set("del-set", target.del) +
		set("map-set", target.map) +
		(target.mapMark === true ? ` ${dashes}map-mark` : "") +
		(target.mapPrio === true ? ` ${dashes}map-prio` : "") +
		(target.mapQueue === true ? ` ${dashes}map-queue` : "")
	);
}

function reference(
	option: string,
	take: (draft: Draft<SetTarget>, given: SetReference) => void,
): OptionSyntax<Draft<SetTarget>> {
	return {
		args: 2,
		// `!` is read and means nothing.
		invertible: true,
		again: `${option} can be specified only once`,
		set: (draft, { value, second }) => {
			const given = parseReference(value, second);
			if (typeof given === "string") return given;
			take(draft, given);
			return undefined;
		},
	};
}

function flag(take: (draft: Draft<SetTarget>) => void): OptionSyntax<Draft<SetTarget>> {
	return {
		args: 0,
		set: (draft) => {
			take(draft);
			return undefined;
		},
	};
}
