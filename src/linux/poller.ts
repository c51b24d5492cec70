/**
 * The event loop of the real kernel: descriptors that are ready (epoll), frames in the order they were captured, timers.
 *
 * Everything runs on the main thread, either inside `run` and `drain` or, while nobody runs them, from a timer that does
 * not keep the process alive. Callbacks never nest: a `drain` inside a callback does nothing.
 */
import { Heap } from "../base/heap.ts";
import type { Turns } from "../base/turns.ts";
import type { Clock } from "../kernel/kernel.ts";
import { lastErrno, libc } from "./libc.ts";

export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
/** Edge triggered: told once per change, so the reader reads until EAGAIN. */
export const EPOLLET = 0x8000_0000;

/** Told which of its events hold; EPOLLERR and EPOLLHUP come unasked. */
export type ReadyHandler = (events: number) => void;

/**
 * Something that is asked first in every pass, before the descriptors' handlers, with what `watchEarly` returned for those
 * that are ready and the time the pass began: true when it did something.
 */
export type EarlyStage = (ready: ReadonlySet<number>, startedNs: number) => boolean;

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
/** `struct epoll_event` is packed on x86 only. */
const EVENT_BYTES = process.arch === "x64" ? 12 : 16;
const TOKEN_AT = EVENT_BYTES - 8;
const BATCH = 256;
/** How long `run` may block Node's own event loop. */
const BLOCK_NS = 1_000_000;
/** How long `run` may keep Node's event loop from its turn while there is work. */
const BUSY_NS = 5_000_000;
/** Of the timer that goes on outside `run`: while something happens, and after a while without anything. */
const TICK_MS = 1;
const IDLE_TICK_MS = 8;
const IDLE_AFTER_TICKS = 200;

interface Watch {
	readonly fd: number;
	readonly onReady: ReadyHandler;
}

interface TimerEntry {
	readonly dueNs: number;
	readonly seq: number;
	/** Undefined: cancelled. */
	fn: (() => void) | undefined;
}

export class Poller {
	/** CLOCK_MONOTONIC. */
	readonly clock: Clock = {
		now: monotonicNs,
		after: (delayNs, fn) => this.#after(delayNs, fn),
	};
	readonly #epoll: number;
	readonly #watches = new Map<number, Watch>();
	readonly #timers = new Heap<TimerEntry>((a, b) => a.dueNs < b.dueNs || (a.dueNs === b.dueNs && a.seq < b.seq));
	readonly #events = new Uint8Array(EVENT_BYTES * BATCH);
	readonly #eventsView = new DataView(this.#events.buffer);
	readonly #readyTokens = new Set<number>();
	#posted: (() => void)[] = [];
	#earlyStages: readonly EarlyStage[] = [];
	#nextToken = 1;
	#nextSeq = 0;
	#draining = false;
	#running = 0;
	#ticker: NodeJS.Timeout | undefined;
	#idleTicks = 0;
	#keepers = 0;
	readonly #turns: Turns | undefined;

	/** `turns`: who calls `run` has one, and leaves it to others while `run` waits. */
	constructor(turns?: Turns) {
		this.#turns = turns;
		this.#epoll = libc.epoll_create1(EPOLL_CLOEXEC);
		if (this.#epoll < 0) throw new Error(`epoll_create1: ${lastErrno()}`);
	}

	/** Watches a descriptor until the returned function is called, which must be before it is closed. */
	watch(fd: number, events: number, onReady: ReadyHandler): () => void {
		const token = this.watchEarly(fd, events, onReady);
		return () => this.unwatch(token);
	}

	/** As `watch`; the result names the descriptor in the set that early stages are given. `onReady` may be absent. */
	watchEarly(fd: number, events: number, onReady: ReadyHandler = () => undefined): number {
		const token = this.#nextToken++;
		const event = new Uint8Array(EVENT_BYTES);
		const view = new DataView(event.buffer);
		view.setUint32(0, events, true);
		view.setUint32(TOKEN_AT, token, true);
		if (libc.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, event) !== 0) throw new Error(`epoll_ctl: ${lastErrno()}`);
		this.#watches.set(token, { fd, onReady });
		this.#schedule();
		return token;
	}

