/** What a trace teaches, in plain words: derived from the packets' own steps and the machines' state, nothing else. */

import type { TraceEvent } from "../../kernel/trace-event.ts";
import { type Journey, journeysOf } from "../journey.ts";
import { bridgedFrames, promiscuousBridge } from "./bridge-notes.ts";
import {
	ipvsBypassed,
	ipvsForwards,
	ipvsNoDestination,
	ipvsReplies,
	ipvsServerLacksAddress,
	ipvsUntracked,
} from "./ipvs-notes.ts";
import { dnatThenRouting, natNeedsConntrack, natOncePerConnection } from "./nat-notes.ts";
import { type MachineFacts, type Note, visitsOf } from "./note.ts";
import { failures, forwardingIsOff, waitedForArp } from "./path-notes.ts";

/** In the order in which a packet meets what they are about. */
export function teachingNotes(events: readonly TraceEvent[], facts: MachineFacts): readonly Note[] {
	const journeys: readonly Journey[] = journeysOf(events);
	const visits = visitsOf(journeys);
	const lacking = ipvsServerLacksAddress(visits, facts);
	return [
		...waitedForArp(visits, facts),
		...bridgedFrames(visits, facts),
		...ipvsForwards(visits, facts),
		...ipvsUntracked(visits, facts),
		...ipvsReplies(visits, facts),
		...ipvsBypassed(visits, facts),
		...lacking,
		...ipvsNoDestination(visits, facts),
		...dnatThenRouting(visits, facts),
		...natNeedsConntrack(visits, facts),
		...natOncePerConnection(visits, facts),
		...(lacking.length > 0 ? [] : forwardingIsOff(visits, facts)),
		...promiscuousBridge(visits, facts),
		...failures(journeys, facts),
	];
}
