/** The schedulers by name, as after `modprobe ip_vs_…`. */
import type { Scheduler } from "../types.ts";
import { fo, ovf } from "./failover.ts";
import { dh, sh } from "./hashing.ts";
import { type LblcClock, lblc, lblcr } from "./lblc.ts";
import { lc, nq, sed, wlc } from "./least-connection.ts";
import { mh } from "./mh.ts";
import { rr } from "./rr.ts";
import { wrr } from "./wrr.ts";

const SCHEDULERS: readonly Scheduler[] = [rr, wrr, lc, wlc, sh, dh, sed, nq, mh, fo, ovf];

/** Undefined: there is none of this name. */
export function schedulerByName(name: string, clock: LblcClock): Scheduler | undefined {
	if (name === "lblc") return lblc(clock);
	return name === "lblcr" ? lblcr(clock) : SCHEDULERS.find((scheduler) => scheduler.name === name);
}
