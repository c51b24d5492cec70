/** Steps and frames in a few words, for people. */
import { summarizeFrame } from "../wire/summary.ts";
import type { SeenFrame } from "./outcome.ts";
import type { Scenario, Step } from "./scenario.ts";
import { addrText } from "./sights.ts";

/** `step 3 (udp in client to 10.0.0.2:53)`; by its index in the scenario. */
export function stepPlace({ steps }: Scenario, index: number): string {
	if (index < 0) return "before the first step";
	const step = steps[index];
	return step === undefined ? "in the end" : `step ${index + 1} (${stepWords(step)})`;
}

export function stepWords(step: Step): string {
	switch (step.kind) {
		case "frame":
			return `${step.netns} ${step.dev}: ${frameText(step.bytes)}`;
		case "tcp":
		case "udp":
			return `${step.kind} in ${step.netns} to ${addrText(step.to)}`;
		case "ping":
			return `ping in ${step.netns} to ${step.to}`;
		case "change":
			return `${step.verb} ${step.object.kind} in ${step.netns}`;
		case "wait":
			return `wait ${step.ms} ms`;
	}
}

/** As `tcpdump -e`. */
export function frameText(frame: Uint8Array, link: "ethernet" | "ip" = "ethernet"): string {
	return summarizeFrame(frame, { link, macs: link === "ethernet" });
}

/** `router eth0 in  host  …`. */
export function seenText({ netns, dev, direction, pktType, frame, link }: SeenFrame): string {
	return `${netns} ${dev} ${direction.padEnd(3)} ${pktType.padEnd(9)} ${frameText(frame, link)}`;
}
