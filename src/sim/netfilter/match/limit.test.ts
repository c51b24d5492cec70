import { expect, test } from "vitest";
import { pass, udpSkb } from "../../../../test/conntrack-lab.ts";
import { counted, passHook, type XtLab, xtLab } from "../../../../test/xtables-lab.ts";

function send(lab: XtLab, packets: number): number {
	const before = Number(counted(lab, "filter", "FORWARD").split("/")[0]);
	for (let k = 0; k < packets; k += 1)
		passHook(lab, udpSkb(lab, { src: "10.0.0.1", dst: "10.0.0.2" }), { hook: "FORWARD" });
	return Number(counted(lab, "filter", "FORWARD").split("/")[0]) - before;
}

test("a burst passes at once, then one packet for each period", () => {
	const lab = xtLab("-A FORWARD -m limit --limit 1/sec --limit-burst 3");
	expect(send(lab, 10)).toBe(3);
	pass(lab, 0.9);
	expect(send(lab, 2)).toBe(0);
	pass(lab, 0.1);
	expect(send(lab, 2)).toBe(1);
	pass(lab, 2.5);
	expect(send(lab, 5)).toBe(2);
	pass(lab, 0.5);
	expect(send(lab, 5)).toBe(1);
});

test("credit does not grow beyond the burst", () => {
	const lab = xtLab("-A FORWARD -m limit --limit 5/min --limit-burst 2");
	pass(lab, 3600);
	expect(send(lab, 10)).toBe(2);
	pass(lab, 11.9);
	expect(send(lab, 1)).toBe(0);
	pass(lab, 0.1);
	expect(send(lab, 2)).toBe(1);
});
