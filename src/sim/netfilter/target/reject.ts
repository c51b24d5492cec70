/** `-j REJECT`: drops the packet and answers with an ICMP error or a RST (net/ipv4/netfilter/ipt_REJECT.c). */
import type { RejectWith, Target } from "../../../kernel/xtables.ts";
import {
	ICMP_HOST_ANO,
	ICMP_HOST_UNREACH,
	ICMP_NET_ANO,
	ICMP_NET_UNREACH,
	ICMP_PKT_FILTERED,
	ICMP_PORT_UNREACH,
	ICMP_PROT_UNREACH,
} from "../../../wire/icmpv4.ts";
import { IPPROTO_TCP } from "../../../wire/ipv4.ts";
import { nfSendReset, nfSendUnreach } from "../reject.ts";
import { HOOK_BIT, protocolOf, type TargetModule } from "../xtables/types.ts";

export const reject: TargetModule<Extract<Target, { kind: "reject" }>> = {
	name: "REJECT",
	onlyTable: "filter",
	hooks: HOOK_BIT.INPUT | HOOK_BIT.FORWARD | HOOK_BIT.OUTPUT,
	check(target, at) {
		if (target.with === "tcp-reset") {
			if (protocolOf(at.rule, undefined) === IPPROTO_TCP) return undefined;
			return { errno: "EINVAL", message: `rule in chain ${at.chain}: TCP_RESET invalid for non-tcp` };
		}
		if (UNREACH_CODE[target.with] !== undefined) return undefined;
		return {
			errno: "EINVAL",
			message: `rule in chain ${at.chain}: unknown reject type "${target.with}" for ${at.family}`,
		};
	},
	compile(target) {
		const code = UNREACH_CODE[target.with];
		return (skb, state) => {
			if (code === undefined) nfSendReset(skb, state);
			else nfSendUnreach(skb, code);
			return "drop";
		};
	},
};

/** Codes of ICMP destination unreachable. */
const UNREACH_CODE: Readonly<Partial<Record<RejectWith, number>>> = {
	"icmp-net-unreachable": ICMP_NET_UNREACH,
	"icmp-host-unreachable": ICMP_HOST_UNREACH,
	"icmp-proto-unreachable": ICMP_PROT_UNREACH,
	"icmp-port-unreachable": ICMP_PORT_UNREACH,
	"icmp-net-prohibited": ICMP_NET_ANO,
	"icmp-host-prohibited": ICMP_HOST_ANO,
	"icmp-admin-prohibited": ICMP_PKT_FILTERED,
};
