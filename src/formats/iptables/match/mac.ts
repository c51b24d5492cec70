/** `-m mac`. */
import type { MacMatch } from "../../../kernel/xt-matches.ts";
import type { Match } from "../../../kernel/xtables.ts";
import { macText } from "../../../wire/addr.ts";
import { type Draft, type Extension, extension } from "../extension.ts";
import { bang } from "../values.ts";

export const MAC: Extension<Match> = extension<Match, Partial<Draft<MacMatch>>>({
	name: "mac",
	options: {
		"--mac-source": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const bytes = value.split(":").map((byte) => (/^[0-9a-f]{1,2}$/i.test(byte) ? Number.parseInt(byte, 16) : -1));
				if (bytes.length !== 6 || bytes.includes(-1)) return "Invalid MAC address specified.";
				draft.mac = macText(bytes.reduce((mac, byte) => mac * 256 + byte, 0));
				if (invert) draft.invert = true;
				return undefined;
			},
		},
	},
	start: () => ({}),
	finish: (draft) =>
		draft.mac === undefined
			? `mac: option "--mac-source" must be specified`
			: { ...draft, kind: "mac", mac: draft.mac },
});

export function formatMac(match: MacMatch): string {
	return ` -m mac ${bang(match.invert)}--mac-source ${match.mac}`;
}

/** ` MAC ! 02:00:00:00:00:0a`. */
export function describeMac(match: MacMatch): string {
	return ` MAC ${bang(match.invert)}${match.mac}`;
}
