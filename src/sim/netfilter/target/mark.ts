/** `-j MARK --set-xmark`: changes the packet's mark (net/netfilter/xt_mark.c: mark_tg). */
import type { Target } from "../../../kernel/xtables.ts";
import type { TargetModule } from "../xtables/types.ts";

export const mark: TargetModule<Extract<Target, { kind: "mark" }>> = {
	name: "MARK",
	compile(target) {
		const keep = ~target.mask;
		const value = target.value;
		return (skb) => {
			skb.mark = ((skb.mark & keep) ^ value) >>> 0;
			return "continue";
		};
	},
};
