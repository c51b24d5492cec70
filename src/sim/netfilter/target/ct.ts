/** `-j CT`, `-j NOTRACK`: what connection tracking shall do with the packet when it comes to it (net/netfilter/xt_CT.c). */
import type { CtTarget, NotrackTarget } from "../../../kernel/xt-targets.ts";
import { Conntrack, IPS_CONFIRMED, IPS_TEMPLATE, isCtSettled } from "../conntrack/types.ts";
import type { TargetFn, TargetModule } from "../xtables/types.ts";

export const ct: TargetModule<CtTarget> = {
	name: "CT",
	onlyTable: "raw",
	needsConntrack: (target) => target.notrack !== true,
	check(target, at) {
		const id = target.zone?.id;
		if (id === undefined || id === "mark" || (Number.isInteger(id) && id >= 0 && id <= 0xffff)) return undefined;
		return { errno: "EINVAL", message: `rule in chain ${at.chain}: Cannot parse ${id} as a zone ID` };
	},
	compile(target, at) {
		if (target.notrack === true) return untrack;
		// One for all packets of the rule, as in Linux: a mark that CONNMARK gives it before conntrack comes is theirs all.
		const template = new Conntrack(at.netns);
		template.template = target.zone ?? { id: 0 };
		template.status = IPS_TEMPLATE | IPS_CONFIRMED;
		return (skb) => {
			if (isCtSettled(skb)) return "continue";
			skb.ct = template;
			skb.ctInfo = "new";
			return "continue";
		};
	},
};

export const notrack: TargetModule<NotrackTarget> = {
	name: "NOTRACK",
	onlyTable: "raw",
	compile: () => untrack,
};

const untrack: TargetFn = (skb) => {
	if (!isCtSettled(skb)) skb.ctInfo = "untracked";
	return "continue";
};
