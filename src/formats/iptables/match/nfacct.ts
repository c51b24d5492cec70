/** `-m nfacct`. */
import type { Match, NfacctMatch } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension } from "../extension.ts";
import { quoteWord } from "../lexer.ts";

export const NFACCT: Extension<Match> = extension<Match, Partial<Draft<NfacctMatch>>>({
	name: "nfacct",
	options: {
		"--nfacct-name": {
			args: 1,
			set: (draft, { value }) => {
				draft.name = value;
				return undefined;
			},
		},
	},
	start: () => ({}),
	finish: ({ name }) =>
		name === undefined ? `nfacct: option "--nfacct-name" must be specified` : { kind: "nfacct", name },
});

/** iptables-save prints two spaces before the name. */
export function formatNfacct(match: NfacctMatch): string {
	return ` -m nfacct --nfacct-name  ${quoteWord(match.name)}`;
}
