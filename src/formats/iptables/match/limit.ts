/** `-m limit`. */
import type { LimitMatch, Match } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension } from "../extension.ts";
import { parseUint } from "../values.ts";

/** The kernel counts in 1/10000 s. */
const SECOND = 10_000;
const UNITS: readonly (readonly [name: string, inSave: string, ticks: number])[] = [
	["day", "day", SECOND * 86_400],
	["hour", "hour", SECOND * 3_600],
	["minute", "min", SECOND * 60],
	["second", "sec", SECOND],
];
const DEFAULT_BURST = 5;
const DEFAULT_AVG = SECOND * 1_200;

export const LIMIT: Extension<Match> = extension<Match, Draft<LimitMatch>>({
	name: "limit",
	options: {
		"--limit": {
			args: 1,
			set: (draft, { value }) => {
				const avg = parseRate(value);
				if (typeof avg === "string") return avg;
				draft.avg = avg;
				return undefined;
			},
		},
		"--limit-burst": {
			args: 1,
			set: (draft, { value }) => {
				const burst = parseUint(value, 10_000);
				if (burst === undefined) return `limit: bad value for option "--limit-burst", or out of range (0-10000).`;
				draft.burst = burst;
				return undefined;
			},
		},
	},
	start: () => ({ kind: "limit", avg: DEFAULT_AVG, burst: DEFAULT_BURST }),
	finish: (draft) => draft,
});

export function formatLimit(match: LimitMatch): string {
	const burst = match.burst === DEFAULT_BURST ? "" : ` --limit-burst ${match.burst}`;
	return ` -m limit --limit ${formatRate(match.avg)}${burst}`;
}

/** `5/min`: the largest unit in which the rate is a whole number, or nearly. */
export function formatRate(avg: number): string {
	let unit = UNITS[0] ?? ["", "day", 1];
	for (const next of UNITS.slice(1)) {
		const [, , ticks] = next;
		if (avg > ticks || Math.floor(ticks / avg) < ticks % avg) break;
		unit = next;
	}
	return `${Math.floor(unit[2] / avg)}/${unit[1]}`;
}

function parseRate(text: string): number | string {
	const slash = text.indexOf("/");
	const count = /^\d+$/.test(slash < 0 ? text : text.slice(0, slash)) ? Number.parseInt(text, 10) : 0;
	const unitText = slash < 0 ? "second" : text.slice(slash + 1).toLowerCase();
	const ticks = unitText === "" ? undefined : UNITS.find(([name]) => name.startsWith(unitText))?.[2];
	if (count === 0 || ticks === undefined) return `bad rate "${text}"'`;
	if (Math.floor(count / (ticks / SECOND)) > SECOND) return `Rate too fast "${text}"`;
	return Math.floor(ticks / count);
}
