/** `-m length`, and `-m tcpmss`, which is a range as well. */
import type { LengthMatch, TcpmssMatch } from "../../../kernel/xt-matches.ts";
import type { Match } from "../../../kernel/xtables.ts";
import { type Extension, extension, type OptionSyntax } from "../extension.ts";
import { bang, formatPortRange, parseUint } from "../values.ts";

interface RangeDraft {
	from?: number;
	to?: number;
	invert?: true;
}

export const LENGTH: Extension<Match> = extension<Match, RangeDraft>({
	name: "length",
	options: { "--length": range("length") },
	start: () => ({}),
	finish: ({ from, to, ...rest }) =>
		from === undefined || to === undefined
			? `length: option "--length" must be specified`
			: { kind: "length", from, to, ...rest },
});

export const TCPMSS_MATCH: Extension<Match> = extension<Match, RangeDraft>({
	name: "tcpmss",
	options: { "--mss": range("tcpmss") },
	start: () => ({}),
	finish: ({ from, to, ...rest }) => {
		if (from === undefined || to === undefined) return `tcpmss: option "--mss" must be specified`;
		return from > to ? "tcpmss: invalid range given" : { kind: "tcpmss", from, to, ...rest };
	},
});

export function formatLength(match: LengthMatch): string {
	return ` -m length ${bang(match.invert)}--length ${formatPortRange(match)}`;
}

export function formatTcpmssMatch(match: TcpmssMatch): string {
	return ` -m tcpmss ${bang(match.invert)}--mss ${formatPortRange(match)}`;
}

/** ` length !100:200`. */
export function describeLength(match: LengthMatch): string {
	return ` length ${match.invert === true ? "!" : ""}${formatPortRange(match)}`;
}

/** ` tcpmss match !536:1400`. */
export function describeTcpmssMatch(match: TcpmssMatch): string {
	return ` tcpmss match ${match.invert === true ? "!" : ""}${formatPortRange(match)}`;
}

/** `N`, `N:M`, `:M`, `N:`, up to 65535. */
function range(match: string): OptionSyntax<RangeDraft> {
	return {
		args: 1,
		invertible: true,
		set: (draft, { option, value, invert }) => {
			const numbers: number[] = [];
			let rest = value;
			for (const text of value.split(":")) {
				if (numbers.length === 2) return `${match}: Too many components for option "${option}" (max: 2)`;
				const n = text === "" ? numbers.length * 0xffff : parseUint(text, 0xffff);
				if (n === undefined) {
					return `${match}: bad value for option "${option}" near "${rest}", or out of range (0-65535).`;
				}
				numbers.push(n);
				rest = rest.slice(text.length + 1);
			}
			const [from = 0, to = from] = numbers;
			draft.from = from;
			draft.to = to;
			if (invert) draft.invert = true;
			return undefined;
		},
	};
}
