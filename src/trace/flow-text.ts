/** Everything that happened, as text: the packets that matter most in full, the others in a line each. */
import type { TraceEvent } from "../kernel/trace-event.ts";
import { type Family, familiesOf, isCopy } from "./family.ts";
import { type Journey, journeysOf } from "./journey.ts";
import type { Paint } from "./paint.ts";
import { isArp, isIgnoredArp, renderJourney, renderJourneyLine } from "./render.ts";

/** `all`: every packet in full; `first`: the first of each direction and those that failed; `request`: only the request's first. */
export type Detail = "all" | "first" | "request";

export interface FlowTextOptions {
	readonly paint: Paint;
	/** What a namespace is called. */
	label(netns: string): string;
	/** The same in a word. */
	short?(netns: string): string;
	readonly detail: Detail;
	/** Where the request came from; absent: wherever the first IP packet did. */
	readonly clientNetns?: string;
}

export function flowText(events: readonly TraceEvent[], options: FlowTextOptions): string {
	const journeys = journeysOf(events);
	const { detail } = options;
	const render = { ...options, startNs: journeys[0]?.startNs ?? 0 };
	const full = detail === "all" ? new Set(journeys) : chosen(journeys, detail, options.clientNetns);
	const shown = journeys.filter((journey) => full.has(journey) || (detail === "first" && !isIdleCopy(journey)));
	return shown
		.map((journey) => (full.has(journey) ? renderJourney(journey, render) : renderJourneyLine(journey, render)))
		.join("\n\n");
}

/** A copy that reached somebody whom it does not concern: of a broadcast, or to a bridge that only listens. */
function isIdleCopy(journey: Journey): boolean {
	return isCopy(journey) && isIgnoredArp(journey);
}

function chosen(
	journeys: readonly Journey[],
	detail: "first" | "request",
	clientNetns: string | undefined,
): ReadonlySet<Journey> {
	const flow = familiesOf(journeys).filter(({ root }) => root.link === "ip" && !isArp(root));
	const request = flow.find(({ root }) => clientNetns === undefined || root.stretches[0]?.netns === clientNetns);
	if (request === undefined) return new Set();
	if (detail === "request") return new Set(request.members);
	const client = request.root.stretches[0]?.netns;
	const reply = flow.find(
		({ root, members }) => root.startNs > request.root.startNs && members.some(({ end }) => end?.netns === client),
	);
	const failed = flow.filter(hasFailed).slice(0, 3);
	return new Set([request, ...(reply === undefined ? [] : [reply]), ...failed].flatMap(({ members }) => members));
}

/** Nobody got it. A copy that a promiscuous bridge took and threw away is no failure. */
export function hasFailed(family: Family): boolean {
	return (
		family.members.some(({ end }) => end?.step === "drop") && !family.members.some(({ end }) => end?.step === "deliver")
	);
}
