/**
 * Virtual time. Nothing in the simulated kernel waits or looks at a clock: work is queued here and done in order.
 *
 * Three queues: the backlog (softirq work: packets handed from one device to another, first in, first out), programs to be
 * woken, which run when no softirq work is left, and timers. Each item of the backlog takes `BACKLOG_COST_NS` of virtual
 * time, so that time stamps of consecutive hops differ.
 *
 * Backlog and the kernel's timers are softirq work; all else (system calls, woken programs, their timers) is a process at
 * work, which lets softirqs in where Linux does (`letSoftirqsIn`).
 */
import { Heap } from "../base/heap.ts";

/** A thing that can be run with an argument; posting one allocates no closure. */
export interface Work<T> {
	run(arg: T): void;
}

export interface Timer {
	readonly dueNs: number;
	cancel(): void;
}

const BACKLOG_COST_NS = 1_000;

export class EventLoop {
	#nowNs = 0;
	#seq = 0;
	readonly #timers = new Heap<TimerEntry>((a, b) => a.dueNs < b.dueNs || (a.dueNs === b.dueNs && a.seq < b.seq));
	readonly #backlog = new Fifo();
	readonly #wakeUps = new Fifo();
	#turn = 0;
	#inSoftirq = false;

	now(): number {
		return this.#nowNs;
	}

	/** Counts up when the backlog was empty and something else is done: what happens in one turn, a system call waits for. */
	get turn(): number {
		return this.#turn;
	}

	/** Queues `work.run(arg)` behind the work already queued. */
	post<T>(work: Work<T>, arg: T): void {
		this.#backlog.push({ work: work as Work<unknown>, arg });
	}

	/** Queues what a program does once it is told of something: behind all backlog, what that leads to included. */
	wake<T>(work: Work<T>, arg: T): void {
		this.#wakeUps.push({ work: work as Work<unknown>, arg });
	}

	/**
	 * A process's packet is with the device: all backlog runs, what it leads to included, before the process sends the next
	 * (`local_bh_enable` at the end of `dev_queue_xmit`). In softirq work nothing: what was queued waits for its end.
	 */
	letSoftirqsIn(): void {
		if (this.#inSoftirq) return;
		while (!this.#backlog.isEmpty && this.step(this.#nowNs));
	}

	/** Calls `fn` once, `delayNs` from now. */
	after(delayNs: number, fn: () => void): Timer {
		const entry = new TimerEntry(this.#nowNs + Math.max(0, delayNs), this.#seq++, fn);
		this.#timers.push(entry);
		return entry;
	}

	/** As `after`; `fn` is a program's. */
	afterForProgram(delayNs: number, fn: () => void): Timer {
		return this.after(delayNs, () => {
			this.#inSoftirq = false;
			fn();
		});
	}

	/** As `after`, for a timer of Linux's wheel: of those that are due at once the one set last comes first. */
	afterInWheel(delayNs: number, fn: () => void): Timer {
		const entry = new TimerEntry(this.#nowNs + Math.max(0, delayNs), -this.#seq++, fn);
		this.#timers.push(entry);
		return entry;
	}

	/**
	 * Does one thing: the next due timer, else the next backlog item, else wakes the next program, else jumps to the next
	 * timer. False: nothing is left before `limitNs`.
	 */
	step(limitNs: number): boolean {
		const timer = this.#nextTimer();
		const idle = this.#backlog.isEmpty && this.#wakeUps.isEmpty;
		if (timer !== undefined && (timer.dueNs <= this.#nowNs || idle)) {
			if (timer.dueNs > limitNs) return false;
			if (idle) this.#turn += 1;
			this.#timers.pop();
			if (timer.dueNs > this.#nowNs) this.#nowNs = timer.dueNs;
			this.#softirq(timer);
			return true;
		}
		if (idle) return false;
		if (this.#backlog.isEmpty) {
			this.#turn += 1;
			this.#wakeUps.runNext();
			return true;
		}
		this.#nowNs += BACKLOG_COST_NS;
		this.#softirq(this.#backlog);
		return true;
	}

	/** Runs all backlog, woken programs and every timer due now; timers in the future stay. */
	runBacklog(): void {
		while (this.step(this.#nowNs));
	}

	/** Runs everything up to `untilNs` and sets the clock there. */
	runUntil(untilNs: number): void {
		while (this.step(untilNs));
		if (this.#nowNs < untilNs) this.#nowNs = untilNs;
	}

	/** True while there is backlog, a program to wake or an uncancelled timer. */
	get pending(): boolean {
		return !this.#backlog.isEmpty || !this.#wakeUps.isEmpty || this.#nextTimer() !== undefined;
	}

	#softirq(work: TimerEntry | Fifo): void {
		this.#inSoftirq = true;
		try {
			work.runNext();
		} finally {
			this.#inSoftirq = false;
		}
	}

	#nextTimer(): TimerEntry | undefined {
		let timer = this.#timers.peek();
		while (timer?.cancelled === true) {
			this.#timers.pop();
			timer = this.#timers.peek();
		}
		return timer;
	}
}

interface QueuedWork {
	readonly work: Work<unknown>;
	readonly arg: unknown;
}

class Fifo {
	#items: QueuedWork[] = [];
	#head = 0;

	get isEmpty(): boolean {
		return this.#head >= this.#items.length;
	}

	push(item: QueuedWork): void {
		this.#items.push(item);
	}

	runNext(): void {
		const item = this.#items[this.#head];
		this.#head += 1;
		if (this.#head === this.#items.length) {
			this.#items = [];
			this.#head = 0;
		} else if (this.#head > 4096) {
			this.#items.splice(0, this.#head);
			this.#head = 0;
		}
		item?.work.run(item.arg);
	}
}

class TimerEntry implements Timer {
	readonly dueNs: number;
	readonly seq: number;
	#fn: (() => void) | undefined;

	constructor(dueNs: number, seq: number, fn: () => void) {
		this.dueNs = dueNs;
		this.seq = seq;
		this.#fn = fn;
	}

	get cancelled(): boolean {
		return this.#fn === undefined;
	}

	cancel(): void {
		this.#fn = undefined;
	}

	runNext(): void {
		const fn = this.#fn;
		this.#fn = undefined;
		fn?.();
	}
}
