/** Remembers what packets did while a command ran, so that `explain` can tell of it afterwards. */
import type { Kernel } from "../kernel/kernel.ts";
import type { TraceEvent } from "../kernel/trace-event.ts";

export interface CommandPackets {
	/** As it was typed. */
	readonly command: string;
	readonly events: readonly TraceEvent[];
	/** Steps that were not kept, because there were too many. */
	readonly skipped: number;
}

/** A command that sends more packets than anybody reads must not fill the memory. */
const MAX_EVENTS = 100_000;

export class PacketRecorder {
	readonly #stop: (() => void) | undefined;
	#command = "";
	#events: TraceEvent[] = [];
	#skipped = 0;
	#last: CommandPackets | undefined;

	constructor(kernel: Kernel) {
		this.#stop = kernel.trace((event) => {
			if (this.#events.length < MAX_EVENTS) this.#events.push(event);
			else this.#skipped += 1;
		});
	}

	/** This kernel can trace. */
	get works(): boolean {
		return this.#stop !== undefined;
	}

	/** From now on packets belong to this command. */
	begin(command: string): void {
		const before = this.current();
		if (hasIpPacket(before.events)) this.#last = before;
		this.#command = command;
		this.#events = [];
		this.#skipped = 0;
	}

	/** The packets since the latest `begin`. */
	current(): CommandPackets {
		return { command: this.#command, events: this.#events, skipped: this.#skipped };
	}

	/** The packets of the latest command that sent any, the running one included. */
	last(): CommandPackets | undefined {
		const current = this.current();
		return hasIpPacket(current.events) ? current : this.#last;
	}

	stop(): void {
		this.#stop?.();
	}
}

/** ARP alone, which neighbours do among themselves from time to time, is not what a command sent. */
function hasIpPacket(events: readonly TraceEvent[]): boolean {
	return events.some((event) => event.step === "origin" && event.link === "ip");
}
