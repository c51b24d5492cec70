import { expect, test } from "vitest";
import { EventLoop } from "../event-loop.ts";
import { SockTimer } from "./sock-timer.ts";

const MS = 1_000_000;

function timer(): { loop: EventLoop; timer: SockTimer; firedMs: number[] } {
	const loop = new EventLoop();
	const firedMs: number[] = [];
	return { loop, timer: new SockTimer(loop, () => firedMs.push(loop.now() / MS)), firedMs };
}

test("a timer that is moved later fires once, at its last time", () => {
	const { loop, timer: t, firedMs } = timer();
	t.set(200 * MS);
	loop.runUntil(100 * MS);
	t.set(200 * MS);
	loop.runUntil(10_000 * MS);
	expect(firedMs).toEqual([304]);
	expect([t.armed, loop.pending]).toEqual([false, false]);
});

test("a timer that is moved earlier fires earlier", () => {
	const { loop, timer: t, firedMs } = timer();
	t.set(1_000 * MS);
	t.set(10 * MS);
	loop.runUntil(10_000 * MS);
	expect(firedMs).toEqual([16]);
});

test("a cleared timer does not fire, and can be set again; a stopped one leaves nothing behind", () => {
	const { loop, timer: t, firedMs } = timer();
	t.set(10 * MS);
	t.clear();
	loop.runUntil(100 * MS);
	expect(firedMs).toEqual([]);
	t.set(10 * MS);
	loop.runUntil(200 * MS);
	expect(firedMs).toEqual([116]);
	t.set(10 * MS);
	t.stop();
	expect(loop.pending).toBe(false);
});
