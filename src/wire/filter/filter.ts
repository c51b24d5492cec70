/** Capture filters, as tcpdump takes them (pcap-filter(7)): text → a function that says whether a frame passes. */
import { err, ok, type Result } from "../../base/result.ts";
import { compileFilter, type FrameFilter } from "./evaluate.ts";
import { type FilterError, FilterFailure } from "./failure.ts";
import type { FilterLink } from "./link-layer.ts";
import type { FilterNames } from "./names.ts";
import { FilterParser } from "./parser.ts";
import { canAccept } from "./satisfiable.ts";

export interface FilterOptions {
	/** What frames begin with. Default: an Ethernet header. */
	readonly link?: FilterLink;
	/** The filter is for a live capture, which knows direction and device of every frame. */
	readonly live?: boolean;
	/** The network mask of the device, for `ip broadcast`. Default 0, as tcpdump where it knows none. */
	readonly netmask?: number;
	/** Names of hosts and services. Default: none are known. */
	readonly names?: FilterNames;
	/** Take filters that no frame can pass, as `tcpdump -O`. */
	readonly allowNever?: boolean;
}

const NO_NAMES: FilterNames = { hosts: () => undefined, port: () => undefined };

/** The filter; an empty text lets every frame pass. */
export function parseFilter(text: string, options: FilterOptions = {}): Result<FrameFilter, FilterError> {
	const { link = "ethernet", live = false, netmask = 0, names = NO_NAMES, allowNever = false } = options;
	try {
		const condition = new FilterParser(text, { link, live, netmask, names }).filter();
		if (condition === undefined) return ok(() => true);
		if (!allowNever && !canAccept(condition)) {
			return err({ kind: "rejects-all", message: "expression rejects all packets" });
		}
		return ok(compileFilter(condition));
	} catch (error) {
		if (!(error instanceof FilterFailure)) throw error;
		return err({ kind: error.kind, message: error.message });
	}
}
