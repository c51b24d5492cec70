/** The kernel's coarse clock, which `-m limit` and `-m recent` go by. */

/** CONFIG_HZ of the kernels the facts were taken from. */
export const HZ = 250;

/** A time in nanoseconds as ticks, rounded down. */
export function jiffies(ns: number): number {
	return Math.floor((ns * HZ) / 1_000_000_000);
}
