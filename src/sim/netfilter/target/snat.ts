/** `-j SNAT`: a new flow's source (net/netfilter/xt_nat.c: xt_snat_target_v2). */
import type { Target } from "../../../kernel/xtables.ts";
import { skbCt } from "../conntrack/types.ts";
import { nfNatSetupInfo } from "../nat/nat-core.ts";
import { natRangeNum } from "../nat/range.ts";
import { HOOK_BIT, type TargetModule } from "../xtables/types.ts";
import { checkNatRange } from "./nat-range.ts";

export const snat: TargetModule<Extract<Target, { kind: "snat" }>> = {
	name: "SNAT",
	needsConntrack: true,
	onlyTable: "nat",
	hooks: HOOK_BIT.POSTROUTING | HOOK_BIT.INPUT,
	check: (target, at) => checkNatRange(target.to, at),
	compile(target) {
		const { random, randomFully, persistent } = target;
		const range = natRangeNum(target.to, { random, randomFully, persistent });
		return (skb) => {
			const ct = skbCt(skb);
			return ct === undefined || nfNatSetupInfo(ct, range, "src") ? "accept" : "drop";
		};
	},
};
