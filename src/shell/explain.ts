/** What the packets of a command did: the trace as text or data, and what it teaches. */
import type { XtChain } from "../kernel/objects.ts";
import type { TraceEvent } from "../kernel/trace-event.ts";
import { familiesOf } from "../trace/family.ts";
import { flowText } from "../trace/flow-text.ts";
import { eventsOf, journeysOf } from "../trace/journey.ts";
import { type Json, packetsToJson } from "../trace/json.ts";
import type { Paint } from "../trace/paint.ts";
import { renderJourney } from "../trace/render.ts";
import type { MachineFacts, Note } from "../trace/teach/note.ts";
import { teachingNotes } from "../trace/teach/teach.ts";
import type { World } from "./command.ts";
import type { CommandPackets } from "./packet-recorder.ts";

export const EXPLAIN_SCHEMA = "podwire.explain/v1";

/** What one asks for: `all`: every packet in full; a number: that packet; else the first request and reply. */
export type ExplainDetail = "all" | "first" | number;

/** A command's packets with what is needed to speak of them. */
export interface ExplainedCommand {
	readonly packets: CommandPackets;
	readonly facts: MachineFacts;
	readonly notes: readonly Note[];
}

export async function explainCommand(world: World, packets: CommandPackets): Promise<ExplainedCommand> {
	const facts = await machineFacts(world, packets.events);
	return { packets, facts, notes: teachingNotes(packets.events, facts) };
}

/** Without a line end; undefined: there is no packet of that number. */
export function explanationText(explained: ExplainedCommand, detail: ExplainDetail, paint: Paint): string | undefined {
	const { packets, facts } = explained;
	const label = (netns: string): string => facts.label(netns);
	if (typeof detail === "number") return packetText(packets.events, detail, { paint, label });
	const parts = [flowText(packets.events, { paint, label, short: label, detail })];
	if (packets.skipped > 0) parts.push(`(${packets.skipped} more steps were not kept)`);
	const notes = notesText(explained.notes, paint);
	if (notes !== "") parts.push(notes);
	return parts.join("\n\n");
}

/** A paragraph each. */
export function notesText(notes: readonly Note[], paint: Paint): string {
	return notes.map((note) => `${paint.strong("*")} ${note.text}`).join("\n");
}

export function explanationJson(explained: ExplainedCommand): Json {
	const { packets, facts, notes } = explained;
	return {
		schema: EXPLAIN_SCHEMA,
		command: packets.command,
		packets: packetsToJson(packets.events, (netns) => facts.label(netns)),
		notes: notes.map((note) => ({ about: note.about, packets: [...note.packets], text: note.text })),
	};
}

/** The packet in full, with the copies that were made of it. */
function packetText(
	events: readonly TraceEvent[],
	skb: number,
	options: { readonly paint: Paint; label(netns: string): string },
): string | undefined {
	const journeys = journeysOf(events);
	const family = familiesOf(journeys).find(({ members }) => members.some((journey) => journey.skb === skb));
	if (family === undefined) return undefined;
	const startNs = journeys[0]?.startNs ?? 0;
	const shown = family.root.skb === skb ? family.members : family.members.filter((journey) => journey.skb === skb);
	return shown.map((journey) => renderJourney(journey, { ...options, startNs })).join("\n\n");
}

/** The numbers of the packets, for "there is no such packet". */
export function packetNumbers(events: readonly TraceEvent[]): readonly number[] {
	return journeysOf(events)
		.filter((journey) => eventsOf(journey).length > 0)
		.map((journey) => journey.skb);
}

/** Rules and settings of the namespaces that the packets went through, as they are now. */
async function machineFacts(world: World, events: readonly TraceEvent[]): Promise<MachineFacts> {
	const sysctls = new Map<string, string>();
	const chains = new Map<string, readonly XtChain[]>();
	const known = new Set(await world.kernel.listNetns());
	for (const netns of new Set(events.map((event) => event.netns))) {
		if (!known.has(netns)) continue;
		const dumped = await world.kernel.dump(netns, ["sysctl", "xt-chain"]);
		if (!dumped.ok) continue;
		for (const object of dumped.value)
			if (object.kind === "sysctl") sysctls.set(`${netns} ${object.key}`, object.value);
		chains.set(
			netns,
			dumped.value.filter((object) => object.kind === "xt-chain"),
		);
	}
	const labels = netnsLabels(world);
	return {
		label: (netns) => labels.get(netns) ?? netns,
		sysctl: (netns, key) => sysctls.get(`${netns} ${key}`),
		chains: (netns) => chains.get(netns) ?? [],
	};
}

/** A machine's own namespace is called as the machine, another one as `ns1 on master`. */
function netnsLabels(world: World): ReadonlyMap<string, string> {
	const labels = new Map<string, string>();
	for (const host of world.hosts.values()) {
		labels.set(host.rootNetns, host.name);
		for (const [name, netns] of host.namedNetns) labels.set(netns, `${name} on ${host.name}`);
	}
	return labels;
}
