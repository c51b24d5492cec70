/** `-j MASQUERADE`: a new flow's source becomes an address of the device it leaves by (net/netfilter/xt_MASQUERADE.c). */
import type { Target } from "../../../kernel/xtables.ts";
import { checkRange } from "../match/ports.ts";
import { nfNatMasqueradeIpv4 } from "../nat/masquerade.ts";
import { HOOK_BIT, type TargetModule } from "../xtables/types.ts";

export const masquerade: TargetModule<Extract<Target, { kind: "masquerade" }>> = {
	name: "MASQUERADE",
	needsConntrack: true,
	onlyTable: "nat",
	hooks: HOOK_BIT.POSTROUTING,
	check: (target, at) => checkRange(target.toPorts, at),
	compile(target) {
		const { toPorts, random, randomFully } = target;
		const range = { minPort: toPorts?.from, maxPort: toPorts?.to, random, randomFully };
		return (skb, state) => (state.outdev === undefined ? "accept" : nfNatMasqueradeIpv4(skb, range, state.outdev));
	},
};
