/** IPv4 output (net/ipv4/ip_output.c). Signatures first; being filled in by builder L3. */
import type { IpNum } from "../../wire/addr.ts";
import type { Fate, Netns, Skb } from "../types.ts";

export interface IpHeaderToBuild {
	readonly src: IpNum;
	readonly dst: IpNum;
	readonly proto: number;
	readonly ttl: number;
	readonly tos: number;
	readonly id: number;
	readonly df: boolean;
}

/** An identification for a packet without DF: never 0 (`ip_select_ident`). */
export function ipSelectIdent(netns: Netns): number {
	return 1 + netns.machine.rng.below(0xffff);
}

export function ipBuildAndSend(_netns: Netns, _skb: Skb, _header: IpHeaderToBuild): Fate {
	return "dropped";
}

export function ipLocalOut(_netns: Netns, _skb: Skb): Fate {
	return "dropped";
}

export function ipOutput(_skb: Skb): Fate {
	return "dropped";
}

export function ipFinishOutput(_skb: Skb): Fate {
	return "dropped";
}
