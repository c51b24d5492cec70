/** The time stamp that begins a line of tcpdump. Instants are nanoseconds since 1970; the machines' time zone is UTC. */

const SECOND = 1_000_000_000n;
const DAY_SECONDS = 86_400n;

export class TimeStamps {
	readonly #form: number;
	readonly #nanoseconds: boolean;
	#first: bigint | undefined;
	#last: bigint | undefined;

	/** `form`: how often `-t` was given. */
	constructor(form: number, options: { readonly nanoseconds: boolean }) {
		this.#form = form;
		this.#nanoseconds = options.nanoseconds;
	}

	/** With the space that follows it; empty for `-t`. */
	next(atNs: bigint): string {
		const first = this.#first ?? atNs;
		const last = this.#last ?? atNs;
		this.#first = first;
		this.#last = atNs;
		switch (this.#form) {
			case 0:
				return `${this.#dayTime(atNs)} `;
			case 1:
				return "";
			case 2:
				return `${atNs / SECOND}.${this.#fraction(atNs)} `;
			case 3:
				return `${this.#delta(atNs - last)} `;
			case 4:
				return `${dateText(atNs)} ${this.#dayTime(atNs)} `;
			default:
				return `${this.#delta(atNs - first)} `;
		}
	}

	/** `08:30:00.000123` */
	#dayTime(atNs: bigint): string {
		const seconds = Number((atNs / SECOND) % DAY_SECONDS);
		const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
		return `${parts.map((part) => String(part).padStart(2, "0")).join(":")}.${this.#fraction(atNs)}`;
	}

	#delta(ns: bigint): string {
		return `${ns < 0n ? "-" : " "}${this.#dayTime(ns < 0n ? -ns : ns)}`;
	}

	#fraction(ns: bigint): string {
		const rest = ns % SECOND;
		return this.#nanoseconds ? String(rest).padStart(9, "0") : String(rest / 1000n).padStart(6, "0");
	}
}

/** `2026-01-01` */
function dateText(atNs: bigint): string {
	return new Date(Number(atNs / 1_000_000n)).toISOString().slice(0, 10);
}
