/** IPv4 fragments: reassembly and cutting (net/ipv4/ip_fragment.c). Signatures first; being filled in by builder L3. */
import type { Fate, Netns, Skb } from "../types.ts";

/** Who reassembles: each has its own queues. */
export type DefragUser = "local-deliver" | "conntrack-in" | "conntrack-out" | "conntrack-bridge-in";

/** Takes a fragment. `undefined`: `skb` is now the whole packet, go on; else the fragment was taken, with this fate. */
export function ipDefrag(_skb: Skb, _netns: Netns, _user: DefragUser): Fate | undefined {
	return undefined;
}
