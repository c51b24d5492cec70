/** The kernel stamps packets by the wall clock (CLOCK_REALTIME); the port's times are CLOCK_MONOTONIC. */
import { libc } from "./libc.ts";

const CLOCK_REALTIME = 0;
/** How far the two clocks' distance may seem to move before it is believed. */
const STEP_NS = 100_000;
/** The kernel turns time stamps on from a work queue, after the call that asks for them. */
const STAMPS_ON_MS = 2;

export class RealTime {
	/** At this second of the wall clock the monotonic clock showed `#originNs`. */
	#second = 0;
	#originNs = 0;

	constructor() {
		this.refresh();
	}

	/** Nanoseconds of the monotonic clock. */
	monotonicNs(seconds: number, nanoseconds: number): number {
		return this.#originNs + (seconds - this.#second) * 1e9 + nanoseconds;
	}

	/** Follows the wall clock when it was set. */
	refresh(): void {
		libc.clock_gettime(CLOCK_REALTIME, TIMESPEC);
		const nowNs = Number(process.hrtime.bigint());
		const seconds = Number(VIEW.getBigInt64(0, true));
		const nanoseconds = Number(VIEW.getBigInt64(8, true));
		if (Math.abs(this.monotonicNs(seconds, nanoseconds) - nowNs) < STEP_NS) return;
		this.#second = seconds;
		this.#originNs = nowNs - nanoseconds;
	}

	/** Waits until the first socket that asked for time stamps gets them: frames before that are stamped when read. */
	awaitStamps(): void {
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STAMPS_ON_MS);
	}
}

const TIMESPEC = new Uint8Array(16);
const VIEW = new DataView(TIMESPEC.buffer);
