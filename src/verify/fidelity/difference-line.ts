/** A difference in one line, for lists and comments. */
import { hex } from "../../base/bytes.ts";
import type { Difference } from "../difference.ts";
import type { Refusal, SeenFrame } from "../outcome.ts";

export function differenceLine(difference: Difference): string {
	const step = `step ${difference.step + 1}`;
	switch (difference.kind) {
		case "refused":
			return `refused: ${sides(refusalText(difference.sim), refusalText(difference.real))}`;
		case "frame": {
			const { netns, dev, number } = difference;
			return `${step}: frame ${number} of ${netns}/${dev}: ${sides(frameText(difference.sim), frameText(difference.real))}`;
		}
		case "socket":
			return `${step}: ${difference.netns} ${difference.socket}: ${sides(difference.sim, difference.real)}`;
		case "log":
			return `${step}: log: ${sides(difference.sim, difference.real)}`;
		case "rule":
		case "ipset":
		case "nfacct":
		case "conntrack":
		case "neigh":
		case "fdb":
			return `${difference.netns} ${difference.kind} ${difference.where}: ${sides(difference.sim, difference.real)}`;
	}
}

function sides(sim: string | undefined, real: string | undefined): string {
	return `simulated ${sim ?? "nothing"}, real ${real ?? "nothing"}`;
}

function refusalText(refusal: Refusal | undefined): string | undefined {
	return refusal === undefined ? undefined : `${refusal.netns}: ${refusal.error.errno} ${refusal.error.message}`;
}

function frameText(frame: SeenFrame | undefined): string | undefined {
	return frame === undefined ? undefined : `${frame.direction} ${frame.pktType} ${hex(frame.frame)}`;
}
