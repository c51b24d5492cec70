/** What time does to a neighbour entry (net/core/neighbour.c: neigh_timer_handler): asking again, doubting, giving up. */
import type { NeighState } from "../../kernel/objects.ts";
import { ipText } from "../../wire/addr.ts";
import { timerWheelDelay } from "../timer-wheel.ts";
import { dropSkb } from "../trace.ts";
import { neighParm } from "./neigh-parms.ts";
import { type Neighbour, traceNeigh } from "./neigh-table.ts";

/** A timer of the entry fired. */
export function neighTimerHandler(neigh: Neighbour): void {
	neigh.timer = undefined;
	if (neigh.dead) return;
	const nowNs = now(neigh);
	const delayProbeNs = neighParm(neigh.dev, "delay_first_probe_time") * 1e9;
	switch (neigh.state) {
		case "REACHABLE":
			if (nowNs < neigh.confirmedNs + reachableNs(neigh)) {
				startTimer(neigh, neigh.confirmedNs + reachableNs(neigh) - nowNs);
			} else if (nowNs <= neigh.usedNs + delayProbeNs) setState(neigh, "DELAY", delayProbeNs);
			else {
				neigh.state = "STALE";
				neigh.updatedNs = nowNs;
			}
			return;
		case "DELAY":
			if (nowNs <= neigh.confirmedNs + delayProbeNs) {
				setState(neigh, "REACHABLE", neigh.confirmedNs + reachableNs(neigh) - nowNs);
				return;
			}
			neigh.probes = 0;
			setState(neigh, "PROBE", retransNs(neigh));
			neighProbe(neigh);
			return;
		case "PROBE":
		case "INCOMPLETE":
			if (neigh.probes >= maxProbes(neigh)) {
				setState(neigh, "FAILED", undefined);
				neighInvalidate(neigh);
				return;
			}
			startTimer(neigh, retransNs(neigh));
			neighProbe(neigh);
			return;
		case "NONE":
		case "STALE":
		case "FAILED":
		case "NOARP":
		case "PERMANENT":
			return;
	}
}

/** Asks once more. */
export function neighProbe(neigh: Neighbour): void {
	const skb = neigh.queue.at(-1);
	neigh.probes += 1;
	if (skb !== undefined && skb.machine.tracer !== undefined) traceNeigh(neigh, skb, "neigh_probe", "solicit");
	neigh.ops.solicit(neigh, skb);
}

/** Nobody answered: each waiting packet is reported to its sender and dropped. */
export function neighInvalidate(neigh: Neighbour): void {
	while (neigh.state === "FAILED") {
		const skb = neigh.queue.shift();
		if (skb === undefined) return;
		if (skb.machine.tracer !== undefined) traceNeigh(neigh, skb, "neigh_invalidate", "failed");
		skb.dst?.linkFailure(skb);
		dropSkb(skb, neigh.dev.netns, "arp_error_report", "NEIGH_FAILED", {
			detail: `no answer from ${ipText(neigh.addr)} on ${neigh.dev.name}`,
		});
	}
}

/** Enters a state, with or without a timer that ends it. */
export function setState(neigh: Neighbour, state: NeighState, timerNs: number | undefined): void {
	stopTimer(neigh);
	neigh.state = state;
	neigh.updatedNs = now(neigh);
	if (timerNs !== undefined) startTimer(neigh, timerNs);
}

export function startTimer(neigh: Neighbour, delayNs: number): void {
	neigh.timer?.cancel();
	const { loop } = neigh.dev.netns.machine;
	neigh.timer = loop.afterInWheel(timerWheelDelay(loop.now(), delayNs), neigh.onTimer);
}

export function stopTimer(neigh: Neighbour): void {
	neigh.timer?.cancel();
	neigh.timer = undefined;
}

function maxProbes(neigh: Neighbour): number {
	const probes = neighParm(neigh.dev, "ucast_solicit") + neighParm(neigh.dev, "app_solicit");
	return neigh.state === "PROBE" ? probes : probes + neighParm(neigh.dev, "mcast_solicit");
}

/** How long REACHABLE lasts. */
export function reachableNs(neigh: Neighbour): number {
	return neighParm(neigh.dev, "base_reachable_time_ms") * 1e6;
}

/** How long to wait for an answer. */
export function retransNs(neigh: Neighbour): number {
	return Math.max(neighParm(neigh.dev, "retrans_time_ms"), 10) * 1e6;
}

/** The machine's time. */
export function now(neigh: Neighbour): number {
	return neigh.dev.netns.machine.loop.now();
}
