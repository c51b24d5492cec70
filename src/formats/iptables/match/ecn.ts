/** `-m ecn`. */
import type { EcnMatch } from "../../../kernel/xt-matches.ts";
import type { Match } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension, type OptionSyntax } from "../extension.ts";
import { parseUint } from "../values.ts";

export const ECN: Extension<Match> = extension<Match, Draft<EcnMatch>>({
	name: "ecn",
	options: {
		"--ecn-tcp-cwr": flag("cwr"),
		"--ecn-tcp-ece": flag("ece"),
		"--ecn-ip-ect": {
			args: 1,
			invertible: true,
			set: (draft, { value: text, invert }) => {
				const value = parseUint(text, 3);
				if (value === undefined) return `ecn: bad value for option "--ecn-ip-ect", or out of range (0-3).`;
				draft.ect = invert ? { value, invert } : { value };
				return undefined;
			},
		},
	},
	start: () => ({ kind: "ecn" }),
	finish: (draft) => (Object.keys(draft).length === 1 ? "ECN match: some option required" : draft),
});

export function formatEcn(match: EcnMatch): string {
	return ` -m ecn${words(match, { not: "! ", ece: "--ecn-tcp-ece", cwr: "--ecn-tcp-cwr", ect: "--ecn-ip-ect " })}`;
}

/** ` ECN match !ECE CWR ECT=2`. */
export function describeEcn(match: EcnMatch): string {
	return ` ECN match${words(match, { not: "!", ece: "ECE", cwr: "CWR", ect: "ECT=" })}`;
}

interface EcnWords {
	readonly not: string;
	readonly ece: string;
	readonly cwr: string;
	readonly ect: string;
}

function words({ ece, cwr, ect }: EcnMatch, names: EcnWords): string {
	const one = (wanted: boolean, name: string): string => ` ${wanted ? "" : names.not}${name}`;
	return (
		(ece === undefined ? "" : one(ece, names.ece)) +
		(cwr === undefined ? "" : one(cwr, names.cwr)) +
		(ect === undefined ? "" : one(ect.invert !== true, `${names.ect}${ect.value}`))
	);
}

function flag(key: "ece" | "cwr"): OptionSyntax<Draft<EcnMatch>> {
	return {
		args: 0,
		invertible: true,
		set: (draft, { invert }) => {
			draft[key] = !invert;
			return undefined;
		},
	};
}
