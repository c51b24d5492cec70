/** `-j NETMAP`: a new flow's address keeps its host bits and gets another network (net/netfilter/xt_NETMAP.c). */
import type { NetmapTarget } from "../../../kernel/xt-targets.ts";
import { familyOf, ipNum, maskNum } from "../../../wire/addr.ts";
import { skbCt } from "../conntrack/types.ts";
import { nfNatSetupInfo } from "../nat/nat-core.ts";
import { HOOK_BIT, type TargetModule } from "../xtables/types.ts";

export const netmap: TargetModule<NetmapTarget> = {
	name: "NETMAP",
	needsConntrack: true,
	onlyTable: "nat",
	hooks: HOOK_BIT.PREROUTING | HOOK_BIT.INPUT | HOOK_BIT.OUTPUT | HOOK_BIT.POSTROUTING,
	check({ net }, at) {
		if (familyOf(net.addr) === at.family) return undefined;
		return { errno: "EINVAL", message: `rule in chain ${at.chain}: ${net.addr} is not ${at.family}` };
	},
	compile({ net }) {
		const mask = Number(maskNum(net.prefix, 0));
		const network = (Number(ipNum(net.addr)) & mask) >>> 0;
		return (skb, { hook }, pkt) => {
			const ct = skbCt(skb);
			if (ct === undefined) return "accept";
			const manip = hook === "PREROUTING" || hook === "OUTPUT" ? "dst" : "src";
			const host = Number(manip === "dst" ? pkt.dst : pkt.src) & ~mask;
			const addr = (network | host) >>> 0;
			return nfNatSetupInfo(ct, { minAddr: addr, maxAddr: addr }, manip) ? "accept" : "drop";
		};
	},
};
