/** `-m pkttype`. */
import type { PkttypeMatch } from "../../../kernel/xt-matches.ts";
import type { Match } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension } from "../extension.ts";
import { bang } from "../values.ts";

const TYPES: ReadonlyMap<string, PkttypeMatch["type"]> = new Map([
	["unicast", "unicast"],
	["broadcast", "broadcast"],
	["multicast", "multicast"],
	["otherhost", "otherhost"],
	["host", "unicast"],
	["bcast", "broadcast"],
	["mcast", "multicast"],
]);

export const PKTTYPE: Extension<Match> = extension<Match, Partial<Draft<PkttypeMatch>>>({
	name: "pkttype",
	options: {
		"--pkt-type": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const type = TYPES.get(value.toLowerCase());
				if (type === undefined) return `Bad packet type '${value}'`;
				draft.type = type;
				if (invert) draft.invert = true;
				return undefined;
			},
		},
	},
	start: () => ({}),
	finish: (draft) =>
		draft.type === undefined
			? `pkttype: option "--pkt-type" must be specified`
			: { ...draft, kind: "pkttype", type: draft.type },
});

export function formatPkttype(match: PkttypeMatch): string {
	return ` -m pkttype ${bang(match.invert)}--pkt-type ${match.type}`;
}

/** ` PKTTYPE != multicast`. */
export function describePkttype(match: PkttypeMatch): string {
	return ` PKTTYPE ${match.invert === true ? "!=" : "="} ${match.type}`;
}
