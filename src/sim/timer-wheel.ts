/**
 * When a kernel timer really fires. Linux keeps timers in a wheel whose slots get coarser with distance and never fires
 * early (kernel/time/timer.c), so a 1 s retransmission comes after 1.024 s. HZ is 250, as on the machines measured.
 */

/** One tick: 1/HZ. */
export const JIFFY_NS = 4_000_000;

const SLOTS_SHIFT = 3;
const LAST_LEVEL = 8;

/** The time, in nanoseconds from `nowNs`, after which a timer of `delayNs` fires. */
export function timerWheelDelay(nowNs: number, delayNs: number): number {
	const clock = Math.floor(nowNs / JIFFY_NS);
	const ticks = Math.ceil(delayNs / JIFFY_NS);
	let level = 0;
	while (level < LAST_LEVEL && ticks >= 63 * 2 ** (level * SLOTS_SHIFT)) level += 1;
	const slot = 2 ** (level * SLOTS_SHIFT);
	const expiry = (Math.floor((clock + ticks) / slot) + 1) * slot;
	return expiry * JIFFY_NS - nowNs;
}
