/** Trace events of connection tracking; callers on the packet path check `skb.machine.tracer` first. */
import { traceStep } from "../../trace.ts";
import type { Netns, Skb } from "../../types.ts";
import { conntrackEntryOf } from "./entry.ts";
import { ctInfoDir, ctStateOf, ORIGINAL, skbCt } from "./types.ts";

export interface ConntrackChange {
	readonly change: "new" | "found" | "related" | "invalid" | "untracked" | "nat-setup" | "confirmed" | "removed";
	readonly why?: string;
	/** The Linux function; default `nf_conntrack_in`. */
	readonly fn?: string;
}

/** Emits a `conntrack` step with the packet's state and entry as they are now. */
export function traceConntrack(skb: Skb, netns: Netns, what: ConntrackChange): void {
	if (skb.machine.tracer === undefined) return;
	const ct = skbCt(skb);
	const entry =
		ct === undefined
			? {}
			: ({
					dir: ctInfoDir(skb.ctInfo) === ORIGINAL ? "original" : "reply",
					entry: conntrackEntryOf(ct, skb.machine.loop.now()),
				} as const);
	traceStep(skb, netns, what.fn ?? "nf_conntrack_in", {
		step: "conntrack",
		change: what.change,
		state: ctStateOf(skb),
		...entry,
		...(what.why === undefined ? {} : { why: what.why }),
	});
}
