/** Emitting trace events and ending packets. Callers check `skb.machine.tracer` first where building a step costs anything. */
import type { DropReason } from "../kernel/drop-reason.ts";
import type { TraceStep } from "../kernel/trace-event.ts";
import { ETH_P_IP } from "../wire/ethernet.ts";
import type { Fate, HookState, Netns, Skb } from "./types.ts";

/** Emits one step of a packet's path; does nothing while nobody traces. */
export function traceStep(skb: Skb, netns: Netns, fn: string, step: TraceStep): void {
	const tracer = skb.machine.tracer;
	if (tracer === undefined) return;
	tracer({ skb: skb.id, at: skb.machine.loop.now(), netns: netns.name, fn, ...step });
}

/** A copy of the packet for a trace: from the network header if there is one, else the frame. */
export function packetForTrace(skb: Skb): { readonly packet: Uint8Array; readonly link: "ip" | "ethernet" } {
	if (skb.network >= 0 && skb.protocol === ETH_P_IP)
		return { packet: skb.bytes.slice(skb.network, skb.end), link: "ip" };
	const from = skb.mac >= 0 ? skb.mac : skb.data;
	return { packet: skb.bytes.slice(from, skb.end), link: "ethernet" };
}

/** The end of a packet that is not delivered (`kfree_skb_reason`). */
export function dropSkb(skb: Skb, netns: Netns, fn: string, reason: DropReason, more?: DropDetail): Fate {
	if (skb.machine.tracer !== undefined) {
		traceStep(skb, netns, fn, { step: "drop", reason, ...more, ...packetForTrace(skb) });
	}
	return "dropped";
}

export interface DropDetail {
	readonly detail?: string;
	readonly table?: NonNullable<HookState["dropRule"]>["table"];
	readonly chain?: string;
	readonly number?: number;
}

/** The end of a packet that somebody took. `to` says who, e.g. `tcp socket 10.0.0.1:80 (nginx)`. */
export function deliverSkb(skb: Skb, netns: Netns, fn: string, to: string): Fate {
	if (skb.machine.tracer !== undefined) traceStep(skb, netns, fn, { step: "deliver", to, ...packetForTrace(skb) });
	return "delivered";
}

/** The end of a packet that served its purpose inside the kernel, e.g. the original of flooded copies. */
export function consumeSkb(skb: Skb, netns: Netns, fn: string, why: string): Fate {
	if (skb.machine.tracer !== undefined) traceStep(skb, netns, fn, { step: "consume", why });
	return "delivered";
}

/** The birth of a packet. */
export function originSkb(skb: Skb, netns: Netns, fn: string, what: string, parent?: Skb): void {
	if (skb.machine.tracer === undefined) return;
	const from = parent === undefined ? {} : { parent: parent.id };
	traceStep(skb, netns, fn, { step: "origin", what, ...from, ...packetForTrace(skb) });
}
