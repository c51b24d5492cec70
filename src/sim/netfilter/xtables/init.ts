/** The iptables subsystem's place in the machine. */
import type { Machine } from "../../types.ts";
import { initBrNetfilter } from "../br-netfilter.ts";

/** Tables register their hooks when something is loaded into them; only br_netfilter is there from the start. */
export function initXtables(machine: Machine): void {
	initBrNetfilter(machine);
}
