/** What the protocols of connection tracking have in common. */
import type { HookState } from "../../types.ts";
import type { ConntrackNet } from "./net.ts";
import { type Conntrack, IPS_CONFIRMED } from "./types.ts";

/** `repeat`: the entry was removed, look the packet up again. */
export type L4Verdict = "accept" | "invalid" | "repeat";

/** Gives the entry `lifeNs` from now on (`nf_ct_refresh_acct`); one not confirmed yet: from its confirmation on. */
export function refresh(ct: Conntrack, lifeNs: number, net: ConntrackNet): void {
	ct.timeoutNs = (ct.status & IPS_CONFIRMED) === 0 ? lifeNs : lifeNs + net.now();
}

/** Whether transport checksums are to be verified here: for packets that come in, unless the sysctl says no. */
export function verifiesChecksum(net: ConntrackNet, state: HookState): boolean {
	return state.hook === "PREROUTING" && net.settings.checksum;
}

/** Notes why a packet is invalid, for traces. */
export function refuse(net: ConntrackNet, why: string): "invalid" {
	net.why = why;
	return "invalid";
}
