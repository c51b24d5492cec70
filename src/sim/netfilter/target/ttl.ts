/** `-j TTL` (net/netfilter/xt_HL.c: ttl_tg). */
import type { TtlTarget } from "../../../kernel/xt-targets.ts";
import { ipv4Ttl, setIpv4Ttl } from "../../../wire/ipv4.ts";
import type { TargetModule } from "../xtables/types.ts";

export const ttl: TargetModule<TtlTarget> = {
	name: "TTL",
	onlyTable: "mangle",
	check({ op, value }, at) {
		if (value >= (op === "set" ? 0 : 1) && value <= 255) return undefined;
		return { errno: "EINVAL", message: `rule in chain ${at.chain}: TTL: cannot ${op} by ${value}` };
	},
	compile({ op, value }) {
		return (skb) => {
			const before = ipv4Ttl(skb.bytes, skb.network);
			const wanted = op === "set" ? value : op === "inc" ? before + value : before - value;
			const after = Math.min(255, Math.max(0, wanted));
			if (after !== before) setIpv4Ttl(skb.bytes, skb.network, after);
			return "continue";
		};
	},
};
