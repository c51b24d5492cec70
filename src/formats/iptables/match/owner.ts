/** `-m owner`. */
import type { OwnerMatch } from "../../../kernel/xt-matches.ts";
import type { Match } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension, type OptionSyntax } from "../extension.ts";
import { idOfName, nameOfId } from "../user-names.ts";
import { bang, formatPortRange, parseUint } from "../values.ts";

const MAX_ID = 0xfffffffe;

export const OWNER: Extension<Match> = extension<Match, Draft<OwnerMatch>>({
	name: "owner",
	options: {
		"--uid-owner": ids("uid"),
		"--gid-owner": ids("gid"),
		"--socket-exists": {
			args: 0,
			invertible: true,
			set: (draft, { invert }) => {
				draft.socketExists = !invert;
				return undefined;
			},
		},
		"--suppl-groups": {
			args: 0,
			set: (draft) => {
				if (draft.gid === undefined) {
					return `owner: Bad value for "--suppl-groups" option: "you need to use --gid-owner first"`;
				}
				draft.supplGroups = true;
				return undefined;
			},
		},
	},
	start: () => ({ kind: "owner" }),
	finish: (draft) =>
		Object.keys(draft).length === 1
			? "owner: At least one of --uid-owner, --gid-owner or --socket-exists is required"
			: draft,
});

export function formatOwner({ socketExists, uid, gid, supplGroups }: OwnerMatch): string {
	return (
		" -m owner" +
		(socketExists === undefined ? "" : ` ${socketExists ? "" : "! "}--socket-exists`) +
		(uid === undefined ? "" : ` ${bang(uid.invert)}--uid-owner ${formatPortRange(uid, "-")}`) +
		(gid === undefined ? "" : ` ${bang(gid.invert)}--gid-owner ${formatPortRange(gid, "-")}`) +
		(supplGroups === true ? " --suppl-groups" : "")
	);
}

/** ` owner socket exists owner UID match games ! owner GID match 6`. */
export function describeOwner({ socketExists, uid, gid, supplGroups }: OwnerMatch, byName: boolean): string {
	const id = (kind: "uid" | "gid", given: OwnerMatch["uid"]): string => {
		if (given === undefined) return "";
		const name = byName && given.from === given.to ? nameOfId(kind, given.from) : undefined;
		return ` ${bang(given.invert)}owner ${kind.toUpperCase()} match ${name ?? formatPortRange(given, "-")}`;
	};
	return (
		(socketExists === undefined ? "" : ` ${socketExists ? "" : "! "}owner socket exists`) +
		id("uid", uid) +
		id("gid", gid) +
		(supplGroups === true ? " incl. suppl. groups" : "")
	);
}

/** A name, a number, or two numbers with `-` or `:` between them. */
function ids(kind: "uid" | "gid"): OptionSyntax<Draft<OwnerMatch>> {
	return {
		args: 1,
		invertible: true,
		set: (draft, { option, value, invert }) => {
			const named = idOfName(kind, value);
			const [first = "", last = first, ...more] = named === undefined ? value.split(/[-:]/) : [String(named)];
			const from = parseUint(first, MAX_ID);
			const to = parseUint(last, MAX_ID);
			if (from === undefined || to === undefined || more.length > 0) {
				return `owner: Bad value for "${option}" option: "${value}"`;
			}
			draft[kind] = invert ? { from, to, invert } : { from, to };
			return undefined;
		},
	};
}
