/**
 * Protocols that conntrack knows nothing of (nf_conntrack_proto_generic.c): addresses and protocol make the flow. Two more
 * are treated so that Linux knows better: SCTP (its ports count and are translated, but it has no states and generic's
 * timeout) and GRE (Linux tells flows apart by their keys).
 */
import type { ConntrackNet } from "./net.ts";
import { type L4Verdict, refresh } from "./proto.ts";
import type { Conntrack } from "./types.ts";

export function genericPacket(ct: Conntrack, net: ConntrackNet): L4Verdict {
	refresh(ct, net.settings.genericNs, net);
	return "accept";
}
