/** Who is at work when several share one thread. */
import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

test("one at a time, and who waited in the middle of something before who begins", async () => {
	const turns = new Turns();
	const order: string[] = [];
	const note = async (what: string, taken: Promise<void>): Promise<void> => {
		await taken;
		order.push(what);
	};
	await turns.begin();
	expect([turns.isFree, turns.isWanted]).toEqual([false, false]);
	const all = [note("a begins", turns.begin()), note("b begins", turns.begin()), note("c goes on", turns.goOn())];
	await Promise.resolve();
	expect(order).toEqual([]);
	expect(turns.isWanted).toBe(true);
	for (let k = 0; k < all.length; k += 1) {
		turns.give();
		await new Promise<void>((resolve) => {
			queueMicrotask(resolve);
		});
		expect(order.length).toBe(k + 1);
	}
	await Promise.all(all);
	expect(order).toEqual(["c goes on", "a begins", "b begins"]);
	turns.give();
	expect(turns.isFree).toBe(true);
});
