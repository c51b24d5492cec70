/** A difference for people: where, both sides in the words of the tools, bytes, and what the simulated kernel did there. */
import { hex } from "../base/bytes.ts";
import type { TraceEvent } from "../kernel/trace-event.ts";
import { journeysOf } from "../trace/journey.ts";
import type { Paint } from "../trace/paint.ts";
import { isArp, renderJourney } from "../trace/render.ts";
import type { Difference } from "./difference.ts";
import type { Refusal, SeenFrame } from "./outcome.ts";
import type { Scenario } from "./scenario.ts";
import { seenText, stepPlace } from "./step-words.ts";

type FrameDifference = Extract<Difference, { kind: "frame" }>;

const BYTES_PER_LINE = 16;

/** Several lines without a line end behind the last. */
export function differenceText(scenario: Scenario, difference: Difference, paint: Paint): string {
	const place = stepPlace(scenario, difference.step);
	const head = `${paint.bad("differs")} ${place}: ${subjectText(difference)}`;
	return [head, ...sideLines("sim ", difference, paint), ...sideLines("real", difference, paint)].join("\n");
}

/** The packets' journeys; of ARP only when there is nothing else. */
export function traceText(events: readonly TraceEvent[], paint: Paint): string {
	const journeys = journeysOf(events);
	const others = journeys.filter((journey) => !isArp(journey));
	const shown = others.length > 0 ? others : journeys;
	const startNs = Math.min(...events.map((event) => event.at));
	return shown.map((journey) => renderJourney(journey, { paint, label: (netns) => netns, startNs })).join("\n");
}

function subjectText(difference: Difference): string {
	switch (difference.kind) {
		case "refused":
			return "setting it up";
		case "frame": {
			const { netns, dev, number, normalised, sim } = difference;
			const where = normalised === undefined || sim === undefined ? "" : unequalBytes(sim.frame, normalised);
			return `frame ${number} on ${dev} of ${netns}${where}`;
		}
		case "socket":
			return `what ${difference.socket} in ${difference.netns} saw`;
		case "log":
			return "the kernel's log";
		case "rule":
			return `rule counters of ${difference.netns}, ${difference.where}`;
		case "ipset":
			return `sets of ${difference.netns}, ${difference.where}`;
		case "nfacct":
			return `accounting of ${difference.netns}`;
		case "conntrack":
			return `connection tracking of ${difference.netns}`;
		case "neigh":
			return `neighbours of ${difference.netns}`;
		case "fdb":
			return `forwarding entries of ${difference.netns}`;
	}
}

/** What is left different when chance is taken out. */
function unequalBytes(sim: Uint8Array, normalised: Uint8Array): string {
	const places = [...sim.keys()].filter((at) => sim[at] !== normalised[at]);
	if (sim.length !== normalised.length) return `: ${sim.length} bytes, and ${normalised.length}`;
	if (places.length === 0) return ": whose it is";
	return `: byte${places.length === 1 ? "" : "s"} ${places.map((at) => `0x${at.toString(16)}`).join(" ")}`;
}

function sideLines(side: "sim " | "real", difference: Difference, paint: Paint): readonly string[] {
	const value = side === "sim " ? difference.sim : difference.real;
	const title = `  ${paint.strong(side)}  `;
	if (value === undefined) return [`${title}nothing`];
	if (typeof value === "string") return [`${title}${value}`];
	if ("error" in value) return [`${title}${refusalText(value)}`];
	const other = side === "sim " ? difference.real : difference.sim;
	const unlike = typeof other === "object" && "frame" in other ? other.frame : undefined;
	return [`${title}${seenText(value)}`, ...byteLines(value, unlike, paint)];
}

export function refusalText({ netns, error }: Refusal): string {
	return `refused in ${netns}: ${error.errno}: ${error.message}`;
}

/** As `tcpdump -xx`; bytes that the other side has otherwise stand out, chance's included. */
function byteLines({ frame }: SeenFrame, other: FrameBytes, paint: Paint): readonly string[] {
	const lines: string[] = [];
	for (let from = 0; from < frame.length; from += BYTES_PER_LINE) {
		const words = [...frame.subarray(from, from + BYTES_PER_LINE)].map((byte, index) => {
			const text = hex(Uint8Array.of(byte));
			const isOther = other !== undefined && other[from + index] !== byte;
			return `${isOther ? paint.bad(text) : text}${index % 2 === 1 ? " " : ""}`;
		});
		lines.push(`          ${paint.dim(`0x${from.toString(16).padStart(4, "0")}:`)}  ${words.join("")}`.trimEnd());
	}
	return lines;
}

type FrameBytes = FrameDifference["normalised"];
