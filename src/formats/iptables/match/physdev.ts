/** `-m physdev`: the bridge ports of a bridged packet. */
import type { Inverted, Match, PhysdevMatch } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension, type OptionSyntax } from "../extension.ts";
import { bang, inverted, isPlainName } from "../values.ts";

const IFNAMSIZ = 16;

export const PHYSDEV: Extension<Match> = extension<Match, Draft<PhysdevMatch>>({
	name: "physdev",
	options: {
		"--physdev-in": physdevName("in"),
		"--physdev-out": physdevName("out"),
		"--physdev-is-in": physdevIs("isIn"),
		"--physdev-is-out": physdevIs("isOut"),
		"--physdev-is-bridged": physdevIs("isBridged"),
	},
	start: () => ({ kind: "physdev" }),
	finish: (draft) => (Object.keys(draft).length === 1 ? "PHYSDEV: no physdev option specified" : draft),
});

export function formatPhysdev(match: PhysdevMatch): string {
	return ` -m physdev${physdevOptions(match)}`;
}

/** The options, in the order in which the tools print them, each after a space. */
export function physdevOptions(match: PhysdevMatch): string {
	const is = (option: string, given: Inverted<true> | undefined): string =>
		given === undefined ? "" : ` ${bang(given.invert)}--physdev-${option}`;
	const name = (option: string, given: Inverted<string> | undefined): string =>
		given === undefined ? "" : ` ${bang(given.invert)}--physdev-${option} ${given.value}`;
	return (
		is("is-in", match.isIn) +
		name("in", match.in) +
		is("is-out", match.isOut) +
		name("out", match.out) +
		is("is-bridged", match.isBridged)
	);
}

function physdevName(key: "in" | "out"): OptionSyntax<Draft<PhysdevMatch>> {
	return {
		args: 1,
		invertible: true,
		set: (draft, { value, invert }) => {
			draft[key] = inverted(value, invert);
			if (value.length >= IFNAMSIZ) return `interface name \`${value}' must be shorter than IFNAMSIZ (15)`;
			return isPlainName(value) ? undefined : `weird character in interface \`${value}'`;
		},
	};
}

function physdevIs(key: "isIn" | "isOut" | "isBridged"): OptionSyntax<Draft<PhysdevMatch>> {
	return {
		args: 0,
		invertible: true,
		set: (draft, { invert }) => {
			draft[key] = inverted(true as const, invert);
			return undefined;
		},
	};
}
