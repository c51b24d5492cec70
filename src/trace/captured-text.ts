/** A flow as captures on every device show it: for a kernel that cannot tell what its functions do. */
import type { CapturedFrame } from "../kernel/kernel.ts";
import { ETH_P_ARP, ethType } from "../wire/ethernet.ts";
import { summarizeFrame } from "../wire/summary.ts";
import type { Detail } from "./flow-text.ts";
import type { Paint } from "./paint.ts";
import { oneLine } from "./step-text.ts";

export interface CapturedTextOptions {
	readonly paint: Paint;
	/** What a namespace is called. */
	label(netns: string): string;
	/** `all`: every frame; `first`: until the first answer has come back; `request`: until the request has arrived. ARP only with `all`. */
	readonly detail: Detail;
	readonly clientNetns: string;
	/** Where the request ended. Absent: nobody knows. */
	readonly serverNetns?: string;
}

/** One line per frame and device, in the order of time, under the name of the namespace. */
export function capturedText(frames: readonly CapturedFrame[], options: CapturedTextOptions): string {
	const { paint } = options;
	const relevant = options.detail === "all" ? frames : frames.filter((seen) => !isArp(seen));
	const shown = relevant.slice(0, countShown(relevant, options));
	const startNs = shown[0]?.at ?? 0;
	const lines: string[] = [];
	let netns: string | undefined;
	for (const seen of shown) {
		if (seen.netns !== netns) lines.push(`${netns === undefined ? "┌" : "├"} ${paint.name(options.label(seen.netns))}`);
		netns = seen.netns;
		const at = paint.dim(`${((seen.at - startNs) / 1e6).toFixed(3).padStart(8)} ms`);
		lines.push(`│ ${at}  ${seen.dev.padEnd(15)} ${seen.direction.padEnd(3)} ${summaryOf(seen)}`);
	}
	const rest = relevant.length - shown.length;
	if (rest > 0) lines.push(`└ ${paint.dim(`${rest} more frames until it was over (--all prints them)`)}`);
	return lines.join("\n");
}

function isArp({ frame, link }: CapturedFrame): boolean {
	return link === undefined && ethType(frame, 0) === ETH_P_ARP;
}

function summaryOf({ frame, link }: CapturedFrame): string {
	return oneLine(summarizeFrame(frame, { link: link ?? "ethernet" }));
}

function countShown(frames: readonly CapturedFrame[], options: CapturedTextOptions): number {
	if (options.detail === "all") return frames.length;
	if (options.detail === "request") {
		const arrived = frames.findIndex((seen) => seen.netns === options.serverNetns && seen.direction === "in");
		if (arrived >= 0) return arrived + 1;
	}
	const answered = frames.findIndex((seen) => seen.netns === options.clientNetns && seen.direction === "in");
	return answered < 0 ? frames.length : answered + 1;
}
