/** `-m addrtype`. */
import type { AddrType, AddrTypeMatch, Match } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension, type OptionSyntax, UNMODELLED } from "../extension.ts";
import { bang, inverted, parseNames } from "../values.ts";

const ADDR_TYPES: readonly AddrType[] = [
	"UNSPEC",
	"UNICAST",
	"LOCAL",
	"BROADCAST",
	"ANYCAST",
	"MULTICAST",
	"BLACKHOLE",
	"UNREACHABLE",
	"PROHIBIT",
];
/** Types that exist and no route has: kept as text. */
const OTHER_ADDR_TYPES = ["THROW", "NAT", "XRESOLVE"] as const;

export const ADDRTYPE: Extension<Match> = extension<Match, Draft<AddrTypeMatch>>({
	name: "addrtype",
	options: {
		"--src-type": addrTypeOption("srcType"),
		"--dst-type": addrTypeOption("dstType"),
		"--limit-iface-in": limitIface("in"),
		"--limit-iface-out": limitIface("out"),
	},
	start: () => ({ kind: "addrtype" }),
	finish: (draft) =>
		draft.srcType === undefined && draft.dstType === undefined
			? "addrtype: you must specify --src-type or --dst-type"
			: draft,
});

export function formatAddrType(match: AddrTypeMatch): string {
	let text = " -m addrtype";
	if (match.srcType !== undefined) text += ` ${bang(match.srcType.invert)}--src-type ${addrTypes(match.srcType.value)}`;
	if (match.dstType !== undefined) text += ` ${bang(match.dstType.invert)}--dst-type ${addrTypes(match.dstType.value)}`;
	return match.limitIface === undefined ? text : `${text} --limit-iface-${match.limitIface}`;
}

/** `BROADCAST,MULTICAST` in the kernel's order. */
export function addrTypes(types: readonly AddrType[]): string {
	return ADDR_TYPES.filter((type) => types.includes(type)).join(",");
}

function addrTypeOption(key: "srcType" | "dstType"): OptionSyntax<Draft<AddrTypeMatch>> {
	return {
		args: 1,
		invertible: true,
		set: (draft, { value, invert }) => {
			const types = parseNames(value, [...ADDR_TYPES, ...OTHER_ADDR_TYPES]);
			if (types === undefined) return `addrtype: bad type "${value}"`;
			const known = ADDR_TYPES.filter((type) => types.includes(type));
			if (known.length !== types.length) return UNMODELLED;
			draft[key] = inverted(known, invert);
			return undefined;
		},
	};
}

function limitIface(side: "in" | "out"): OptionSyntax<Draft<AddrTypeMatch>> {
	return {
		args: 0,
		set: (draft) => {
			if (draft.limitIface !== undefined) {
				return 'addrtype: option "--limit-iface-in" cannot be used together with "--limit-iface-out".';
			}
			draft.limitIface = side;
			return undefined;
		},
	};
}
