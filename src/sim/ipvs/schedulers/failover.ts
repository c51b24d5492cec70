/** Schedulers that fill the destination with the greatest weight first: fo and ovf (ip_vs_fo.c, ip_vs_ovf.c). */
import type { IpvsDest, Scheduler } from "../types.ts";
import { nothingToSave } from "./load.ts";

/** Weighted failover: the greatest weight of those not overloaded. */
export const fo: Scheduler = byWeight("fo", (dest) => !dest.overloaded);

/** Weighted overflow: the greatest weight of those with no more active connections than their weight. */
export const ovf: Scheduler = byWeight("ovf", (dest) => !dest.overloaded && dest.active <= dest.weight);

function byWeight(name: string, accept: (dest: IpvsDest) => boolean): Scheduler {
	return {
		name,
		bind: (svc) => ({
			schedule() {
				let heaviest: IpvsDest | undefined;
				for (const dest of svc.dests) {
					if (dest.weight > (heaviest?.weight ?? 0) && accept(dest)) heaviest = dest;
				}
				return heaviest;
			},
			save: nothingToSave,
		}),
	};
}
