/** `-j DNAT`: a new flow's destination (net/netfilter/xt_nat.c: xt_dnat_target_v2). */
import type { Target } from "../../../kernel/xtables.ts";
import { skbCt } from "../conntrack/types.ts";
import { nfNatSetupInfo } from "../nat/nat-core.ts";
import { natRangeNum } from "../nat/range.ts";
import { HOOK_BIT, type TargetModule } from "../xtables/types.ts";
import { checkNatRange } from "./nat-range.ts";

export const dnat: TargetModule<Extract<Target, { kind: "dnat" }>> = {
	name: "DNAT",
	needsConntrack: true,
	onlyTable: "nat",
	hooks: HOOK_BIT.PREROUTING | HOOK_BIT.OUTPUT,
	check: (target, at) => checkNatRange(target.to, at),
	compile(target) {
		const range = natRangeNum(target.to, { random: target.random, persistent: target.persistent });
		return (skb) => {
			const ct = skbCt(skb);
			return ct === undefined || nfNatSetupInfo(ct, range, "dst") ? "accept" : "drop";
		};
	},
};
