/** The iptables subsystem's place in the machine. */
import type { Machine } from "../../types.ts";
import { xtNetns } from "./state.ts";

/** Tables register their hooks when something is loaded into them, and let go of them when their namespace goes. */
export function initXtables(machine: Machine): void {
	machine.onNetnsRemoved.push((netns) => {
		for (const table of xtNetns(netns).tables) {
			table.unregister?.();
			table.unregister = undefined;
		}
	});
}
