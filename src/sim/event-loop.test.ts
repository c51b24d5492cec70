/** Order of what is due at once. */
import { expect, test } from "vitest";
import { EventLoop } from "./event-loop.ts";

test("of timers of the wheel that are due at once the one set last comes first", () => {
	const loop = new EventLoop();
	const fired: string[] = [];
	for (const name of ["first", "second"]) loop.afterInWheel(5, () => fired.push(name));
	loop.after(5, () => fired.push("other"));
	loop.runUntil(5);
	expect(fired).toEqual(["second", "first", "other"]);
});
