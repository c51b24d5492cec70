/** The probabilities of the `statistic` match that share traffic evenly between n endpoints. */

/** 1/n as upstream writes it into the rule: Go's `%0.10f`. */
export function probabilityText(n: number): string {
	// The only 1/n that lies exactly between two texts; Go rounds it to the even one.
	return n === 2048 ? "0.0004882812" : (1 / n).toFixed(10);
}

/** The kernel's fixed-point form of that text: what `iptables` makes of it, round(p × 2^31). */
export function probability31(n: number): number {
	return Math.round(Number(probabilityText(n)) * 0x8000_0000);
}
