/** The simulated Linux kernel behind the port: virtual time, seeded chance, packets of real bytes. */
import { Prng } from "../base/prng.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { ConntrackEvent, ConntrackStats } from "../kernel/conntrack.ts";
import type { IpSetMember } from "../kernel/ipset.ts";
import type {
	CapturedFrame,
	CaptureOptions,
	Clock,
	Errno,
	Kernel,
	KernelError,
	LogLine,
	Op,
} from "../kernel/kernel.ts";
import type { KernelObject, KernelObjectKind } from "../kernel/objects.ts";
import type { RouteAnswer, RouteQuery } from "../kernel/route-query.ts";
import type { Sockets } from "../kernel/socket.ts";
import type { TraceEvent } from "../kernel/trace-event.ts";
import { startCapture } from "./capture.ts";
import { netnsIdsOf } from "./core/netns-ids.ts";
import { EventLoop } from "./event-loop.ts";
import { initMachine } from "./init.ts";
import { inetRtmGetroute } from "./ipv4/route-get.ts";
import { addNetns, removeNetns } from "./net-namespace.ts";
import { watchConntrack } from "./netfilter/conntrack/events.ts";
import { conntrackNet } from "./netfilter/conntrack/net.ts";
import { dumpKind, KERNEL_OBJECT_KINDS } from "./objects/handlers.ts";
import { testIpSet } from "./objects/ipset.ts";
import { applyTransaction, type TransactionOptions } from "./transaction.ts";
import { SimSockets } from "./transport/sockets.ts";
import { Machine, type Netns } from "./types.ts";

export interface SimKernelOptions {
	/** The same seed gives the same trace. Default 1. */
	readonly seed?: number;
}

export class SimKernel implements Kernel {
	/** For benchmarks and tests that work below the port. */
	readonly machine: Machine;
	readonly sockets: Sockets;
	readonly clock: Clock;
	#listeners: readonly ((event: TraceEvent) => void)[] = [];

	constructor(options: SimKernelOptions = {}) {
		const loop = new EventLoop();
		this.machine = new Machine(loop, new Prng(options.seed ?? 1));
		initMachine(this.machine);
		this.sockets = new SimSockets(this.machine);
		this.clock = {
			now: () => loop.now(),
			after: (delayNs, fn) => {
				const timer = loop.afterForProgram(delayNs, fn);
				return () => timer.cancel();
			},
		};
	}

	async addNetns(name: string): Promise<Result<void, KernelError>> {
		// A slash is fine here (`node/slave1`): these names are the port's, not files in /run/netns.
		if (name === "" || name === "." || name === "..") {
			return failed("EINVAL", `Invalid netns name "${name}"`);
		}
		if (this.machine.netns.has(name)) {
			return failed("EEXIST", `Cannot create namespace file "/run/netns/${name}": File exists`);
		}
		addNetns(this.machine, name);
		return ok(undefined);
	}

	async deleteNetns(name: string): Promise<Result<void, KernelError>> {
		const netns = this.machine.netns.get(name);
		if (netns === undefined) {
			return failed("ENOENT", `Cannot remove namespace file "/run/netns/${name}": No such file or directory`);
		}
		removeNetns(netns);
		return ok(undefined);
	}

	async listNetns(): Promise<readonly string[]> {
		return [...this.machine.netns.keys()];
	}

	/** `keepsParts`: on an error a part may remain, which is faster. */
	async apply(netns: string, tx: readonly Op[], options: TransactionOptions = {}): Promise<Result<void, KernelError>> {
		const found = this.#netns(netns);
		return found.ok ? applyTransaction(found.value, tx, options) : found;
	}

	async dump(
		netns: string,
		kinds?: readonly KernelObjectKind[],
	): Promise<Result<readonly KernelObject[], KernelError>> {
		const found = this.#netns(netns);
		if (!found.ok) return found;
		return ok((kinds ?? KERNEL_OBJECT_KINDS).flatMap((kind) => dumpKind(found.value, kind)));
	}

	async routeGet(netns: string, query: RouteQuery): Promise<Result<RouteAnswer, KernelError>> {
		const found = this.#netns(netns);
		return found.ok ? inetRtmGetroute(found.value, query) : found;
	}

	async netnsIds(netns: string): Promise<Result<ReadonlyMap<string, number>, KernelError>> {
		const found = this.#netns(netns);
		if (!found.ok) return found;
		return ok(new Map([...netnsIdsOf(found.value)].map(([peer, id]) => [peer.name, id])));
	}

	async testIpSet(netns: string, set: string, member: IpSetMember): Promise<Result<boolean, KernelError>> {
		const found = this.#netns(netns);
		if (!found.ok) return found;
		const tested = testIpSet(found.value, set, member);
		return tested.ok ? tested : err({ ...tested.error, op: -1 });
	}

	async run(done: () => boolean, timeoutNs: number): Promise<boolean> {
		const { loop } = this.machine;
		const untilNs = loop.now() + timeoutNs;
		while (!done()) {
			if (loop.step(untilNs)) continue;
			// Code that waits for a promise may have more to do before time jumps.
			await Promise.resolve();
			if (done() || loop.step(untilNs)) continue;
			loop.runUntil(untilNs);
			break;
		}
		return done();
	}

	/** Does everything that is due now, without letting time pass to the next timer. */
	runBacklog(): void {
		this.machine.loop.runBacklog();
	}

	trace(listener: (event: TraceEvent) => void): () => void {
		this.#setListeners([...this.#listeners, listener]);
		return () => this.#setListeners(this.#listeners.filter((other) => other !== listener));
	}

	capture(
		netns: string,
		options: CaptureOptions,
		listener: (frame: CapturedFrame) => void,
	): Result<() => void, KernelError> {
		const found = this.#netns(netns);
		return found.ok ? startCapture(found.value, options, listener) : found;
	}

	conntrackEvents(netns: string, listener: (event: ConntrackEvent) => void): Result<() => void, KernelError> {
		const found = this.#netns(netns);
		return found.ok ? ok(watchConntrack(found.value, listener)) : found;
	}

	conntrackStats(netns: string): Result<ConntrackStats, KernelError> {
		const found = this.#netns(netns);
		return found.ok ? ok({ ...conntrackNet(found.value).stats }) : found;
	}

	log(): readonly LogLine[] {
		return this.machine.log;
	}

	#setListeners(listeners: readonly ((event: TraceEvent) => void)[]): void {
		this.#listeners = listeners;
		const emit = (event: TraceEvent): void => {
			for (const listener of listeners) listener(event);
		};
		this.machine.tracer = listeners.length === 0 ? undefined : emit;
	}

	#netns(name: string): Result<Netns, KernelError> {
		const netns = this.machine.netns.get(name);
		if (netns !== undefined) return ok(netns);
		return failed("ENOENT", `Cannot open network namespace "${name}": No such file or directory`);
	}
}

function failed(errno: Errno, message: string): { readonly ok: false; readonly error: KernelError } {
	return err({ errno, op: -1, message });
}
