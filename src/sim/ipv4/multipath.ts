/** Choosing among the next hops of a multipath route, by the flow's hash and the weights (net/ipv4/fib_semantics.c). */
import { ICMP_HLEN, icmpIsError, icmpType } from "../../wire/icmpv4.ts";
import {
	IPPROTO_ICMP,
	IPPROTO_SCTP,
	IPPROTO_TCP,
	IPPROTO_UDP,
	ipv4Dst,
	ipv4HeaderLength,
	ipv4IsFragment,
	ipv4Proto,
	ipv4Src,
} from "../../wire/ipv4.ts";
import { get16 } from "../../wire/read-write.ts";
import type { FibNexthop, FibRoute } from "../state/fib-table.ts";
import type { Skb } from "../types.ts";

/** What is hashed; ports are 0 under policy 0. Both directions of a flow have the same hash. */
export interface FlowKeys {
	readonly src: number;
	readonly dst: number;
	readonly proto: number;
	readonly sport: number;
	readonly dport: number;
}

/** `fib_multipath_hash`, 31 bits. `policy` is `fib_multipath_hash_policy`: 0 addresses only, 1 with ports. */
export function multipathHash(keys: FlowKeys, policy: number): number {
	let h = mix(Math.min(keys.src, keys.dst), 0x9747b28c);
	h = mix(Math.max(keys.src, keys.dst), h);
	if (policy === 1) {
		h = mix(keys.proto, h);
		h = mix(Math.min(keys.sport, keys.dport) * 65536 + Math.max(keys.sport, keys.dport), h);
	}
	h ^= h >>> 16;
	h = Math.imul(h, 0x85ebca6b);
	h ^= h >>> 13;
	return (h >>> 1) & 0x7fffffff;
}

/** The keys of a packet; under policy 0 an ICMP error has those of the packet it is about, so that it takes the same path. */
export function flowKeysOf({ bytes, network: at, end }: Skb, policy: number): FlowKeys {
	if (policy !== 0) return flowKeysAt(bytes, at, end);
	const first = at + ipv4HeaderLength(bytes, at);
	if (ipv4Proto(bytes, at) === IPPROTO_ICMP && icmpIsError(icmpType(bytes, first)) && !ipv4IsFragment(bytes, at)) {
		if (first + ICMP_HLEN + 28 <= end) return flowKeysAt(bytes, first + ICMP_HLEN, end);
	}
	return flowKeysAt(bytes, at, end);
}

/** The keys of the packet in `bytes` from `at` to `end` (`skb_flow_dissect_flow_keys`). */
export function flowKeysAt(bytes: Uint8Array, at: number, end: number): FlowKeys {
	const proto = ipv4Proto(bytes, at);
	const ports = at + ipv4HeaderLength(bytes, at);
	const hasPorts =
		(proto === IPPROTO_TCP || proto === IPPROTO_UDP || proto === IPPROTO_SCTP) &&
		!ipv4IsFragment(bytes, at) &&
		ports + 4 <= end;
	return {
		src: ipv4Src(bytes, at),
		dst: ipv4Dst(bytes, at),
		proto,
		sport: hasPorts ? get16(bytes, ports) : 0,
		dport: hasPorts ? get16(bytes, ports + 2) : 0,
	};
}

/** The next hop whose share of the 31-bit space holds `hash`; dead ones have no share (`fib_select_multipath`). */
export function fibSelectMultipath(
	route: FibRoute,
	hash: number,
	isUsable: (hop: FibNexthop) => boolean,
): FibNexthop | undefined {
	const alive = route.nexthops.filter(isUsable);
	const total = alive.reduce((sum, hop) => sum + hop.weight, 0);
	let passed = 0;
	for (const hop of alive) {
		passed += hop.weight;
		if (hash <= Math.round((passed * 0x80000000) / total) - 1) return hop;
	}
	return undefined;
}

function mix(value: number, seed: number): number {
	let k = Math.imul(value | 0, 0xcc9e2d51);
	k = (k << 15) | (k >>> 17);
	let h = seed ^ Math.imul(k, 0x1b873593);
	h = (h << 13) | (h >>> 19);
	return (Math.imul(h, 5) + 0xe6546b64) | 0;
}
