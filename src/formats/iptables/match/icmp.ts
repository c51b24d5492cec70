/** `-m icmp`, `-m icmp6`. */
import type { IcmpMatch, Match } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension, type Fault, type OptionSyntax } from "../extension.ts";
import { ICMP_TYPES, ICMPV6_TYPES, type IcmpTypeName } from "../icmp-names.ts";
import { bang, parseUint } from "../values.ts";

type IcmpDraft = Partial<Draft<IcmpMatch>>;

export const ICMP: Extension<Match> = icmpExtension("icmp", "--icmp-type", ICMP_TYPES);
export const ICMP6: Extension<Match> = icmpExtension("icmp6", "--icmpv6-type", ICMPV6_TYPES);

export function formatIcmp(match: IcmpMatch): string {
	const option = match.kind === "icmp" ? "--icmp-type" : "--icmpv6-type";
	return ` -m ${match.kind} ${bang(match.invert)}${option} ${icmpTypeText(match)}`;
}

/** `8`, `3/1`, `any`. */
function icmpTypeText(match: IcmpMatch): string {
	if (match.kind === "icmp" && match.type === 255 && match.code === undefined) return "any";
	return match.code === undefined ? String(match.type) : `${match.type}/${match.code}`;
}

function icmpExtension(kind: "icmp" | "icmp6", optionName: string, types: readonly IcmpTypeName[]): Extension<Match> {
	const option: OptionSyntax<IcmpDraft> = {
		args: 1,
		invertible: true,
		set: (draft, { value, invert }) => {
			const found = parseIcmpType(value, kind, types);
			if (typeof found === "string") return found;
			draft.type = found.type;
			if (found.code !== undefined) draft.code = found.code;
			if (invert) draft.invert = true;
			return undefined;
		},
	};
	return extension<Match, IcmpDraft>({
		name: kind,
		options: { [optionName]: option },
		start: () => ({}),
		finish: (draft, head): Match | Fault => {
			if (head.proto !== (kind === "icmp" ? 1 : 58) || head.protoInvert) {
				return kind === "icmp" ? "icmp match requires '-p icmp'" : "icmp6 match requires '-p ipv6-icmp'";
			}
			if (draft.type === undefined) return `${kind}: option "${optionName}" must be specified`;
			return { ...draft, kind, type: draft.type };
		},
	});
}

/** A name or its unambiguous beginning, `type`, or `type/code`. A string is the complaint. */
function parseIcmpType(
	text: string,
	kind: "icmp" | "icmp6",
	types: readonly IcmpTypeName[],
): { readonly type: number; readonly code?: number } | string {
	const label = kind === "icmp" ? "ICMP" : "ICMPv6";
	const wanted = text.toLowerCase();
	const exact = types.find(([name]) => name === wanted);
	const begun = exact === undefined && wanted !== "" ? types.filter(([name]) => name.startsWith(wanted)) : [];
	if (begun.length > 1) return `Ambiguous ${label} type \`${text}': \`${begun[0]?.[0]}' or \`${begun[1]?.[0]}'?`;
	const named = exact ?? begun[0];
	if (named !== undefined) return named[2] === undefined ? { type: named[1] } : { type: named[1], code: named[2] };
	const slash = text.indexOf("/");
	const type = parseUint(slash < 0 ? text : text.slice(0, slash), 255);
	if (type === undefined) return `Unknown ${label} type \`${text}'`;
	if (slash < 0 || (kind === "icmp" && type === 255)) return { type };
	const code = parseUint(text.slice(slash + 1), 255);
	return code === undefined ? `Unknown ${label} code \`${text}'` : { type, code };
}
