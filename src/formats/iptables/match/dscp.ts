/** `-m dscp`. */
import type { DscpMatch } from "../../../kernel/xt-matches.ts";
import type { Match } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension } from "../extension.ts";
import { dscpClass, hexByte } from "../tos-names.ts";
import { bang, parseUint } from "../values.ts";

export const DSCP_MATCH: Extension<Match> = extension<Match, Partial<Draft<DscpMatch>>>({
	name: "dscp",
	exclusive: [["--dscp", "--dscp-class"]],
	options: {
		"--dscp": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const dscp = parseUint(value, 63);
				if (dscp === undefined) return `dscp: bad value for option "--dscp", or out of range (0-63).`;
				draft.value = dscp;
				if (invert) draft.invert = true;
				return undefined;
			},
		},
		"--dscp-class": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const dscp = dscpClass(value);
				if (dscp === undefined) return `Invalid DSCP value \`${value}'`;
				draft.value = dscp;
				if (invert) draft.invert = true;
				return undefined;
			},
		},
	},
	start: () => ({}),
	finish: ({ value, ...rest }) =>
		value === undefined ? "DSCP match: Parameter --dscp is required" : { ...rest, kind: "dscp", value },
});

export function formatDscpMatch(match: DscpMatch): string {
	return ` -m dscp ${bang(match.invert)}--dscp ${hexByte(match.value)}`;
}

/** ` DSCP match !0x2e`. */
export function describeDscpMatch(match: DscpMatch): string {
	return ` DSCP match ${match.invert === true ? "!" : ""}${hexByte(match.value)}`;
}
