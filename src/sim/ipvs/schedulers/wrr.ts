/**
 * Weighted round robin (ip_vs_wrr.c): passes down the list for ever lower weights, from the greatest in steps of the greatest
 * common divisor; a destination is chosen in each pass whose weight it reaches.
 */
import type { IpvsDest, IpvsSvc, Scheduler } from "../types.ts";

interface Mark {
	/** The last one chosen; undefined: the head of the list. */
	readonly last: IpvsDest | undefined;
	/** The weight of this pass, the greatest, and the step. */
	readonly current: number;
	readonly max: number;
	readonly step: number;
}

export const wrr: Scheduler = {
	name: "wrr",
	bind(svc) {
		const { step, max } = weightsOf(svc);
		let mark: Mark = { last: undefined, current: max, max, step };
		return {
			schedule() {
				const { dest, after } = choose(svc.dests, mark);
				mark = after;
				return dest;
			},
			destsChanged() {
				mark = changed(mark, weightsOf(svc));
			},
			save() {
				const saved = mark;
				return () => {
					mark = saved;
				};
			},
		};
	},
};

/** The greatest weight is made less by `step - 1` so that the last pass is the one for weight 1. */
function weightsOf(svc: IpvsSvc): { readonly step: number; readonly max: number } {
	const step = gcdOfWeights(svc.dests.map((dest) => dest.weight)) || 1;
	return { step, max: Math.max(0, ...svc.dests.map((dest) => dest.weight)) - (step - 1) };
}

function changed(mark: Mark, { step, max }: { readonly step: number; readonly max: number }): Mark {
	let { current } = mark;
	if (current > max || current === 0) current = max;
	else if (step > 1) current = Math.trunc(current / step) * step + 1;
	return { last: undefined, current, max, step };
}

function choose(dests: readonly IpvsDest[], mark: Mark): { readonly dest: IpvsDest | undefined; readonly after: Mark } {
	if (mark.max === 0) return { dest: undefined, after: mark };
	const first = mark.last === undefined ? -1 : dests.indexOf(mark.last);
	let { current } = mark;
	let at = first;
	let stop = -1;
	let lastPass = false;
	let restarted = false;
	for (;;) {
		for (at += 1; at < dests.length; at += 1) {
			const dest = dests[at];
			if (dest !== undefined && !dest.overloaded && dest.weight >= current) {
				return { dest, after: { ...mark, last: dest, current } };
			}
			if (at === stop) return { dest: undefined, after: { ...mark, last: dest, current } };
		}
		at = -1;
		current -= mark.step;
		if (current <= 0) {
			current = mark.max;
			// All were looked at for weight 1.
			if (lastPass || first < 0) return { dest: undefined, after: { ...mark, last: undefined, current } };
			restarted = true;
		}
		lastPass = current <= mark.step;
		if (lastPass && restarted && first >= 0) stop = first;
	}
}

/** The greatest common divisor of the weights that are not 0; 0: there are none. */
export function gcdOfWeights(weights: readonly number[]): number {
	return weights.reduce((divisor, weight) => (weight > 0 ? gcd(weight, divisor) : divisor), 0);
}

function gcd(a: number, b: number): number {
	return b === 0 ? a : gcd(b, a % b);
}
