import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Poller } from "./poller.ts";

const MS = 1e6;
let poller: Poller;
beforeEach(() => {
	poller = new Poller();
});
afterEach(() => poller.close());

test("timers fire in order of their time, those of the same time in the order they were set, cancelled ones not", async () => {
	const fired: string[] = [];
	poller.clock.after(4 * MS, () => fired.push("late"));
	poller.clock.after(0, () => fired.push("first"));
	poller.clock.after(0, () => fired.push("second"));
	const cancel = poller.clock.after(MS, () => fired.push("cancelled"));
	poller.clock.after(0.3 * MS, cancel);
	expect(await poller.run(() => fired.includes("late"), 1e9)).toBe(true);
	expect(fired).toEqual(["first", "second", "late"]);
});

test("run ends at its time when nothing happens, and at once when it is already done", async () => {
	const start = poller.clock.now();
	expect(await poller.run(() => false, 5 * MS)).toBe(false);
	const took = poller.clock.now() - start;
	expect(took).toBeGreaterThanOrEqual(5 * MS);
	expect(took).toBeLessThan(500 * MS);
	expect(await poller.run(() => true, 1e12)).toBe(true);
});

test("run with no time does what is due now and what follows from it, and no more", async () => {
	const done: string[] = [];
	poller.post(() => {
		done.push("posted");
		poller.post(() => done.push("followed"));
	});
	poller.clock.after(0, () => done.push("due"));
	poller.clock.after(1e9, () => done.push("later"));
	expect(await poller.run(() => false, 0)).toBe(false);
	expect(done).toEqual(["posted", "due", "followed"]);
});

test("promises and Node's own timers go on while it runs", async () => {
	let done = false;
	void sleep(5).then(() => {
		done = true;
	});
	expect(await poller.run(() => done, 2e9)).toBe(true);
});

test("what a callback throws comes out of run, and the poller goes on", async () => {
	poller.post(() => {
		throw new Error("a bug");
	});
	await expect(poller.run(() => false, 0)).rejects.toThrow("a bug");
	let after = false;
	poller.post(() => {
		after = true;
	});
	expect(poller.drain()).toBe(true);
	expect(after).toBe(true);
	expect(poller.drain()).toBe(false);
});

test("a drain inside a callback does nothing: callbacks do not nest", () => {
	const seen: boolean[] = [];
	poller.post(() => {
		poller.post(() => seen.push(true));
		seen.push(poller.drain());
	});
	poller.drain();
	expect(seen).toEqual([false, true]);
});

test("programs go on although nothing runs them", async () => {
	let fired = false;
	poller.clock.after(MS, () => {
		fired = true;
	});
	const stop = poller.keepRunning();
	for (let k = 0; k < 200 && !fired; k += 1) await sleep(5);
	stop();
	expect(fired).toBe(true);
});
