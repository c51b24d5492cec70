/** When what has expired is collected: asked before anything that could show it, instead of a timer. */
import type { ExtensionKit } from "./extensions.ts";

const NS = 1_000_000_000;

export class Collector {
	readonly #kit: ExtensionKit;
	#nextNs: number;

	/** `firstSeconds` after now for the first time; absent: after a period. */
	constructor(kit: ExtensionKit, firstSeconds: number | undefined = kit.gcPeriodSeconds) {
		this.#kit = kit;
		this.#nextNs = kit.nowNs + (firstSeconds ?? 0) * NS;
	}

	/** How often it would have run since it was asked last; it does one of `regions` at a time, all of them in a period. */
	due(regions = 1): number {
		const period = this.#kit.gcPeriodSeconds;
		if (period === undefined || this.#kit.nowNs < this.#nextNs) return 0;
		const stepNs = Math.max(0.1, period / regions) * NS;
		const times = Math.floor((this.#kit.nowNs - this.#nextNs) / stepNs) + 1;
		this.#nextNs += times * stepNs;
		return times;
	}
}
