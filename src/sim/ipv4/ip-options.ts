/**
 * IP options of packets that come in (net/ipv4/ip_options.c: __ip_options_compile; ip_input.c: ip_rcv_options): a malformed
 * list is answered, a source route is refused, as it is unless `accept_source_route` says otherwise. What options ask for
 * (to record the route, the time) is not done.
 */
import { ICMP_PARAMETERPROB } from "../../wire/icmpv4.ts";
import { IPV4_MIN_HLEN, ipv4HeaderLength } from "../../wire/ipv4.ts";
import type { Skb } from "../types.ts";
import { icmpSend } from "./icmp.ts";

/** Looks at the options; the result says why the packet must be dropped (its sender has been told, where that is due). */
export function ipRcvOptions(skb: Skb): string | undefined {
	const { bytes, network } = skb;
	const parsed = parseOptions(bytes, network + IPV4_MIN_HLEN, network + ipv4HeaderLength(bytes, network));
	if (parsed.badAt !== undefined) {
		icmpSend(skb, ICMP_PARAMETERPROB, 0, (parsed.badAt - network) * 0x1000000);
		return "malformed IP options";
	}
	return parsed.sourceRoute ? "a source route (accept_source_route is not modelled)" : undefined;
}

const END = 0;
const NOOP = 1;
const RECORD_ROUTE = 7;
const TIMESTAMP = 68;
const LOOSE_ROUTE = 131;
const STRICT_ROUTE = 137;
const ROUTER_ALERT = 148;

interface Parsed {
	/** Where the first thing that is wrong stands. */
	readonly badAt?: number;
	readonly sourceRoute: boolean;
}

function parseOptions(bytes: Uint8Array, from: number, to: number): Parsed {
	const seen = new Set<number>();
	for (let at = from; at < to && bytes[at] !== END; ) {
		const kind = bytes[at] ?? 0;
		if (kind === NOOP) {
			at += 1;
			continue;
		}
		const length = bytes[at + 1] ?? 0;
		if (at + 2 > to || length < 2 || at + length > to) return { badAt: at, sourceRoute: false };
		const badAt = badPlace(bytes, at, length, seen);
		if (badAt !== undefined) return { badAt, sourceRoute: false };
		at += length;
	}
	return { sourceRoute: seen.has(LOOSE_ROUTE) };
}

/** Where an option of this length is wrong; `seen` are those that may be there only once. */
function badPlace(bytes: Uint8Array, at: number, length: number, seen: Set<number>): number | undefined {
	const kind = bytes[at] ?? 0;
	const pointer = bytes[at + 2] ?? 0;
	switch (kind) {
		case LOOSE_ROUTE:
		case STRICT_ROUTE:
			if (length < 3) return at + 1;
			if (pointer < 4) return at + 2;
			if (seen.has(LOOSE_ROUTE)) return at;
			seen.add(LOOSE_ROUTE);
			return undefined;
		case RECORD_ROUTE:
			if (seen.has(RECORD_ROUTE)) return at;
			if (length < 3) return at + 1;
			if (pointer < 4 || (pointer <= length && pointer + 3 > length)) return at + 2;
			seen.add(RECORD_ROUTE);
			return undefined;
		case TIMESTAMP:
			if (seen.has(TIMESTAMP)) return at;
			if (length < 4) return at + 1;
			if (pointer < 5) return at + 2;
			seen.add(TIMESTAMP);
			return undefined;
		case ROUTER_ALERT:
			return length < 4 ? at + 1 : undefined;
		default:
			return undefined;
	}
}
