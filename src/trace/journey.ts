/** Trace events put in order: one journey per packet, cut into the stretches it spent in each network namespace. */
import type { TraceEvent } from "../kernel/trace-event.ts";

export interface Stretch {
	readonly netns: string;
	readonly events: readonly TraceEvent[];
}

/** One packet from its origin to its end. */
export interface Journey {
	readonly skb: number;
	/** The packet it was copied from or made in answer to. */
	readonly parent: number | undefined;
	/** What made it, e.g. `TCP SYN`; empty for a packet whose origin was not seen. */
	readonly what: string;
	/** The bytes at its origin. */
	readonly packet: Uint8Array;
	readonly link: "ip" | "ethernet";
	readonly startNs: number;
	readonly stretches: readonly Stretch[];
	readonly end: Extract<TraceEvent, { step: "deliver" | "drop" | "consume" }> | undefined;
}

/** Groups events by packet, in order of each packet's first event. */
export function journeysOf(events: readonly TraceEvent[]): readonly Journey[] {
	const bySkb = new Map<number, TraceEvent[]>();
	for (const event of events) {
		const list = bySkb.get(event.skb);
		if (list === undefined) bySkb.set(event.skb, [event]);
		else list.push(event);
	}
	return [...bySkb.entries()].map(([skb, list]) => journeyOf(skb, list));
}

/** All steps of a journey, in order. */
export function eventsOf(journey: Journey): readonly TraceEvent[] {
	return journey.stretches.flatMap((stretch) => stretch.events);
}

/** All steps of a kind, in order. */
export function stepsOf<S extends TraceEvent["step"]>(
	journey: Journey,
	step: S,
): readonly Extract<TraceEvent, { step: S }>[] {
	return eventsOf(journey).filter((event): event is Extract<TraceEvent, { step: S }> => event.step === step);
}

function journeyOf(skb: number, events: readonly TraceEvent[]): Journey {
	const stretches: { netns: string; events: TraceEvent[] }[] = [];
	for (const event of events) {
		const last = stretches.at(-1);
		if (last !== undefined && last.netns === event.netns) last.events.push(event);
		else stretches.push({ netns: event.netns, events: [event] });
	}
	const origin = events.find((event) => event.step === "origin");
	return {
		skb,
		parent: origin?.parent,
		what: origin?.what ?? "",
		packet: origin?.packet ?? new Uint8Array(),
		link: origin?.link ?? "ethernet",
		startNs: events[0]?.at ?? 0,
		stretches,
		end: events.findLast(
			(event) => event.step === "deliver" || event.step === "drop" || event.step === "consume",
		) as Journey["end"],
	};
}
