/**
 * Counters and rates (net/netfilter/ipvs/ip_vs_est.c). Packets count at once; what is shown is taken over every two seconds,
 * and the rates with it. There is no timer: the ticks that passed are made up for when somebody counts or looks.
 */
import type { IpvsCounters, IpvsRates, IpvsStats } from "../../kernel/ipvs.ts";

export const EST_INTERVAL_NS = 2e9;

/** Order of the five numbers. */
const CONNS = 0;
const INPKTS = 1;
const OUTPKTS = 2;
const INBYTES = 3;
const OUTBYTES = 4;

/** Packets per second are kept times 2^10, bytes per second times 2^5; a tick is two seconds. */
const SHIFTS: readonly { readonly scale: number; readonly round: number; readonly unit: number }[] = [
	{ scale: 512, round: 0x1ff, unit: 1024 },
	{ scale: 512, round: 0x1ff, unit: 1024 },
	{ scale: 512, round: 0x1ff, unit: 1024 },
	{ scale: 16, round: 0xf, unit: 32 },
	{ scale: 16, round: 0xf, unit: 32 },
];

/** When ticks come, and whether at all (`run_estimation`). */
export interface EstimatorClock {
	readonly startNs: number;
	readonly running: boolean;
	now(): number;
}

export class IpvsEstimator {
	/** As counted, as of the last tick, as of the last zeroing, and the rates. */
	readonly #counted = [0, 0, 0, 0, 0];
	readonly #shown = [0, 0, 0, 0, 0];
	readonly #zero = [0, 0, 0, 0, 0];
	readonly #last = [0, 0, 0, 0, 0];
	readonly #rates = [0, 0, 0, 0, 0];
	#tick = -1;

	countConn(clock: EstimatorClock): void {
		this.#settle(clock);
		this.#count(CONNS, 1);
	}

	countIn(clock: EstimatorClock, bytes: number): void {
		this.#settle(clock);
		this.#count(INPKTS, 1);
		this.#count(INBYTES, bytes);
	}

	countOut(clock: EstimatorClock, bytes: number): void {
		this.#settle(clock);
		this.#count(OUTPKTS, 1);
		this.#count(OUTBYTES, bytes);
	}

	/** `ip_vs_copy_stats`. */
	read(clock: EstimatorClock): IpvsStats {
		this.#settle(clock);
		return { counters: countersOf((k) => at(this.#shown, k) - at(this.#zero, k)), rates: ratesOf(this.#rates) };
	}

	/** What is shown now is the new zero (`ip_vs_zero_stats`). */
	zero(clock: EstimatorClock): void {
		this.#settle(clock);
		for (let k = 0; k < 5; k += 1) {
			this.#zero[k] = at(this.#shown, k);
			this.#last[k] = at(this.#shown, k);
			this.#rates[k] = 0;
		}
	}

	/** Does the ticks since the last time. */
	#settle(clock: EstimatorClock): void {
		const tick = Math.floor((clock.now() - clock.startNs) / EST_INTERVAL_NS);
		if (this.#tick < 0) this.#tick = tick;
		let behind = tick - this.#tick;
		this.#tick = tick;
		if (!clock.running) return;
		for (; behind > 0; behind -= 1) if (!this.#estimate()) break;
	}

	/** One tick (`estimation_timer`); false: nothing changed by it, nor will by the next. */
	#estimate(): boolean {
		let changed = false;
		for (let k = 0; k < 5; k += 1) {
			const counted = at(this.#counted, k);
			const rate = (counted - at(this.#last, k)) * (SHIFTS[k]?.scale ?? 0);
			const before = at(this.#rates, k);
			const after = before + Math.floor((rate - before) / 4);
			changed ||= after !== before || counted !== at(this.#last, k);
			this.#shown[k] = counted;
			this.#last[k] = counted;
			this.#rates[k] = after;
		}
		return changed;
	}

	#count(k: number, by: number): void {
		this.#counted[k] = at(this.#counted, k) + by;
	}
}

function countersOf(value: (k: number) => number): IpvsCounters {
	return {
		conns: value(CONNS),
		inPackets: value(INPKTS),
		outPackets: value(OUTPKTS),
		inBytes: value(INBYTES),
		outBytes: value(OUTBYTES),
	};
}

/** `ip_vs_read_estimator`. */
function ratesOf(scaled: readonly number[]): IpvsRates {
	const rate = (k: number): number => Math.floor((at(scaled, k) + (SHIFTS[k]?.round ?? 0)) / (SHIFTS[k]?.unit ?? 1));
	return {
		connsPerSecond: rate(CONNS),
		inPacketsPerSecond: rate(INPKTS),
		outPacketsPerSecond: rate(OUTPKTS),
		inBytesPerSecond: rate(INBYTES),
		outBytesPerSecond: rate(OUTBYTES),
	};
}

function at(numbers: readonly number[], k: number): number {
	return numbers[k] ?? 0;
}
