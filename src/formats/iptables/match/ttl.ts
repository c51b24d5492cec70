/** `-m ttl`. */
import type { TtlMatch } from "../../../kernel/xt-matches.ts";
import type { Match } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension, type OptionSyntax } from "../extension.ts";
import { bang, parseUint } from "../values.ts";

export const TTL_MATCH: Extension<Match> = extension<Match, Partial<Draft<TtlMatch>>>({
	name: "ttl",
	exclusive: [["--ttl-lt", "--ttl-gt", "--ttl-eq", "--ttl"]],
	options: { "--ttl-eq": ttl("eq"), "--ttl": ttl("eq"), "--ttl-lt": ttl("lt"), "--ttl-gt": ttl("gt") },
	start: () => ({}),
	finish: ({ op, value, ...rest }) =>
		op === undefined || value === undefined
			? "TTL match: You must specify one of `--ttl-eq', `--ttl-lt', `--ttl-gt"
			: { kind: "ttl", op, value, ...rest },
});

export function formatTtlMatch(match: TtlMatch): string {
	return ` -m ttl ${bang(match.invert)}--ttl-${match.op} ${match.value}`;
}

/** ` TTL match TTL == 5`. */
export function describeTtlMatch(match: TtlMatch): string {
	const op = { eq: match.invert === true ? "!=" : "==", lt: "<", gt: ">" }[match.op];
	return ` TTL match TTL ${op} ${match.value}`;
}

function ttl(op: TtlMatch["op"]): OptionSyntax<Partial<Draft<TtlMatch>>> {
	return {
		args: 1,
		...(op === "eq" ? { invertible: true } : {}),
		set: (draft, { option, value, invert }) => {
			const n = parseUint(value, 255);
			if (n === undefined) return `ttl: bad value for option "${option}", or out of range (0-255).`;
			draft.op = op;
			draft.value = n;
			if (invert) draft.invert = true;
			return undefined;
		},
	};
}
