/** Two new entries want the same tuple (`nf_ct_resolve_clash`). */
import { IPPROTO_UDP } from "../../../wire/ipv4.ts";
import type { HookState, HookVerdict, Skb } from "../../types.ts";
import { conntrackNet } from "./net.ts";
import { sameTuple } from "./tuple.ts";
import { type Conntrack, type CtTuple, IPS_NAT_DONE_MASK, skbCt } from "./types.ts";

/**
 * The packet's new entry lost to the one that `taken` belongs to. A UDP packet joins the winner when both are the same
 * flow; any other is dropped. (Linux can also keep both with a one-sided entry; that race needs two processors.)
 */
export function resolveClash(skb: Skb, taken: CtTuple, state: HookState): HookVerdict {
	const loser = skbCt(skb);
	const winner = taken.ct;
	if (loser === undefined || winner === undefined) return "accept";
	const { stats } = conntrackNet(winner.netns);
	const untranslated = (winner.status & IPS_NAT_DONE_MASK) === 0;
	if (winner.proto === IPPROTO_UDP && (untranslated || sameFlow(winner, loser))) {
		skb.ct = winner;
		stats.clashResolve += 1;
		return "accept";
	}
	stats.insertFailed += 1;
	stats.drop += 1;
	state.dropReason = "CONFIRM_CLASH";
	state.dropDetail = loser.natExhausted
		? "no free port was left in the range, and the last one tried is taken"
		: "another connection took the tuple first";
	return "drop";
}

function sameFlow(a: Conntrack, b: Conntrack): boolean {
	return sameTuple(a.original, b.original) && sameTuple(a.reply, b.reply);
}
