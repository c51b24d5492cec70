/** Makers of `-m set` and `-j SET`: for the sets that the router has. */
import type { SetCounterMatch, SetDirection, SetMatch, SetReference, Target } from "../../../kernel/xtables.ts";
import type { Draw } from "../draw.ts";
import { type DrawnSet, inverted, type Site } from "./site.ts";

export function setMatch(site: Site): SetMatch | undefined {
	const { draw, sets } = site;
	if (sets.length === 0) return undefined;
	const set = drawUsed(site);
	const flag = (percent: number): boolean => draw.chance(percent);
	return {
		kind: "set",
		...reference(draw, set),
		...inverted(draw, 25),
		...(flag(18) ? { returnNomatch: true } : {}),
		...(flag(12) ? { noUpdateCounters: true } : {}),
		...(flag(12) ? { noUpdateSubcounters: true } : {}),
		...(flag(18) ? { packets: counterMatch(draw, 4) } : {}),
		...(flag(10) ? { bytes: counterMatch(draw, 200) } : {}),
	};
}

export function setTarget(site: Site): (Target & { readonly kind: "set" }) | undefined {
	const { draw, sets, table } = site;
	if (sets.length === 0) return undefined;
	const set = drawUsed(site);
	const of = reference(draw, set);
	const what = draw.weighted([
		[55, "add"],
		[25, "del"],
		[20, "map"],
	] as const);
	if (what === "del") return { kind: "set", del: of };
	if (what === "map" && table === "mangle") return { kind: "set", map: of, mapMark: true };
	return {
		kind: "set",
		add: of,
		...(draw.chance(35) ? { exist: true } : {}),
		...(set.options.timeout !== undefined && draw.chance(40) ? { timeout: 500 } : {}),
	};
}

function drawUsed({ draw, scene, sets }: Site): DrawnSet {
	const set = draw.pick(sets);
	scene.uses(set.feature);
	return set;
}

/** As many directions as components, or one more or less: those too many are not looked at. */
function reference(draw: Draw, { name, dims }: DrawnSet): SetReference {
	const count = Math.max(
		1,
		dims +
			draw.weighted([
				[86, 0],
				[7, 1],
				[7, -1],
			]),
	);
	return { set: name, dirs: Array.from({ length: count }, (): SetDirection => draw.pick(["src", "dst"])) };
}

function counterMatch(draw: Draw, bound: number): SetCounterMatch {
	return { op: draw.pick(["eq", "ne", "lt", "gt"]), value: draw.below(bound) };
}
