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

/** Queues what does `then`, and notes its name when it runs. */
function recorder(loop: EventLoop): {
	readonly done: string[];
	readonly post: (name: string, then?: () => void) => void;
	readonly wake: (name: string, then?: () => void) => void;
} {
	const done: string[] = [];
	const work = {
		run: ({ name, then }: { readonly name: string; readonly then?: () => void }): void => {
			done.push(name);
			then?.();
		},
	};
	const item = (name: string, then?: () => void) => (then === undefined ? { name } : { name, then });
	return {
		done,
		post: (name, then) => loop.post(work, item(name, then)),
		wake: (name, then) => loop.wake(work, item(name, then)),
	};
}

test("woken programs run in the order in which they were woken, behind all packets and what those lead to", () => {
	const loop = new EventLoop();
	const { done, post, wake } = recorder(loop);
	wake("first program");
	post("packet", () => {
		wake("third program");
		post("answer");
	});
	wake("second program");
	loop.runBacklog();
	expect(done).toEqual(["packet", "answer", "first program", "second program", "third program"]);
});

test("the packets that a program sends arrive before the next program runs", () => {
	const loop = new EventLoop();
	const { done, post, wake } = recorder(loop);
	wake("first program", () => post("its packet", () => wake("who it is for")));
	wake("second program");
	loop.runBacklog();
	expect(done).toEqual(["first program", "its packet", "second program", "who it is for"]);
});

test("a timer that is due comes before packets and programs, a later one when neither is left", () => {
	const loop = new EventLoop();
	const { done, post, wake } = recorder(loop);
	wake("program");
	post("packet");
	loop.after(0, () => done.push("due"));
	loop.after(50_000, () => done.push("later"));
	loop.runUntil(60_000);
	expect(done).toEqual(["due", "packet", "program", "later"]);
});

test("a process that lets softirqs in goes on when all packets have arrived, and before any program is woken", () => {
	const loop = new EventLoop();
	const { done, post, wake } = recorder(loop);
	const sending = (name: string) => (): void => {
		post(`${name}'s packet`, () => {
			post(`${name}'s answer`);
			wake("other program");
		});
		loop.letSoftirqsIn();
		done.push(`${name} goes on`);
	};
	sending("call")();
	wake("program", sending("program"));
	loop.afterForProgram(50_000, sending("alarm"));
	loop.runUntil(60_000);
	const each = (name: string): string[] => [`${name}'s packet`, `${name}'s answer`, `${name} goes on`];
	expect(done).toEqual([
		...each("call"),
		"other program",
		"program",
		...each("program"),
		"other program",
		...each("alarm"),
		"other program",
	]);
});

test("softirq work lets nothing in: packets and the kernel's timers run to their end", () => {
	const loop = new EventLoop();
	const { done, post } = recorder(loop);
	const sending = (name: string) => (): void => {
		post(`${name}'s packet`);
		loop.letSoftirqsIn();
		done.push(`${name} goes on`);
	};
	post("forwarding", sending("forwarding"));
	loop.after(50_000, sending("timer"));
	loop.runUntil(60_000);
	expect(done).toEqual(["forwarding", "forwarding goes on", "forwarding's packet", "timer goes on", "timer's packet"]);
});
