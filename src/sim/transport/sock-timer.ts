/** A timer that is moved for nearly every packet: moving it later costs nothing, since the pending one looks again when it fires. */
import type { EventLoop, Timer } from "../event-loop.ts";
import { timerWheelDelay } from "../timer-wheel.ts";

export class SockTimer {
	readonly #loop: EventLoop;
	readonly #fn: () => void;
	#dueNs = Number.POSITIVE_INFINITY;
	#pending: Timer | undefined;

	constructor(loop: EventLoop, fn: () => void) {
		this.#loop = loop;
		this.#fn = fn;
	}

	get armed(): boolean {
		return this.#dueNs !== Number.POSITIVE_INFINITY;
	}

	/** Fires once, `delayNs` from now, as late as Linux's timer wheel makes it; replaces what was set before. */
	set(delayNs: number): void {
		const nowNs = this.#loop.now();
		this.#dueNs = nowNs + timerWheelDelay(nowNs, delayNs);
		if (this.#pending !== undefined && this.#pending.dueNs <= this.#dueNs) return;
		this.#pending?.cancel();
		this.#wait();
	}

	/** Does not fire any more; cheap, for a timer that will be set again. */
	clear(): void {
		this.#dueNs = Number.POSITIVE_INFINITY;
	}

	/** Leaves nothing behind in the event loop. */
	stop(): void {
		this.clear();
		this.#pending?.cancel();
		this.#pending = undefined;
	}

	#wait(): void {
		this.#pending = this.#loop.afterInWheel(this.#dueNs - this.#loop.now(), () => {
			this.#pending = undefined;
			if (!this.armed) return;
			if (this.#loop.now() < this.#dueNs) {
				this.#wait();
				return;
			}
			this.clear();
			this.#fn();
		});
	}
}
