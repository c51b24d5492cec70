/** REDIRECT (nf_nat_redirect.c): destination NAT to this host. */
import type { HookName } from "../../../kernel/xtables.ts";
import { inDev } from "../../ipv4/devinet.ts";
import type { HookVerdict, Skb } from "../../types.ts";
import { skbCt } from "../conntrack/types.ts";
import { nfNatSetupInfo } from "./nat-core.ts";
import type { NatRangeNum } from "./range.ts";

const LOCALHOST = 0x7f000001;

/** Sets up a new flow's destination: 127.0.0.1 for packets made here, else the first address of the device it came in on. */
export function nfNatRedirect(skb: Skb, range: NatRangeNum, hook: HookName): HookVerdict {
	const ct = skbCt(skb);
	if (ct === undefined) return "accept";
	const addr = hook === "OUTPUT" ? LOCALHOST : firstAddr(skb);
	if (addr === undefined) return "drop";
	return nfNatSetupInfo(ct, { ...range, minAddr: addr, maxAddr: addr }, "dst") ? "accept" : "drop";
}

function firstAddr(skb: Skb): number | undefined {
	return skb.dev === undefined ? undefined : inDev(skb.dev).addrs[0]?.local;
}
