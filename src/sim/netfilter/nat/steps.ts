/** Trace events of NAT; only for packets that are traced. */
import { traceStep } from "../../trace.ts";
import type { Netns, Skb } from "../../types.ts";
import { readIpv4Tuple, tupleValue } from "../conntrack/tuple.ts";
import { CtTuple, ctInfoDir, ORIGINAL, REPLY } from "../conntrack/types.ts";
import type { Manip } from "./range.ts";

/** Does `rewrite` and emits a `nat` step when the packet's tuple changed by it. */
export function manipTraced(skb: Skb, netns: Netns, manip: Manip, rewrite: () => void): void {
	const before = new CtTuple(undefined, ORIGINAL);
	const after = new CtTuple(undefined, ORIGINAL);
	readIpv4Tuple(skb.bytes, skb.network, skb.end, before);
	rewrite();
	readIpv4Tuple(skb.bytes, skb.network, skb.end, after);
	if (
		before.src === after.src &&
		before.dst === after.dst &&
		before.sport === after.sport &&
		before.dport === after.dport
	) {
		return;
	}
	traceStep(skb, netns, "nf_nat_manip_pkt", {
		step: "nat",
		manip,
		reply: ctInfoDir(skb.ctInfo) === REPLY,
		before: tupleValue(before),
		after: tupleValue(after),
	});
}
