/**
 * The machines and their clock. Commands run side by side as promises; the kernel's time passes only while all of them
 * wait, so the order of events is the same in every run.
 *
 * Whoever runs commands tells the world by `run` (somebody outside waits for the result) and `spawn` (a background job, a
 * member of a pipeline); each counts as running until it calls `wait`. Between two `run`s time stands still, unless the
 * world is paced: then it follows the wall clock, as a person at a terminal expects.
 */
import type { Kernel } from "../kernel/kernel.ts";
import type { Disk, Interrupt, World } from "./command.ts";
import type { Host } from "./host.ts";
import { Signal } from "./interrupt.ts";
import type { PacketRecorder } from "./packet-recorder.ts";

export interface WorldOptions {
	readonly disk?: Disk;
	/** Interactive: sleeps for so many nanoseconds of the wall clock. Absent: time jumps. */
	readonly pace?: (ns: number) => Promise<void>;
}

interface Waiter {
	readonly done: () => boolean;
	readonly deadlineNs: number;
	readonly interrupt: Interrupt | undefined;
	readonly resolve: (held: boolean) => void;
	readonly reject: (error: unknown) => void;
}

/** So many microtask turns are granted to code that waits without having said `run` or `spawn`. */
const SETTLE_TURNS = 20;
/** In a paced world time passes in slices of this length, so that a key press is noticed. */
const PACE_SLICE_NS = 20_000_000;

export class ShellWorld implements World {
	readonly kernel: Kernel;
	readonly hosts: Map<string, Host> = new Map();
	readonly disk: Disk | undefined;
	/** Set by who wants `explain`: recording costs time. */
	packets: PacketRecorder | undefined;
	/** Grows with every piece of output; tells a quiet world from a busy one. */
	activity = 0;
	/** Looked in on before and after every command, and while time passes: daemons that watch the kernel's log. */
	readonly pollers: (() => void)[] = [];
	readonly #pace: ((ns: number) => Promise<void>) | undefined;
	readonly #waiters = new Set<Waiter>();
	#running = 0;
	#outside = 0;
	#driving = false;
	#wake: () => void = () => {};

	constructor(kernel: Kernel, options: WorldOptions = {}) {
		this.kernel = kernel;
		this.disk = options.disk;
		this.#pace = options.pace;
	}

	wait(done: () => boolean, options: { readonly timeoutNs: number; readonly interrupt?: Interrupt }): Promise<boolean> {
		return new Promise((resolve, reject) => {
			const deadlineNs = this.kernel.clock.now() + options.timeoutNs;
			this.#waiters.add({ done, deadlineNs, interrupt: options.interrupt, resolve, reject });
			this.#changed();
		});
	}

	/** Carries out `fn` for somebody outside: time passes until it has ended. */
	async run<T>(fn: () => Promise<T>): Promise<T> {
		this.#outside += 1;
		try {
			return await this.spawn(fn);
		} finally {
			this.#outside -= 1;
		}
	}

	/** Carries out `fn` beside the caller. Wait for its result by `wait`, not by `await`, or time stops. */
	async spawn<T>(fn: () => Promise<T>): Promise<T> {
		this.#running += 1;
		try {
			return await fn();
		} finally {
			this.#running -= 1;
			this.#changed();
		}
	}

	/** Nobody who listens to this signal has set a limit to his waiting. */
	waitsForEver(signal: Signal): boolean {
		return this.#everyWaiter((waiter) => !isMember(waiter, signal) || isForEver(waiter));
	}

	/** Nobody but those who listen to this signal has set a limit to his waiting. */
	othersWaitForEver(signal: Signal): boolean {
		return this.#everyWaiter((waiter) => isMember(waiter, signal) || isForEver(waiter));
	}

	everybodyWaitsForEver(): boolean {
		return this.#everyWaiter(isForEver);
	}

