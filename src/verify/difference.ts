/** What differs between two kernels, as data. */
import type { Refusal, SeenFrame } from "./outcome.ts";

/** Absent: that kernel has nothing there. */
interface Sides<T> {
	readonly sim?: T;
	readonly real?: T;
}

export type Difference = {
	/** As in `Outcome`: -1 before the first step, the number of steps for what was left in the end. */
	readonly step: number;
} & (
	| ({ readonly kind: "refused" } & Sides<Refusal>)
	/** `number`: which frame of the device within the step, from 1. The real one is as it was, and as normalised. */
	| ({
			readonly kind: "frame";
			readonly netns: string;
			readonly dev: string;
			readonly number: number;
			readonly normalised?: Uint8Array;
	  } & Sides<SeenFrame>)
	| ({ readonly kind: "socket"; readonly netns: string; readonly socket: string } & Sides<string>)
	| ({ readonly kind: "log" } & Sides<string>)
	/** What is left in a namespace, in the words of the tools: a rule with its counters, an entry. */
	| ({
			readonly kind: "rule" | "ipset" | "nfacct" | "conntrack" | "neigh" | "fdb";
			readonly netns: string;
			readonly where: string;
	  } & Sides<string>)
);
