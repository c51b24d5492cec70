/** `-m statistic`. */
import type { Match, StatisticNthMatch, StatisticRandomMatch } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension } from "../extension.ts";
import { bang, parseUint } from "../values.ts";

const ONE = 0x80000000;
const UINT_MAX = 0xffffffff;

interface StatisticDraft {
	mode?: "random" | "nth";
	random?: Pick<Draft<StatisticRandomMatch>, "probability31" | "invert">;
	every?: Pick<Draft<StatisticNthMatch>, "every" | "invert">;
	packet?: number;
}

export const STATISTIC: Extension<Match> = extension<Match, StatisticDraft>({
	name: "statistic",
	options: {
		"--mode": {
			args: 1,
			set: (draft, { value }) => {
				if (value !== "random" && value !== "nth") return `Bad mode "${value}"`;
				draft.mode = value;
				return undefined;
			},
		},
		"--probability": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const probability = /^(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value) ? Number(value) : 2;
				if (probability > 1) return `statistic: bad value for option "--probability", or out of range (0-1).`;
				draft.random = { probability31: Math.round(probability * ONE), ...(invert ? { invert } : {}) };
				return undefined;
			},
		},
		"--every": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const every = parseUint(value, UINT_MAX) ?? 0;
				if (every === 0) return `statistic: bad value for option "--every", or out of range (1-4294967295).`;
				draft.every = { every, ...(invert ? { invert } : {}) };
				return undefined;
			},
		},
		"--packet": {
			args: 1,
			set: (draft, { value }) => {
				const packet = parseUint(value, UINT_MAX);
				if (packet === undefined) return `statistic: bad value for option "--packet", or out of range (0-4294967295).`;
				draft.packet = packet;
				return undefined;
			},
		},
	},
	start: () => ({}),
	finish: ({ mode, random, every, packet }) => {
		if (mode === undefined && (random !== undefined || every !== undefined)) {
			return `statistic: option "--mode" must be specified`;
		}
		if (mode !== "nth") {
			if (random === undefined) return "--probability must be specified when using random mode";
			return { kind: "statistic", mode: "random", ...random };
		}
		if (every === undefined) return "--every and --packet must be specified when using nth mode";
		if (packet === undefined) return `statistic: option "--every" also requires "--packet".`;
		if (packet >= every.every) return "the --packet p must be 0 <= p <= n-1";
		return { kind: "statistic", mode, ...every, packet };
	},
});

export function formatStatistic(match: StatisticRandomMatch | StatisticNthMatch): string {
	const what =
		match.mode === "random"
			? `--probability ${formatProbability(match.probability31)}`
			: `--every ${match.every} --packet ${match.packet}`;
	return ` -m statistic --mode ${match.mode} ${bang(match.invert)}${what}`;
}

/** Eleven decimals, as C's `%.11f` prints probability31 / 2^31: halves are rounded to even. */
export function formatProbability(probability31: number): string {
	const scaled = BigInt(probability31) * 100_000_000_000n;
	const one = BigInt(ONE);
	let digits = scaled / one;
	const rest = (scaled % one) * 2n;
	if (rest > one || (rest === one && digits % 2n === 1n)) digits += 1n;
	const text = digits.toString().padStart(12, "0");
	return `${text.slice(0, -11)}.${text.slice(-11)}`;
}
