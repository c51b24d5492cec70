/** Entries as values of the port, for traces and dumps. */
import type { ConntrackEntry, Tuple } from "../../../kernel/conntrack.ts";
import { TCP_CT_STATES } from "./tcp-track.ts";
import { tupleValue } from "./tuple.ts";
import { type Conntrack, ctExpiresNs, IPS_ASSURED, IPS_DST_NAT, IPS_SEEN_REPLY, IPS_SRC_NAT } from "./types.ts";

/** The entry as `conntrack -L` would show it at `nowNs`; one that is not confirmed yet shows the life it will have. */
export function conntrackEntryOf(ct: Conntrack, nowNs: number): ConntrackEntry {
	const tcpState = ct.tcp === undefined ? undefined : TCP_CT_STATES[ct.tcp.state];
	const status = ct.status;
	return {
		kind: "conntrack",
		family: ct.family,
		proto: ct.proto,
		original: directed(tupleValue(ct.original), ct.zoneIsDirected ? ct.original.zone : 0),
		reply: directed(tupleValue(ct.reply), ct.zoneIsDirected ? ct.reply.zone : 0),
		timeoutSeconds: Math.floor((ct.confirmed ? ctExpiresNs(ct, nowNs) : ct.timeoutNs) / 1e9),
		...(tcpState === undefined ? {} : { tcpState }),
		...((status & IPS_SEEN_REPLY) === 0 ? { unreplied: true } : {}),
		...((status & IPS_ASSURED) === 0 ? {} : { assured: true }),
		mark: ct.mark,
		...(ct.zone === 0 || ct.zoneIsDirected ? {} : { zone: ct.zone }),
		...((status & IPS_SRC_NAT) === 0 ? {} : { snat: true }),
		...((status & IPS_DST_NAT) === 0 ? {} : { dnat: true }),
	};
}

function directed(tuple: Tuple, zone: number): Tuple {
	return zone === 0 ? tuple : { ...tuple, zone };
}
