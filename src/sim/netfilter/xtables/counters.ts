/** Setting counters to zero (`iptables -Z`). */
import type { TableName } from "../../../kernel/xtables.ts";
import type { Netns } from "../../types.ts";
import { xtNetns } from "./state.ts";

/** Of one chain, of one table, or of all tables; policies included. */
export function zeroCounters(netns: Netns, table?: TableName, chain?: string): void {
	for (const each of xtNetns(netns).tables) {
		if (table !== undefined && each.name !== table) continue;
		for (const state of each.chains.values()) {
			if (chain !== undefined && state.name !== chain) continue;
			state.packets = 0;
			state.bytes = 0;
			for (const rule of state.body.rules) {
				rule.packets = 0;
				rule.bytes = 0;
			}
		}
	}
}
