import { expect, test } from "vitest";
import { SimKernel } from "../sim/sim-kernel.ts";
import { Signal } from "./interrupt.ts";
import { asKernel, ShellWorld } from "./world.ts";

const SECOND = 1e9;

function world(): ShellWorld {
	return new ShellWorld(new SimKernel());
}

test("commands side by side are woken by one clock, in the order of their times", async () => {
	const w = world();
	const said: string[] = [];
	const sleeper = async (name: string, seconds: number): Promise<void> => {
		for (let round = 1; round <= 2; round += 1) {
			await w.wait(() => false, { timeoutNs: seconds * SECOND });
			said.push(`${name}${round} ${w.kernel.clock.now() / SECOND}`);
		}
	};
	await w.run(async () => {
		let ended = 0;
		for (const [name, seconds] of [["a", 3] as const, ["b", 2] as const]) {
			void w.spawn(() => sleeper(name, seconds)).then(() => (ended += 1));
		}
		await w.wait(() => ended === 2, { timeoutNs: 100 * SECOND });
	});
	expect(said).toEqual(["b1 2", "a1 3", "b2 4", "a2 6"]);
});

test("time stands still while a command works, however many promises it awaits", async () => {
	const w = world();
	let woke = 0;
	await w.run(async () => {
		void w.spawn(async () => {
			await w.wait(() => false, { timeoutNs: SECOND });
			woke = w.kernel.clock.now();
		});
		for (let k = 0; k < 500; k += 1) await Promise.resolve();
		expect(w.kernel.clock.now()).toBe(0);
		expect(woke).toBe(0);
		await w.wait(() => woke > 0, { timeoutNs: 5 * SECOND });
		expect(w.kernel.clock.now()).toBe(SECOND);
	});
});

test("between two runs time stands still, though a background job sleeps", async () => {
	const w = world();
	let ticks = 0;
	await w.run(async () => {
		void w.spawn(async () => {
			for (;;) {
				await w.wait(() => false, { timeoutNs: SECOND });
				ticks += 1;
			}
		});
		await w.wait(() => false, { timeoutNs: 2.5 * SECOND });
	});
	expect(ticks).toBe(2);
	for (let k = 0; k < 200; k += 1) await Promise.resolve();
	expect([ticks, w.kernel.clock.now()]).toEqual([2, 2.5 * SECOND]);
	await w.run(() => w.wait(() => false, { timeoutNs: SECOND }));
	expect(ticks).toBe(3);
});

test("a condition that holds, an interrupt and a time limit each end a wait, and only the first is true", async () => {
	const w = world();
	const signal = new Signal();
	w.kernel.clock.after(SECOND, () => signal.raise());
	let open = false;
	w.kernel.clock.after(0.5 * SECOND, () => {
		open = true;
	});
	const ends = await w.run(async () => [
		await w.wait(() => open, { timeoutNs: 9 * SECOND, interrupt: signal }),
		await w.wait(() => false, { timeoutNs: 9 * SECOND, interrupt: signal }),
		await w.wait(() => false, { timeoutNs: SECOND }),
		w.kernel.clock.now() / SECOND,
	]);
	expect(ends).toEqual([true, false, false, 2]);
});

test("everybody waiting for ever is an error, not a hang", async () => {
	const w = world();
	await expect(w.run(() => w.wait(() => false, { timeoutNs: Infinity }))).rejects.toThrow("everybody waits for ever");
});

test("whose waiting has no limit is known signal by signal", async () => {
	const w = world();
	const [job, other] = [new Signal(), new Signal()];
	const member = new Signal(job);
	let stop = false;
	const seen: unknown[] = [];
	await w.run(async () => {
		void w.spawn(() => w.wait(() => stop, { timeoutNs: Infinity, interrupt: member }));
		void w.spawn(() => w.wait(() => stop, { timeoutNs: 5 * SECOND, interrupt: other }));
		await w.wait(() => false, { timeoutNs: SECOND });
		seen.push(w.waitsForEver(job), w.othersWaitForEver(job), w.waitsForEver(other), w.everybodyWaitsForEver());
		member.expireAt(3 * SECOND);
		seen.push(w.waitsForEver(job));
		stop = true;
	});
	expect(seen).toEqual([true, false, false, false, false]);
});

test("a program's kernel.run waits through the world", async () => {
	const w = world();
	let other = 0;
	await w.run(async () => {
		void w.spawn(async () => {
			await w.wait(() => false, { timeoutNs: SECOND });
			other = w.kernel.clock.now();
		});
		await asKernel(w).run(() => false, 2 * SECOND);
	});
	expect([other, w.kernel.clock.now()]).toEqual([SECOND, 2 * SECOND]);
});

test("a paced world lets time pass slice by slice, also between runs", async () => {
	let slept = 0;
	const w = new ShellWorld(new SimKernel(), {
		pace: async (ns) => {
			slept += ns;
			await new Promise((resolve) => setImmediate(resolve));
		},
	});
	await w.run(() => w.wait(() => false, { timeoutNs: SECOND }));
	expect([w.kernel.clock.now(), slept]).toEqual([SECOND, SECOND]);
	let rang = false;
	void w.spawn(async () => {
		rang = !(await w.wait(() => false, { timeoutNs: 0.1 * SECOND }));
	});
	while (!rang) await new Promise((resolve) => setImmediate(resolve));
	expect(w.kernel.clock.now()).toBeGreaterThanOrEqual(1.1 * SECOND);
});
