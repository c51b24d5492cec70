/** `-m recent`. */
import type { Match, RecentMatch } from "../../../kernel/xtables.ts";
import { familyOf, type IpFamily, parseIp } from "../../../wire/addr.ts";
import { type Draft, type Extension, extension, type OptionSyntax } from "../extension.ts";
import { bang, isPlainName, parseUint } from "../values.ts";

type RecentDraft = Partial<Draft<RecentMatch>>;

export const RECENT: Extension<Match> = extension<Match, RecentDraft>({
	name: "recent",
	options: {
		"--set": action("set"),
		"--rcheck": action("rcheck"),
		"--update": action("update"),
		"--remove": action("remove"),
		"--seconds": count("seconds"),
		"--hitcount": count("hitcount"),
		"--reap": flag("reap"),
		"--rttl": flag("rttl"),
		"--name": {
			args: 1,
			set: (draft, { value }) => {
				draft.name = value;
				return isPlainName(value) ? undefined : `recent: bad name "${value}"`;
			},
		},
		"--mask": {
			args: 1,
			set: (draft, { value, family }) => {
				const mask = parseIp(value);
				if (!mask.ok || familyOf(mask.value) !== family) return `recent: bad value for option "--mask".`;
				draft.mask = mask.value;
				return undefined;
			},
		},
		"--rsource": side("rsource"),
		"--rdest": side("rdest"),
	},
	start: () => ({}),
	finish: (draft, { family }) => {
		if (draft.action === undefined) {
			return "recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'";
		}
		if (draft.reap === true && draft.seconds === undefined) {
			return `recent: option "--reap" also requires "--seconds".`;
		}
		return {
			...draft,
			kind: "recent",
			action: draft.action,
			name: draft.name ?? "DEFAULT",
			mask: draft.mask ?? fullMask(family),
			side: draft.side ?? "rsource",
		};
	},
});

export function formatRecent(match: RecentMatch): string {
	return (
		` -m recent ${bang(match.invert)}--${match.action}` +
		(match.seconds === undefined ? "" : ` --seconds ${match.seconds}`) +
		(match.reap === true ? " --reap" : "") +
		(match.hitcount === undefined ? "" : ` --hitcount ${match.hitcount}`) +
		(match.rttl === true ? " --rttl" : "") +
		` --name ${match.name} --mask ${match.mask} --${match.side}`
	);
}

function fullMask(family: IpFamily): string {
	return family === "ipv4" ? "255.255.255.255" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
}

function action(name: RecentMatch["action"]): OptionSyntax<RecentDraft> {
	return {
		args: 0,
		invertible: true,
		set: (draft, { invert }) => {
			if (draft.action !== undefined) {
				return `recent: option "--${draft.action}" cannot be used together with "--${name}".`;
			}
			draft.action = name;
			if (invert) draft.invert = true;
			return undefined;
		},
	};
}

function count(key: "seconds" | "hitcount"): OptionSyntax<RecentDraft> {
	return {
		args: 1,
		set: (draft, { value }) => {
			const n = parseUint(value, 0xffffffff) ?? 0;
			if (n === 0) return `recent: bad value for option "--${key}", or out of range (1-4294967295).`;
			draft[key] = n;
			return undefined;
		},
	};
}

function flag(key: "reap" | "rttl"): OptionSyntax<RecentDraft> {
	return {
		args: 0,
		set: (draft) => {
			draft[key] = true;
			return undefined;
		},
	};
}

function side(name: RecentMatch["side"]): OptionSyntax<RecentDraft> {
	return {
		args: 0,
		set: (draft) => {
			draft.side = name;
			return undefined;
		},
	};
}
