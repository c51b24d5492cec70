/** `-j CONNMARK`: sets the flow's mark, or copies it from or to the packet's (net/netfilter/xt_connmark.c). */
import type { ConnmarkTarget, MarkShift } from "../../../kernel/xt-targets.ts";
import { skbCt } from "../conntrack/types.ts";
import type { TargetModule } from "../xtables/types.ts";

export const connmark: TargetModule<ConnmarkTarget> = {
	name: "CONNMARK",
	needsConntrack: true,
	check(target, at) {
		const bits = target.shift?.bits ?? 1;
		if (bits >= 1 && bits <= 31) return undefined;
		return { errno: "EINVAL", message: `rule in chain ${at.chain}: CONNMARK target: cannot shift by ${bits} bits` };
	},
	compile(target) {
		const shift = shifter(target.shift);
		if (target.op === "set") {
			const keep = ~target.mask;
			const { value } = target;
			return (skb) => {
				const ct = skbCt(skb);
				if (ct !== undefined) ct.mark = shift((ct.mark & keep) ^ value);
				return "continue";
			};
		}
		const { nfmask, ctmask } = target;
		if (target.op === "save") {
			return (skb) => {
				const ct = skbCt(skb);
				if (ct !== undefined) ct.mark = ((ct.mark & ~ctmask) ^ shift(skb.mark & nfmask)) >>> 0;
				return "continue";
			};
		}
		return (skb) => {
			const ct = skbCt(skb);
			if (ct !== undefined) skb.mark = ((skb.mark & ~nfmask) ^ shift(ct.mark & ctmask)) >>> 0;
			return "continue";
		};
	},
};

function shifter(shift: MarkShift | undefined): (mark: number) => number {
	if (shift === undefined) return (mark) => mark >>> 0;
	const { bits } = shift;
	return shift.dir === "left" ? (mark) => (mark << bits) >>> 0 : (mark) => mark >>> bits;
}
