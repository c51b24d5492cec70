/** Signals as the shell knows them: only "stop, please". A job's signal reaches all its processes, not the other way round. */
import type { Interrupt } from "./command.ts";

export class Signal implements Interrupt {
	readonly #parent: Signal | undefined;
	readonly #listeners = new Set<() => void>();
	readonly #stopParent: () => void;
	#raised = false;
	/** It will be raised at this time of the kernel's clock at the latest (`timeout`). */
	#deadlineNs = Infinity;

	constructor(parent?: Signal) {
		this.#parent = parent;
		this.#stopParent = parent?.onRaise(() => this.raise()) ?? ((): void => {});
	}

	get raised(): boolean {
		return this.#raised;
	}

	raise(): void {
		if (this.#raised) return;
		this.#raised = true;
		const listeners = [...this.#listeners];
		this.#listeners.clear();
		for (const listener of listeners) listener();
	}

	onRaise(fn: () => void): () => void {
		if (this.#raised) {
			fn();
			return () => {};
		}
		this.#listeners.add(fn);
		return () => void this.#listeners.delete(fn);
	}

	/** When it, or one above it, will be raised at the latest. */
	get deadlineNs(): number {
		return Math.min(this.#deadlineNs, this.#parent?.deadlineNs ?? Infinity);
	}

	/** Says when it will be raised; whoever says so raises it. */
	expireAt(ns: number): void {
		this.#deadlineNs = ns;
	}

	/** No longer listens to its parent: the process has ended. */
	release(): void {
		this.#stopParent();
	}

	/** Raising `ancestor` raises this one: it is the same or descends from it. */
	belongsTo(ancestor: Signal): boolean {
		return this === ancestor || (this.#parent?.belongsTo(ancestor) ?? false);
	}
}