	/** Lets time pass at once, for the time a person spent before a prompt; not while somebody else lets it pass. */
	async pass(ns: number): Promise<void> {
		if (!this.#driving) await this.kernel.run(() => false, ns);
	}

	#everyWaiter(holds: (waiter: Waiter) => boolean): boolean {
		// Somebody other than the caller is about to go on: he has been woken at the same time.
		if (this.#running > this.#waiters.size + 1) return false;
		for (const waiter of this.#waiters) if (!holds(waiter)) return false;
		return true;
	}

	#changed(): void {
		this.#wake();
		if (this.#driving) return;
		this.#driving = true;
		void this.#drive();
	}

	/** The one loop that lets time pass. */
	async #drive(): Promise<void> {
		try {
			while (await this.#settled()) {
				if (this.#resolveReady()) continue;
				await this.#advance();
				this.#resolveReady();
			}
		} catch (error) {
			this.#driving = false;
			for (const waiter of this.#waiters) waiter.reject(error);
			this.#waiters.clear();
		}
	}

	/** Waits until everybody waits; false: there is nothing to do for now. */
	async #settled(): Promise<boolean> {
		for (;;) {
			for (let turn = 0; turn < SETTLE_TURNS; turn += 1) await Promise.resolve();
			if (this.#running <= this.#waiters.size) {
				const goOn = this.#mayPass() || this.#anyReady();
				// Said at once: whoever comes in the next microtask must start the loop again.
				if (!goOn) this.#driving = false;
				return goOn;
			}
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
			this.#wake = () => {};
		}
	}

	/** Time may pass: somebody outside waits, or a clock on the wall does not stop. */
	#mayPass(): boolean {
		if (this.#waiters.size === 0) return false;
		return this.#outside > 0 || this.#running === 0 || this.#pace !== undefined;
	}

	async #advance(): Promise<void> {
		const now = this.kernel.clock.now();
		let nearestNs = Infinity;
		for (const { deadlineNs } of this.#waiters) nearestNs = Math.min(nearestNs, deadlineNs);
		if (this.#pace !== undefined) {
			const sliceNs = Math.min(PACE_SLICE_NS, nearestNs - now);
			const held = await this.kernel.run(() => this.#anyReady(), sliceNs);
			if (!held && sliceNs > 0) await this.#pace(sliceNs);
			return;
		}
		if (nearestNs === Infinity) throw new Error("everybody waits for ever");
		await this.kernel.run(() => this.#anyReady(), nearestNs - now);
	}

	/** Lets daemons see what has happened. */
	poll(): void {
		for (const poller of this.pollers) poller();
	}

	#anyReady(): boolean {
		this.poll();
		for (const waiter of this.#waiters) if (waiter.interrupt?.raised === true || waiter.done()) return true;
		return false;
	}

	/** Wakes those whose condition holds or whose time is up, in the order they came. */
	#resolveReady(): boolean {
		const now = this.kernel.clock.now();
		let some = false;
		for (const waiter of [...this.#waiters]) {
			const held = waiter.done();
			if (!held && waiter.interrupt?.raised !== true && waiter.deadlineNs > now) continue;
			this.#waiters.delete(waiter);
			waiter.resolve(held);
			some = true;
		}
		return some;
	}
}

function isMember(waiter: Waiter, signal: Signal): boolean {
	return waiter.interrupt instanceof Signal && waiter.interrupt.belongsTo(signal);
}

function isForEver({ deadlineNs, interrupt }: Waiter): boolean {
	return deadlineNs === Infinity && !(interrupt instanceof Signal && interrupt.deadlineNs < Infinity);
}

/**
 * The kernel for code that calls `kernel.run` (`httpGet`, `ping` of `programs/`): its `run` waits through the world instead,
 * and ends early when the command is interrupted.
 */
export function asKernel(world: World, interrupt?: Interrupt): Kernel {
	const { kernel } = world;
	return {
		clock: kernel.clock,
		sockets: kernel.sockets,
		addNetns: (name) => kernel.addNetns(name),
		deleteNetns: (name) => kernel.deleteNetns(name),
		listNetns: () => kernel.listNetns(),
		apply: (netns, tx) => kernel.apply(netns, tx),
		dump: (netns, kinds) => kernel.dump(netns, kinds),
		routeGet: (netns, query) => kernel.routeGet(netns, query),
		testIpSet: (netns, set, member) => kernel.testIpSet(netns, set, member),
		netnsIds: (netns) => kernel.netnsIds(netns),
		run: (done, timeoutNs) => world.wait(done, { timeoutNs, ...(interrupt === undefined ? {} : { interrupt }) }),
		trace: (listener) => kernel.trace(listener),
		capture: (netns, options, listener) => kernel.capture(netns, options, listener),
		conntrackEvents: (netns, listener) => kernel.conntrackEvents(netns, listener),
		conntrackStats: (netns) => kernel.conntrackStats(netns),
		log: () => kernel.log(),
	};
}