	unwatch(token: number): void {
		const watch = this.#watches.get(token);
		if (watch === undefined) return;
		this.#watches.delete(token);
		libc.epoll_ctl(this.#epoll, EPOLL_CTL_DEL, watch.fd, NO_EVENT);
	}

	/** Calls `fn` in this drain or the next, never at once. */
	post(fn: () => void): void {
		this.#posted.push(fn);
		this.#schedule();
	}

	/** Adds a stage of its own to each pass, until the returned function is called. */
	addEarlyStage(stage: EarlyStage): () => void {
		this.#earlyStages = [...this.#earlyStages, stage];
		return () => {
			this.#earlyStages = this.#earlyStages.filter((other) => other !== stage);
		};
	}

	/** Does everything that is ready and due now, and what follows from it; whether there was anything. */
	drain(): boolean {
		if (this.#draining) return false;
		let any = false;
		while (this.#pass(0)) any = true;
		return any;
	}

	/** Lets things happen until `done()` or, at the latest, until `timeoutNs` from now. Resolves to whether `done()` held. */
	async run(done: () => boolean, timeoutNs: number): Promise<boolean> {
		const untilNs = monotonicNs() + timeoutNs;
		this.#running += 1;
		let gaveTurn = false;
		try {
			let turnNs = monotonicNs();
			while (!done()) {
				const isBusy = this.#pass(0);
				if (isBusy) {
					if (monotonicNs() - turnNs < BUSY_NS) continue;
				} else {
					// Code that waits for a promise may have more to do before time passes.
					await Promise.resolve();
					if (done() || this.#pass(0)) continue;
				}
				const leftNs = untilNs - monotonicNs();
				if (leftNs <= 0) break;
				if (!gaveTurn && !isBusy) {
					gaveTurn = true;
					this.#turns?.give();
				}
				await nodeTurn();
				turnNs = monotonicNs();
				if (!done()) this.#pass(this.#mayBlock ? blockMs(Math.min(leftNs, this.#nextTimerNs() - turnNs)) : 0);
			}
			return done();
		} finally {
			this.#running -= 1;
			this.#schedule();
			if (gaveTurn) await this.#turns?.goOn();
		}
	}

	/** Keeps the process alive and its programs going although nothing calls `run`, until the returned function is called. */
	keepRunning(): () => void {
		this.#keepers += 1;
		this.#schedule();
		this.#ticker?.ref();
		let kept = true;
		return () => {
			if (!kept) return;
			kept = false;
			this.#keepers -= 1;
			if (this.#keepers === 0) this.#ticker?.unref();
		};
	}

	/** Forgets all descriptors and timers; closing the descriptors is their owners' matter. */
	close(): void {
		clearTimeout(this.#ticker);
		this.#ticker = undefined;
		this.#watches.clear();
		while (this.#timers.pop() !== undefined);
		this.#posted = [];
		libc.close(this.#epoll);
	}

	/** Nobody else could work meanwhile. */
	get #mayBlock(): boolean {
		return this.#turns?.isFree ?? true;
	}

	#after(delayNs: number, fn: () => void): () => void {
		const entry: TimerEntry = { dueNs: monotonicNs() + Math.max(0, delayNs), seq: this.#nextSeq++, fn };
		this.#timers.push(entry);
		this.#schedule();
		return () => {
			entry.fn = undefined;
		};
	}

	/** One look at everything, waiting up to `timeoutMs` for a descriptor. */
	#pass(timeoutMs: number): boolean {
		if (this.#draining) return false;
		this.#draining = true;
		try {
			const startedNs = this.#earlyStages.length > 0 ? monotonicNs() : 0;
			const count = libc.epoll_wait(this.#epoll, this.#events, BATCH, this.#posted.length > 0 ? 0 : timeoutMs);
			let any = this.#runEarly(count, startedNs);
			for (let k = 0; k < count; k += 1) {
				const at = k * EVENT_BYTES;
				const watch = this.#watches.get(this.#eventsView.getUint32(at + TOKEN_AT, true));
				if (watch === undefined) continue;
				any = true;
				watch.onReady(this.#eventsView.getUint32(at, true));
			}
			if (this.#runPosted()) any = true;
			if (this.#runTimers()) any = true;
			return any;
		} finally {
			this.#draining = false;
		}
	}

	#runEarly(count: number, startedNs: number): boolean {
		if (this.#earlyStages.length === 0) return false;
		this.#readyTokens.clear();
		for (let k = 0; k < count; k += 1) {
			this.#readyTokens.add(this.#eventsView.getUint32(k * EVENT_BYTES + TOKEN_AT, true));
		}
		let any = false;
		for (const stage of this.#earlyStages) if (stage(this.#readyTokens, startedNs)) any = true;
		return any;
	}

	#runPosted(): boolean {
		if (this.#posted.length === 0) return false;
		const posted = this.#posted;
		this.#posted = [];
		for (const fn of posted) fn();
		return true;
	}

	#runTimers(): boolean {
		if (this.#timers.size === 0) return false;
		const nowNs = monotonicNs();
		let any = false;
		for (let next = this.#timers.peek(); next !== undefined && next.dueNs <= nowNs; next = this.#timers.peek()) {
			this.#timers.pop();
			if (next.fn === undefined) continue;
			any = true;
			next.fn();
		}
		return any;
	}

	#nextTimerNs(): number {
		for (let next = this.#timers.peek(); next !== undefined; next = this.#timers.peek()) {
			if (next.fn !== undefined) return next.dueNs;
			this.#timers.pop();
		}
		return Number.POSITIVE_INFINITY;
	}

	/** Sees to it that somebody looks again although nothing calls `run`. */
	#schedule(): void {
		this.#idleTicks = 0;
		if (this.#ticker === undefined) this.#tickLater(TICK_MS);
	}

	#tickLater(delayMs: number): void {
		const idle = this.#watches.size === 0 && this.#timers.size === 0 && this.#posted.length === 0;
		if (idle && this.#keepers === 0) {
			this.#ticker = undefined;
			return;
		}
		this.#ticker = setTimeout(() => this.#tick(), delayMs);
		if (this.#keepers === 0) this.#ticker.unref();
	}

	#tick(): void {
		try {
			if (this.#running > 0 || this.drain()) this.#idleTicks = 0;
			else this.#idleTicks += 1;
		} finally {
			this.#tickLater(this.#idleTicks < IDLE_AFTER_TICKS ? TICK_MS : IDLE_TICK_MS);
		}
	}
}

function monotonicNs(): number {
	return Number(process.hrtime.bigint());
}

/** Whole milliseconds, rounded down: a wait shorter than that is spent in Node's own event loop. */
function blockMs(waitNs: number): number {
	return waitNs >= BLOCK_NS ? 1 : 0;
}

function nodeTurn(): Promise<void> {
	return new Promise((resolve) => {
		setImmediate(resolve);
	});
}

const NO_EVENT = new Uint8Array(EVENT_BYTES);
