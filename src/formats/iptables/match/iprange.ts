/** `-m iprange`. */
import type { AddrRange, IprangeMatch } from "../../../kernel/xt-matches.ts";
import type { Match } from "../../../kernel/xtables.ts";
import { familyOf, parseIp } from "../../../wire/addr.ts";
import { type Draft, type Extension, extension, type OptionSyntax } from "../extension.ts";
import { bang } from "../values.ts";

export const IPRANGE: Extension<Match> = extension<Match, Draft<IprangeMatch>>({
	name: "iprange",
	options: { "--src-range": range("src"), "--dst-range": range("dst") },
	start: () => ({ kind: "iprange" }),
	finish: (draft) =>
		draft.src === undefined && draft.dst === undefined
			? "iprange match: You must specify `--src-range' or `--dst-range'"
			: draft,
});

export function formatIprange(match: IprangeMatch): string {
	return ` -m iprange${part("--src-range", match.src)}${part("--dst-range", match.dst)}`;
}

function part(option: string, given: AddrRange | undefined): string {
	return given === undefined ? "" : ` ${bang(given.invert)}${option} ${given.from}-${given.to}`;
}

/** ` source IP range ! 10.0.0.1-10.0.0.9 destination IP range …`. */
export function describeIprange(match: IprangeMatch): string {
	return described("source", match.src) + described("destination", match.dst);
}

function described(end: string, given: AddrRange | undefined): string {
	return given === undefined ? "" : ` ${end} IP range ${bang(given.invert)}${given.from}-${given.to}`;
}

/** `FROM[-TO]`. */
function range(key: "src" | "dst"): OptionSyntax<Draft<IprangeMatch>> {
	return {
		args: 1,
		invertible: true,
		set: (draft, { option, value, invert, family }) => {
			const dash = value.indexOf("-");
			const ends = dash < 0 ? [value, value] : [value.slice(0, dash), value.slice(dash + 1)];
			const [from, to] = ends.map((end) => {
				const addr = parseIp(end);
				return addr.ok && familyOf(addr.value) === family ? addr.value : undefined;
			});
			if (from === undefined) return `iprange: Bad value for "${option}" option: "${ends[0]}"`;
			if (to === undefined) return `iprange: Bad value for "${option}" option: "${ends[1]}"`;
			draft[key] = invert ? { from, to, invert } : { from, to };
			return undefined;
		},
	};
}
