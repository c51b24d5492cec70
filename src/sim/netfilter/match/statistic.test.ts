import { expect, test } from "vitest";
import { udpSkb } from "../../../../test/conntrack-lab.ts";
import { counted, passHook, type XtLab, xtLab } from "../../../../test/xtables-lab.ts";
import { forceStatistic } from "../xtables/force-statistic.ts";

const ENDS = { src: "10.0.0.1", dst: "10.0.0.2" };

/** Sends packets through `-A FORWARD match`; which of them, from 1, the rule held for. */
function hits(match: string, packets: number, lab: XtLab = xtLab(`-A FORWARD ${match}`)): readonly number[] {
	const found: number[] = [];
	let before = 0;
	for (let k = 1; k <= packets; k += 1) {
		passHook(lab, udpSkb(lab, ENDS), { hook: "FORWARD" });
		const after = Number(counted(lab, "filter", "FORWARD").split("/")[0]);
		if (after > before) found.push(k);
		before = after;
	}
	return found;
}

// Counted on Linux 6.18.
test("nth holds for every n-th packet, beginning where it is told", () => {
	expect(hits("-m statistic --mode nth --every 3 --packet 0", 7)).toEqual([1, 4, 7]);
	expect(hits("-m statistic --mode nth --every 3 --packet 2", 7)).toEqual([3, 6]);
	expect(hits("-m statistic --mode nth --every 1 --packet 0", 3)).toEqual([1, 2, 3]);
	expect(hits("-m statistic --mode nth ! --every 3 --packet 0", 7)).toEqual([2, 3, 5, 6]);
});

test("random holds about as often as it is told, and never or always at the ends", () => {
	const half = hits("-m statistic --mode random --probability 0.5", 400).length;
	expect(half).toBeGreaterThan(150);
	expect(half).toBeLessThan(250);
	expect(hits("-m statistic --mode random --probability 0", 50)).toEqual([]);
	expect(hits("-m statistic --mode random --probability 1", 50)).toHaveLength(50);
	expect(hits("-m statistic --mode random ! --probability 1", 50)).toEqual([]);
});

test("the same seed gives the same choices", () => {
	const match = "-m statistic --mode random --probability 0.3";
	expect(hits(match, 40)).toEqual(hits(match, 40));
});

test("a caller may decide in the place of chance, rule by rule", () => {
	const lab = xtLab(
		"-A FORWARD -m statistic --mode random --probability 0\n-A FORWARD -m statistic --mode random --probability 1",
	);
	forceStatistic(lab.netns).decide = (rule) => {
		const [match] = rule.matches;
		return match?.kind === "statistic" && match.mode === "random" && match.probability31 === 0 ? true : undefined;
	};
	passHook(lab, udpSkb(lab, ENDS), { hook: "FORWARD" });
	expect(counted(lab, "filter", "FORWARD")).toBe("1/32 1/32 1/32");
	forceStatistic(lab.netns).decide = undefined;
	passHook(lab, udpSkb(lab, ENDS), { hook: "FORWARD" });
	expect(counted(lab, "filter", "FORWARD")).toBe("1/32 2/64 2/64");
});
