/**
 * Protocols that conntrack knows nothing of (nf_conntrack_proto_generic.c): addresses and protocol make the flow. Here this
 * goes for two more that Linux knows: SCTP (its ports count and are translated, but it has no states, and the timeout is
 * the generic one) and GRE (Linux tells its flows apart by their keys).
 */
import type { ConntrackNet } from "./net.ts";
import { type L4Verdict, refresh } from "./proto.ts";
import type { Conntrack } from "./types.ts";

export function genericPacket(ct: Conntrack, net: ConntrackNet): L4Verdict {
	refresh(ct, net.settings.genericNs, net);
	return "accept";
}
