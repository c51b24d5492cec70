/** Round robin (ip_vs_rr.c): one after the other down the list, which begins with the destination added last. */
import type { IpvsDest, Scheduler } from "../types.ts";
import { canTake } from "./load.ts";

export const rr: Scheduler = {
	name: "rr",
	bind(svc) {
		/** The last one chosen; undefined: before the first. */
		let last: IpvsDest | undefined;
		return {
			schedule() {
				const { dests } = svc;
				const from = last === undefined ? -1 : dests.indexOf(last);
				for (let k = 1; k <= dests.length; k += 1) {
					const dest = dests[(from + k) % dests.length];
					if (dest === undefined || !canTake(dest)) continue;
					last = dest;
					return dest;
				}
				return undefined;
			},
			/** The one before takes the place of a deleted one. */
			destsChanged({ what, dest, at }) {
				if (what === "delete" && dest === last) last = svc.dests[at - 1];
			},
			save() {
				const saved = last;
				return () => {
					last = saved;
				};
			},
		};
	},
};
