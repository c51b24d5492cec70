/** A trace as JSON, schema `podwire.trace/v1`; docs/trace-json.md describes it. */
import { hex } from "../base/bytes.ts";
import type { ConntrackEntry } from "../kernel/conntrack.ts";
import type { TraceEvent } from "../kernel/trace-event.ts";
import type { Explanation } from "./explain.ts";
import type { FlowFacts } from "./flow-facts.ts";
import { journeysOf } from "./journey.ts";
import { packetText, stepText } from "./step-text.ts";

export const TRACE_SCHEMA = "podwire.trace/v1";

/** A value made of what JSON has. */
export type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

/** What was seen of the flow's packets. */
export interface TraceSeen {
	readonly events: readonly TraceEvent[];
	/** The flow's connection tracking entries right after the answer, per node. */
	readonly conntrack: readonly { readonly netns: string; readonly entries: readonly ConntrackEntry[] }[];
}

/** The whole trace. Bytes are hexadecimal; times are nanoseconds of virtual time. */
export function traceToJson(facts: FlowFacts, seen: TraceSeen, explanation: Explanation): Json {
	return {
		schema: TRACE_SCHEMA,
		flow: {
			client: facts.client,
			clientNetns: facts.clientNetns,
			...(facts.clientAddr === undefined ? {} : { clientAddr: { ...facts.clientAddr } }),
			target: facts.target,
			asked: { ...facts.asked },
			proto: facts.proto,
		},
		ending: { ...facts.ending },
		...(facts.server === undefined
			? {}
			: { server: { label: facts.server.label, from: { ...facts.server.from }, to: { ...facts.server.to } } }),
		explanation: { ...explanation },
		conntrack: seen.conntrack.map(({ netns, entries }) => ({
			netns,
			label: facts.label(netns),
			entries: toJson(entries),
		})),
		packets: packetsToJson(seen.events, (netns) => facts.label(netns)),
	};
}

/** Every packet with its steps, in order of their first. */
export function packetsToJson(events: readonly TraceEvent[], label: (netns: string) => string): readonly Json[] {
	return journeysOf(events).map((journey) => ({
		skb: journey.skb,
		...(journey.parent === undefined ? {} : { parent: journey.parent }),
		what: journey.what,
		summary: packetText(journey.packet, journey.link),
		end: journey.end?.step ?? "in-flight",
		stretches: journey.stretches.map((stretch) => ({
			netns: stretch.netns,
			label: label(stretch.netns),
			steps: stretch.events.map((event) => stepToJson(event)),
		})),
	}));
}

/** One step: its own fields, with `text` as the trace prints it. */
export function stepToJson(event: TraceEvent): Json {
	const fields: Record<string, Json> = {};
	for (const [key, value] of Object.entries(event)) {
		if (key === "skb" || key === "netns" || value === undefined) continue;
		fields[key] = toJson(value);
	}
	return { ...fields, text: stepText(event) };
}

function toJson(value: unknown): Json {
	if (value instanceof Uint8Array) return hex(value);
	if (Array.isArray(value)) return value.map((item) => toJson(item));
	if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
	if (typeof value === "object" && value !== null) {
		const fields: Record<string, Json> = {};
		for (const [key, field] of Object.entries(value)) if (field !== undefined) fields[key] = toJson(field);
		return fields;
	}
	return String(value);
}
