/** Lines of `ip neigh`. */
import type { Neigh } from "../kernel/objects.ts";

/** One neighbour, without a line end; it ends in a space, as `ip neigh` prints it. */
export function formatNeigh(neigh: Neigh): string {
	const mac = neigh.mac === undefined ? "" : `lladdr ${neigh.mac} `;
	return `${neigh.addr} dev ${neigh.dev} ${mac}${neigh.state ?? "PERMANENT"} `;
}
