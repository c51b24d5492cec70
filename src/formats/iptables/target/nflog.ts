/** `-j NFLOG`. `--nflog-range`, which never worked, is kept as text. */
import type { NflogTarget } from "../../../kernel/xt-targets.ts";
import type { Target } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension, type OptionSyntax, UNMODELLED } from "../extension.ts";
import { quoteWord } from "../lexer.ts";
import { parseUint } from "../values.ts";

const MAX_PREFIX = 127;

type NflogDraft = Draft<NflogTarget>;

export const NFLOG: Extension<Target> = extension<Target, NflogDraft>({
	name: "NFLOG",
	options: {
		"--nflog-group": number("group", 0xffff),
		"--nflog-prefix": {
			args: 1,
			set: (draft, { value }) => {
				if (value === "") return "Argument must have a minimum length of 1 characters";
				if (value.includes("\n")) return "Newlines not allowed in --log-prefix";
				draft.prefix = value.slice(0, MAX_PREFIX);
				return undefined;
			},
		},
		"--nflog-range": UNMODELLED,
		"--nflog-size": number("size", 0xffffffff),
		"--nflog-threshold": number("threshold", 0xffff),
	},
	start: () => ({ kind: "nflog" }),
	finish: (draft) => draft,
});

export function formatNflog(target: NflogTarget): string {
	return ` -j NFLOG${words(target, " --")}`;
}

/** ` nflog-prefix "a b" nflog-group 5`. */
export function describeNflog(target: NflogTarget): string {
	return words(target, " ");
}

function words({ prefix, group, size, threshold }: NflogTarget, before: string): string {
	const one = (name: string, value: number | string | undefined): string =>
		value === undefined ? "" : `${before}nflog-${name} ${value}`;
	return (
		one("prefix", prefix === undefined ? undefined : quoteWord(prefix)) +
		one("group", group) +
		one("size", size) +
		one("threshold", threshold)
	);
}

function number(key: "group" | "size" | "threshold", max: number): OptionSyntax<NflogDraft> {
	return {
		args: 1,
		set: (draft, { option, value }) => {
			const n = parseUint(value, max);
			if (n === undefined) return `NFLOG: bad value for option "${option}", or out of range (0-${max}).`;
			// 0 is what group and threshold are anyway.
			if (n !== 0 || key === "size") draft[key] = n;
			return undefined;
		},
	};
}
