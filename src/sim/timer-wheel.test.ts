import { expect, test } from "vitest";
import { timerWheelDelay } from "./timer-wheel.ts";

const MS = 1_000_000;

test("a one-second timer fires in steps of 32 ms, never early", () => {
	expect(timerWheelDelay(0, 1_000 * MS)).toBe(1_024 * MS);
	expect(timerWheelDelay(1_024 * MS, 1_000 * MS)).toBe(1_024 * MS);
	expect(timerWheelDelay(6 * 4 * MS, 1_000 * MS)).toBe(1_032 * MS);
	for (let now = 0; now < 100 * MS; now += 1.7 * MS) {
		expect(timerWheelDelay(now, 1_000 * MS)).toBeGreaterThan(1_000 * MS);
		expect(timerWheelDelay(now, 1_000 * MS)).toBeLessThanOrEqual(1_036 * MS);
	}
});

test("short timers are good to a tick and long ones to an eighth of their length", () => {
	expect(timerWheelDelay(0, 200 * MS)).toBe(204 * MS);
	expect(timerWheelDelay(5_120 * MS, 2_000 * MS)).toBe(2_016 * MS);
	expect(timerWheelDelay(0, 4_000 * MS)).toBe(4_096 * MS);
});
