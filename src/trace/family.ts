/**
 * Packets that belong together: a flooded frame, a promiscuous bridge, fragments make several packets of one, and a tunnel
 * puts one into another.
 */
import type { TraceEvent } from "../kernel/trace-event.ts";
import { eventsOf, type Journey } from "./journey.ts";

/** A packet, the copies made of it on its way, and those that it was put into and taken out of, in order of their first step. */
export interface Family {
	readonly root: Journey;
	/** The root too. */
	readonly members: readonly Journey[];
}

/** Every journey is in exactly one family; an answer (ICMP error, RST, echo reply) begins one of its own. */
export function familiesOf(journeys: readonly Journey[]): readonly Family[] {
	const families = new Map<number, { readonly root: Journey; readonly members: Journey[] }>();
	const carried = carriedPackets(journeys);
	for (const journey of journeys) {
		const belongs = isCopy(journey) || carried.has(journey.skb);
		const parent = belongs && journey.parent !== undefined ? families.get(journey.parent) : undefined;
		if (parent === undefined) families.set(journey.skb, { root: journey, members: [journey] });
		else {
			parent.members.push(journey);
			families.set(journey.skb, parent);
		}
	}
	return [...new Set(families.values())];
}

/** The packets that others were put into, and those that were taken out. */
function carriedPackets(journeys: readonly Journey[]): ReadonlySet<number> {
	const events = journeys.flatMap(eventsOf);
	return new Set(events.flatMap((event) => (event.step === "encap" || event.step === "decap" ? [event.child] : [])));
}

/** All steps of a packet and those that belong to it, packet by packet. */
export function familyEvents(family: Family): readonly TraceEvent[] {
	return family.members.flatMap(eventsOf);
}

export function isCopy(journey: Journey): boolean {
	return /^(copy for|fragment \d|this host's own copy)/.test(journey.what);
}
