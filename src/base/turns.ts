/** Whose turn it is, where several share one thread and each leaves it to the others only while it waits for something. */
export class Turns {
	#taken = false;
	/** Those who gave their turn away in the middle of something come first: their time runs. */
	readonly #returning: (() => void)[] = [];
	readonly #beginning: (() => void)[] = [];

	/** Nobody is at work. */
	get isFree(): boolean {
		return !this.#taken;
	}

	/** Somebody wants to go on with what it has begun. */
	get isWanted(): boolean {
		return this.#returning.length > 0;
	}

	/** Resolves when it is the caller's turn to begin something. */
	begin(): Promise<void> {
		return this.#take(this.#beginning);
	}

	/** Resolves when it is the caller's turn again. */
	goOn(): Promise<void> {
		return this.#take(this.#returning);
	}

	/** The turn is over, or interrupted. */
	give(): void {
		const next = this.#returning.shift() ?? this.#beginning.shift();
		if (next === undefined) this.#taken = false;
		else next();
	}

	#take(queue: (() => void)[]): Promise<void> {
		if (this.#taken) return new Promise((resolve) => queue.push(resolve));
		this.#taken = true;
		return Promise.resolve();
	}
}
