/** Sets side by side: what is compared, and what a kernel draws. */
import { expect, test } from "vitest";
import { parseIpSetSave } from "../formats/ipset/parse-listing.ts";
import type { IpSet } from "../kernel/ipset.ts";
import { sameElement, setLines } from "./compare-sets.ts";

const GIVEN = "create s hash:ip family inet hashsize 64 maxelem 9 initval 0x1\n";
const DRAWN = "create s hash:ip family inet hashsize 64 maxelem 9\n";

function sets(...lines: readonly string[]): readonly IpSet[] {
	const parsed = parseIpSetSave(lines.join("\n"));
	if (!parsed.ok) throw new Error(parsed.error.message);
	return parsed.value;
}

test("in which order a hash lists its elements counts where its initval is given", () => {
	const [one, other] = [
		sets(GIVEN, "add s 10.0.0.1", "add s 10.0.0.2"),
		sets(GIVEN, "add s 10.0.0.2", "add s 10.0.0.1"),
	];
	expect(setLines(one, GIVEN).get("s")).toContain("initval 0x00000001: 10.0.0.1 10.0.0.2");
	expect(setLines(one, GIVEN)).not.toEqual(setLines(other, GIVEN));
	expect(setLines(one, DRAWN)).toEqual(setLines(other, DRAWN));
	expect(setLines(one, DRAWN).get("s")).not.toContain("initval");
});

test("a timeout may be less by as much as the real run took, and nothing else may differ", () => {
	const line = (seconds: number, more = ""): string => `add s 10.0.0.1 timeout ${seconds}${more}`;
	expect(sameElement(line(599), line(598), 1)).toBe(true);
	expect(sameElement(line(599), line(600), 1)).toBe(true);
	expect(sameElement(line(599), line(597), 1)).toBe(false);
	expect(sameElement(line(599), line(597), 2)).toBe(true);
	expect(sameElement(line(599, " packets 1 bytes 28"), line(599, " packets 2 bytes 56"), 5)).toBe(false);
	expect(sameElement("create s hash:ip timeout 600", "create s hash:ip timeout 601", 5)).toBe(false);
});
