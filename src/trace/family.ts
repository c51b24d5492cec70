/** Packets with their copies: a flooded frame, a promiscuous bridge, fragments make several packets of one. */
import type { TraceEvent } from "../kernel/trace-event.ts";
import { eventsOf, type Journey } from "./journey.ts";

/** A packet and the copies made of it on its way, in order of their first step. */
export interface Family {
	readonly root: Journey;
	/** The root too. */
	readonly members: readonly Journey[];
}

/** Every journey is in exactly one family; an answer (ICMP error, RST, echo reply) begins one of its own. */
export function familiesOf(journeys: readonly Journey[]): readonly Family[] {
	const families = new Map<number, { readonly root: Journey; readonly members: Journey[] }>();
	for (const journey of journeys) {
		const parent = isCopy(journey) && journey.parent !== undefined ? families.get(journey.parent) : undefined;
		if (parent === undefined) families.set(journey.skb, { root: journey, members: [journey] });
		else {
			parent.members.push(journey);
			families.set(journey.skb, parent);
		}
	}
	return [...new Set(families.values())];
}

/** All steps of a packet and its copies, packet by packet. */
export function familyEvents(family: Family): readonly TraceEvent[] {
	return family.members.flatMap(eventsOf);
}

export function isCopy(journey: Journey): boolean {
	return /^(copy for|fragment \d|this host's own copy)/.test(journey.what);
}
