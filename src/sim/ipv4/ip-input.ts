/** IPv4 input (net/ipv4/ip_input.c). Signatures first; being filled in by builder L3. */
import type { Fate, Skb } from "../types.ts";

export function ipRcv(_skb: Skb): Fate {
	return "dropped";
}

/** After PRE_ROUTING: routes the packet and passes it on. */
export function ipRcvFinish(_skb: Skb): Fate {
	return "dropped";
}

export function ipLocalDeliver(_skb: Skb): Fate {
	return "dropped";
}
