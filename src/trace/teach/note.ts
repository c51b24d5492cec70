/** What a teaching note is made of: the packets' steps, and a few facts about the machines. */
import type { XtChain } from "../../kernel/objects.ts";
import type { TraceEvent } from "../../kernel/trace-event.ts";
import { familiesOf, familyEvents } from "../family.ts";
import type { Journey } from "../journey.ts";
import { isArp } from "../render.ts";

/** One thing worth knowing about what the packets did. */
export interface Note {
	/** What it is about, e.g. `nat-once-per-connection`; the same in every trace. */
	readonly about: string;
	/** The packets it speaks of. */
	readonly packets: readonly number[];
	readonly text: string;
}

/** The state of the machines, as it is when the trace is read. */
export interface MachineFacts {
	/** What a namespace is called. */
	label(netns: string): string;
	sysctl(netns: string, key: string): string | undefined;
	chains(netns: string): readonly XtChain[];
}

/** What one packet, with its copies, met in one namespace. */
export interface Visit {
	readonly skb: number;
	readonly netns: string;
	readonly events: readonly TraceEvent[];
}

/** The visits of all IP packets, packet by packet. */
export function visitsOf(journeys: readonly Journey[]): readonly Visit[] {
	return familiesOf(journeys)
		.filter(({ root }) => root.link === "ip" && !isArp(root))
		.flatMap((family) => {
			const byNetns = new Map<string, TraceEvent[]>();
			for (const event of familyEvents(family)) {
				const list = byNetns.get(event.netns);
				if (list === undefined) byNetns.set(event.netns, [event]);
				else list.push(event);
			}
			return [...byNetns].map(([netns, events]) => ({ skb: family.root.skb, netns, events }));
		});
}

/** The steps of a kind, in order. */
export function only<S extends TraceEvent["step"]>(visit: Visit, step: S): readonly Extract<TraceEvent, { step: S }>[] {
	return visit.events.filter((event): event is Extract<TraceEvent, { step: S }> => event.step === step);
}

/** The built-in chains whose rules the packet was compared with, as `filter FORWARD`, in order. */
export function chainsPassed(visit: Visit): readonly string[] {
	const passed: string[] = [];
	let hook = "";
	for (const event of visit.events) {
		if (event.step === "hook" && event.family !== "bridge") hook = event.hook;
		if (event.step !== "rule" && event.step !== "policy") continue;
		const chain = `${event.table} ${event.step === "policy" ? event.chain : hook}`;
		if (!passed.includes(chain)) passed.push(chain);
	}
	return passed;
}

/** `#3`, `#3 and #5`, `#3, #5 and 4 more`. */
export function numbers(skbs: readonly number[]): string {
	return wordList(
		skbs.length > 4
			? [...skbs.slice(0, 3).map((skb) => `#${skb}`), `${skbs.length - 3} more`]
			: skbs.map((skb) => `#${skb}`),
	);
}

export function wordList(words: readonly string[]): string {
	const last = words.at(-1) ?? "";
	return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}
