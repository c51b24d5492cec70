/** `-m ipvs`: the packet was dealt with by IPVS, and what its connection is (net/netfilter/xt_ipvs.c). */
import type { IpvsMatch } from "../../../kernel/xtables.ts";
import { ipNum, maskedNum } from "../../../wire/addr.ts";
import { connParam, inverted, ipVsFillIph, ipVsProtoGet } from "../../ipvs/iph.ts";
import { ipvsNet } from "../../ipvs/net.ts";
import type { IpvsConn } from "../../ipvs/types.ts";
import type { Skb } from "../../types.ts";
import { ctInfoDir, REPLY } from "../conntrack/types.ts";
import type { MatchFn, MatchModule } from "../xtables/types.ts";

const METHODS = { GATE: "droute", IPIP: "tunnel", MASQ: "masq" } as const;

export const ipvs: MatchModule<IpvsMatch> = {
	pure: true,
	check(match, at) {
		if (Object.keys(match).length > 1) return undefined;
		return { errno: "EINVAL", message: `ipvs match in chain ${at.chain}: no option specified` };
	},
	compile(match) {
		const { ipvs: only } = match;
		if (only !== undefined) return (skb) => skb.ipvsProperty !== (only.invert === true);
		const ofPacket = packetTest(match);
		const ofConn = connTest(match);
		// The connection is looked for as if the packet were a request that was already rewritten.
		return (skb, state, pkt) => {
			if (!skb.ipvsProperty || !ofPacket(skb, state, pkt)) return false;
			const iph = inverted(ipVsFillIph(skb));
			if (!ipVsProtoGet(iph.proto) || !iph.hasPorts) return false;
			const cp = ipvsNet(state.netns).conns.outGet(connParam(iph));
			return cp !== undefined && ofConn(cp, skb);
		};
	},
};

function packetTest({ proto }: IpvsMatch): MatchFn {
	if (proto === undefined) return () => true;
	return (_skb, _state, pkt) => (pkt.proto === proto.value) !== (proto.invert === true);
}

function connTest(match: IpvsMatch): (cp: IpvsConn, skb: Skb) => boolean {
	const { vaddr, vport, vportctl, method, dir } = match;
	const vnet = vaddr === undefined ? undefined : maskedNum(ipNum(vaddr.value.addr), vaddr.value.prefix);
	return (cp, skb) => {
		if (vport !== undefined && (cp.vport === vport.value) === (vport.invert === true)) return false;
		if (vportctl !== undefined && (cp.control?.vport === vportctl.value) === (vportctl.invert === true)) return false;
		if (dir !== undefined) {
			// Only tracked packets have a direction.
			if (skb.ct === undefined) return false;
			if ((ctInfoDir(skb.ctInfo) === REPLY) !== (dir === "REPLY")) return false;
		}
		if (method !== undefined && (cp.method === METHODS[method.value]) === (method.invert === true)) return false;
		if (vaddr === undefined) return true;
		return (maskedNum(cp.vaddr, vaddr.value.prefix) === vnet) !== (vaddr.invert === true);
	};
}
