/** IPv4 forwarding (net/ipv4/ip_forward.c). Signatures first; being filled in by builder L3. */
import type { Fate, Skb } from "../types.ts";

export function ipForward(_skb: Skb): Fate {
	return "dropped";
}
