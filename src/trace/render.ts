/** Journeys as text: a heading per packet, a block per namespace, a line per step; or one line per packet. */
import type { TraceEvent } from "../kernel/trace-event.ts";
import { type Journey, stepsOf } from "./journey.ts";
import type { Paint } from "./paint.ts";
import { packetText, stepText, tupleText } from "./step-text.ts";

export interface RenderOptions {
	readonly paint: Paint;
	/** What a namespace is called, e.g. `pod default/client (10.0.0.2) on node-1`. */
	label(netns: string): string;
	/** The same in a word, for a line of many; absent: as the port names it. */
	short?(netns: string): string;
	/** Time stamps count from here. */
	readonly startNs: number;
}

const FN_WIDTH = 26;

/** Every step of one packet. */
export function renderJourney(journey: Journey, options: RenderOptions): string {
	const { paint } = options;
	const lines = [heading(journey, options)];
	let shown = packetText(journey.packet, journey.link);
	journey.stretches.forEach((stretch, index) => {
		lines.push(`${index === 0 ? "┌" : "├"} ${paint.name(options.label(stretch.netns))}`);
		for (const event of stretch.events) {
			if (event.step === "origin" || event === journey.end) continue;
			const depth = depthOf(event);
			let text = paintStep(event, paint);
			if (event.step === "transmit" || event.step === "receive") {
				const now = packetText(event.frame, event.link ?? "ethernet");
				if (now !== shown) text += `  ${paint.dim(now)}`;
				shown = now;
			}
			const indent = "  ".repeat(event.step === "hook" ? 0 : depth);
			lines.push(`│ ${paint.dim(event.fn.padEnd(FN_WIDTH))} ${indent}${text}`);
		}
	});
	const fn = journey.end?.fn ?? "";
	lines.push(`└ ${paint.dim(fn.padEnd(FN_WIDTH))} ${endText(journey, options)}`);
	return lines.join("\n");
}

/** One packet in one line: what it was, where it went, how it was translated, how it ended. */
export function renderJourneyLine(journey: Journey, options: RenderOptions): string {
	const { paint } = options;
	const path = journey.stretches
		.map((stretch) => stretch.netns)
		.filter((netns, k, all) => netns !== all[k - 1])
		.map((netns) => options.short?.(netns) ?? netns);
	const nat = stepsOf(journey, "nat").map((event) => `${tupleText(event.before)} → ${tupleText(event.after)}`);
	const rewritten = nat.length === 0 ? "" : `  ${paint.change(`[${nat.join("; ")}]`)}`;
	return `${heading(journey, options)}\n  ${path.join(" → ")}${rewritten}  ${endText(journey, options)}`;
}

function heading(journey: Journey, options: RenderOptions): string {
	const at = ((journey.startNs - options.startNs) / 1e6).toFixed(3);
	const parent = journey.parent === undefined ? "" : ` (from #${journey.parent})`;
	const what = packetText(journey.packet, journey.link);
	const from = options.paint.dim(`${at} ms${parent}`);
	return `${options.paint.strong(`#${journey.skb}`)} ${options.paint.strong(what)}  ${from}`;
}

function endText(journey: Journey, options: RenderOptions): string {
	const { end } = journey;
	const where = options.label(journey.stretches.at(-1)?.netns ?? "");
	if (end === undefined) return options.paint.dim(`still on its way in ${where}`);
	if (isIgnoredArp(journey)) return options.paint.dim(`ignored in ${where}: the question is not for it`);
	if (end.step === "drop") return options.paint.bad(`${stepText(end)}, in ${where}`);
	if (end.step === "consume") return options.paint.dim(`${stepText(end)}, in ${where}`);
	return options.paint.good(`${stepText(end)}, in ${where}`);
}

/** Rules stand under their hook, deeper for each chain jumped into. */
function depthOf(event: TraceEvent): number {
	switch (event.step) {
		case "hook":
		case "rule":
		case "policy":
		case "nat":
		case "conntrack":
		case "ipvs":
		case "log":
			return 1;
		default:
			return 0;
	}
}

function paintStep(event: TraceEvent, paint: Paint): string {
	const text = stepText(event);
	switch (event.step) {
		case "hook":
			return paint.strong(text);
		case "nat":
			return paint.change(text);
		case "deliver":
			return paint.good(text);
		case "drop":
			return paint.bad(text);
		case "rule":
			return event.outcome === "drop" || event.outcome === "reject" ? paint.bad(text) : text;
		case "policy":
		case "consume":
			return paint.dim(text);
		default:
			return text;
	}
}

/** True for packets that belong to finding a MAC address rather than to the flow itself. */
export function isArp(journey: Journey): boolean {
	return journey.link === "ethernet" && packetText(journey.packet, journey.link).startsWith("ARP");
}

/** True for an ARP packet that reached somebody whom it does not concern, as every broadcast does. */
export function isIgnoredArp(journey: Journey): boolean {
	return journey.end?.step === "drop" && journey.end.reason === "ARP_IGNORED";
}
