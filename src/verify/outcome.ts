/** What came of a scenario on one kernel, as values that can be compared. */
import type { ConntrackEntry } from "../kernel/conntrack.ts";
import type { IpSet } from "../kernel/ipset.ts";
import type { CapturedFrame, KernelError } from "../kernel/kernel.ts";
import type { Fdb, Neigh, Nfacct, XtChain } from "../kernel/objects.ts";
import type { TraceEvent } from "../kernel/trace-event.ts";

/** `step`: index of the step that was under way; -1 before the first, the number of steps after the last. */
export interface Outcome {
	/** In the order in which the kernel showed them. */
	readonly frames: readonly SeenFrame[];
	/** By namespace. */
	readonly netns: Readonly<Record<string, NetnsOutcome>>;
	/** Lines of LOG rules and the kernel, in order. */
	readonly log: readonly LogSight[];
	/** What sockets saw, in order. */
	readonly sockets: readonly SocketSight[];
	/** By its own clock, setting up included: whole timeouts are read after it. Absent: not known, taken for none. */
	readonly durationMs?: number;
	/** What the kernel refused to set up; then nothing was sent. */
	readonly refused?: Refusal;
	/** Where it was asked for and the kernel can. */
	readonly trace?: readonly { readonly step: number; readonly event: TraceEvent }[];
}

export interface Refusal {
	readonly netns: string;
	readonly error: KernelError;
}

export interface LogSight {
	readonly step: number;
	/** syslog level 0–7. */
	readonly level: number;
	readonly text: string;
}

export interface SeenFrame extends Pick<CapturedFrame, "netns" | "dev" | "direction" | "pktType" | "frame" | "link"> {
	readonly step: number;
}

export interface NetnsOutcome {
	/** Chains with counters, of the tables raw, mangle, nat and filter, and of others that the scenario names; none where it has no rules. */
	readonly chains: readonly XtChain[];
	readonly conntrack: readonly ConntrackEntry[];
	readonly neighs: readonly Neigh[];
	readonly fdb: readonly Fdb[];
	/** With their elements; none where the scenario has no sets. */
	readonly sets: readonly IpSet[];
	/** None where the scenario has none. */
	readonly accounts: readonly Nfacct[];
}

export interface SocketSight {
	readonly step: number;
	readonly netns: string;
	/** Which socket: `udp-echo 10.0.0.2:53`, `tcp step 3`. */
	readonly socket: string;
	/** `datagram from 10.0.0.1:4000: 68656c6c6f`, `connected`, `data: …`, `error ECONNREFUSED`, `accepted from …`, `closed`. */
	readonly what: string;
}
