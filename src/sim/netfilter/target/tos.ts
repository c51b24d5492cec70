/** `-j TOS`, `-j DSCP`: the second byte of the IP header (net/netfilter/xt_DSCP.c). */
import type { DscpTarget, TosTarget } from "../../../kernel/xt-targets.ts";
import { ipv4Tos, setIpv4Tos } from "../../../wire/ipv4.ts";
import type { TargetFn, TargetModule } from "../xtables/types.ts";

const ECN_MASK = 3;

export const tos: TargetModule<TosTarget> = {
	name: "TOS",
	onlyTable: "mangle",
	compile: ({ value, mask }) => changer(~mask, value),
};

export const dscp: TargetModule<DscpTarget> = {
	name: "DSCP",
	onlyTable: "mangle",
	check({ value }, at) {
		if (value >= 0 && value <= 63) return undefined;
		return { errno: "EDOM", message: `rule in chain ${at.chain}: DSCP: ${value} is out of range` };
	},
	compile: ({ value }) => changer(ECN_MASK, value << 2),
};

function changer(keep: number, value: number): TargetFn {
	return (skb) => {
		const before = ipv4Tos(skb.bytes, skb.network);
		const after = ((before & keep) ^ value) & 0xff;
		if (after !== before) setIpv4Tos(skb.bytes, skb.network, after);
		return "continue";
	};
}
