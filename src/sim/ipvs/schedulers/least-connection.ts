/** The schedulers that look at how many connections each destination has: lc, wlc, sed, nq (ip_vs_lc.c, …). */
import type { IpvsDest, Scheduler } from "../types.ts";
import { canTake, connOverhead, leastLoaded, nothingToSave } from "./load.ts";

/** Fewest connections, whatever the weights (but 0). */
export const lc: Scheduler = byLoad("lc", (dests) => {
	let least: IpvsDest | undefined;
	for (const dest of dests) {
		if (canTake(dest) && (least === undefined || connOverhead(dest) < connOverhead(least))) least = dest;
	}
	return least;
});

/** Fewest connections for its weight. */
export const wlc: Scheduler = byLoad("wlc", (dests) => leastLoaded(dests, connOverhead));

/** Shortest expected delay: active connections and the new one, for its weight. */
export const sed: Scheduler = byLoad("sed", (dests) => leastLoaded(dests, expectedDelay));

/** Never queue: the first that is idle, else as sed. */
export const nq: Scheduler = byLoad("nq", (dests) => {
	const able = dests.filter(canTake);
	return able.find((dest) => dest.active === 0) ?? leastLoaded(able, expectedDelay);
});

function expectedDelay(dest: IpvsDest): number {
	return dest.active + 1;
}

function byLoad(name: string, choose: (dests: readonly IpvsDest[]) => IpvsDest | undefined): Scheduler {
	return { name, bind: (svc) => ({ schedule: () => choose(svc.dests), save: nothingToSave }) };
}
