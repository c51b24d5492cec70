/** What `-m tcp`, `udp` and `sctp` have in common: a source and a destination port range, each with its `!`. */
import type { Inverted, PortRange } from "../../../kernel/xtables.ts";
import type { ObjectError } from "../../objects/handler.ts";
import type { Skb } from "../../types.ts";
import { dportOf, sportOf, type XtPacket } from "../xtables/packet.ts";
import type { RuleContext } from "../xtables/types.ts";

export interface PortCriteria {
	readonly sport?: Inverted<PortRange>;
	readonly dport?: Inverted<PortRange>;
}

export type PortsFn = (skb: Skb, pkt: XtPacket) => boolean;

/** Undefined: any ports will do. */
export function compilePorts(match: PortCriteria): PortsFn | undefined {
	const sport = match.sport === undefined ? undefined : portTest(match.sport);
	const dport = match.dport === undefined ? undefined : portTest(match.dport);
	if (sport === undefined) return dport === undefined ? undefined : (skb, pkt) => dport(dportOf(skb, pkt));
	if (dport === undefined) return (skb, pkt) => sport(sportOf(skb, pkt));
	return (skb, pkt) => sport(sportOf(skb, pkt)) && dport(dportOf(skb, pkt));
}

export function checkPorts(match: PortCriteria, at: RuleContext): ObjectError | undefined {
	return checkRange(match.sport?.value, at) ?? checkRange(match.dport?.value, at);
}

export function checkRange(range: PortRange | undefined, at: RuleContext): ObjectError | undefined {
	if (range === undefined || (range.from >= 0 && range.from <= range.to && range.to <= 65535)) return undefined;
	return { errno: "EINVAL", message: `invalid port range ${range.from}:${range.to} in chain ${at.chain}` };
}

function portTest(range: Inverted<PortRange>): (port: number) => boolean {
	const { from, to } = range.value;
	const want = range.invert !== true;
	if (from === to) return want ? (port) => port === from : (port) => port !== from;
	return (port) => (port >= from && port <= to) === want;
}
