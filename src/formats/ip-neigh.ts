/** Lines of `ip neigh`. */
import type { Neigh } from "../kernel/objects.ts";
import { type Field, field, fieldIf, fieldsText, textOnly } from "./fields.ts";

export interface NeighListing {
	/** Names the device; not when all are of one that was asked for. */
	readonly dev?: boolean;
	/** -s. */
	readonly stats?: boolean;
}

/** One neighbour, without a line end; it ends in a space, as `ip neigh` prints it. */
export function formatNeigh(neigh: Neigh): string {
	return fieldsText(neighFields(neigh));
}

/** The same as fields. */
export function neighFields(neigh: Neigh, listing: NeighListing = {}): readonly Field[] {
	const state = neigh.state ?? "PERMANENT";
	return [
		field(`${neigh.addr} `, "dst", neigh.addr),
		...fieldIf(listing.dev !== false, `dev ${neigh.dev} `, "dev", neigh.dev),
		...(neigh.mac === undefined ? [] : [field(`lladdr ${neigh.mac} `, "lladdr", neigh.mac)]),
		...(listing.stats === true ? statFields(neigh) : []),
		...(state === "NONE" ? [] : [field(`${state} `, "state", [state])]),
	];
}

/** One neighbour as `ip -br neigh` prints it, with the line end. */
export function briefNeighFields(neigh: Neigh): readonly Field[] {
	return [
		field(`${neigh.addr.padEnd(39)} `, "dst", neigh.addr),
		field(`${neigh.dev.padEnd(16)} `, "dev", neigh.dev),
		...(neigh.mac === undefined ? [] : [field(neigh.mac, "lladdr", neigh.mac)]),
		textOnly("\n"),
	];
}

function statFields(neigh: Neigh): readonly Field[] {
	const { ages } = neigh;
	const [used, confirmed, updated] = [ages?.usedSeconds, ages?.confirmedSeconds, ages?.updatedSeconds].map((age) =>
		Math.floor(age ?? 0),
	);
	const hasTimer = neigh.state === "REACHABLE" || neigh.state === "INCOMPLETE" || neigh.state === "DELAY";
	return [
		...fieldIf(hasTimer || neigh.state === "PROBE", " ref 1", "refcnt", 1),
		field(` used ${used}/`, "used", used ?? 0),
		field(`${confirmed}/`, "confirmed", confirmed ?? 0),
		field(`${updated}`, "updated", updated ?? 0),
		field(`probes ${ages?.probes ?? 0} `, "probes", ages?.probes ?? 0),
	];
}
