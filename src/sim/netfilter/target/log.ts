/** `-j LOG`: writes a line to the kernel's log (net/netfilter/xt_LOG.c). */
import type { Target } from "../../../kernel/xtables.ts";
import { nfLogPacket } from "../log.ts";
import type { TargetModule } from "../xtables/types.ts";

/** xt_log_info.prefix, without its final zero; iptables cuts what is longer. */
const PREFIX_LENGTH = 29;

export const log: TargetModule<Extract<Target, { kind: "log" }>> = {
	name: "LOG",
	check(target, at) {
		if (target.level >= 0 && target.level <= 7) return undefined;
		return { errno: "EINVAL", message: `LOG target in chain ${at.chain}: log-level "${target.level}" out of range` };
	},
	compile(target) {
		const options = { ...target, prefix: (target.prefix ?? "").slice(0, PREFIX_LENGTH) };
		return (skb, state) => {
			nfLogPacket(skb, state, options);
			return "continue";
		};
	},
};
