/** The end of a transaction: the tables as a whole are judged, and what the rules need is switched on or off. */
import { err, ok, type Result } from "../../../base/result.ts";
import type { ObjectError } from "../../objects/handler.ts";
import type { Netns } from "../../types.ts";
import { nfCtNetnsGet, nfCtNetnsPut } from "../conntrack/enable.ts";
import { sweepRecentTables } from "../match/recent-table.ts";
import { checkGraph } from "./graph.ts";
import { registerTable } from "./register.ts";
import { type XtNetns, type XtTable, xtNetns } from "./state.ts";

/** On an error the caller undoes the operations of the transaction. */
export function commitXtables(netns: Netns): Result<void, ObjectError> {
	const xt = xtNetns(netns);
	for (const table of xt.tables) {
		const error = checkSuspects(table) ?? (table.graphChanged ? checkGraph(table) : undefined);
		if (error !== undefined) return err(error);
	}
	for (const table of xt.tables) {
		for (const chain of table.suspects) if (!chain.exists) table.chains.delete(chain.name);
		for (const chain of table.suspects) chain.deleted = false;
		table.suspects.clear();
		table.graphChanged = false;
	}
	settleXtables(xt);
	xt.committed = true;
	return ok(undefined);
}

/** Brings hooks, connection tracking and the lists of `-m recent` in line with the rules that are loaded. */
export function settleXtables(xt: XtNetns): void {
	for (const table of xt.tables) {
		if (table.touched && table.unregister === undefined) table.unregister = registerTable(table);
		else if (!table.touched && table.unregister !== undefined) {
			table.unregister();
			table.unregister = undefined;
		}
		const needed = table.conntrackRules > 0;
		if (needed === table.conntrackOn) continue;
		table.conntrackOn = needed;
		if (needed) nfCtNetnsGet(xt.netns, table.family);
		else nfCtNetnsPut(xt.netns, table.family);
	}
	sweepRecentTables(xt.netns);
}

/** A chain that rules lead to must exist. */
function checkSuspects(table: XtTable): ObjectError | undefined {
	for (const chain of table.suspects) {
		if (chain.exists || chain.references === 0) continue;
		if (chain.deleted) {
			return { errno: "EBUSY", message: `CHAIN_DEL failed (Device or resource busy): chain ${chain.name}` };
		}
		return { errno: "ENOENT", message: `Chain '${chain.name}' does not exist` };
	}
	return undefined;
}
