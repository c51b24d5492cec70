/**
 * Fragments that the real kernel overwrote after they were captured. Conntrack puts a packet together and ip_do_fragment
 * takes it apart again without copying (its fast path asks whether a fragment is shared, not whether its bytes are): the
 * headers that it writes for the next link appear in what a capture of the link before was given and has not read yet.
 */
import { ETH_HLEN, ETH_P_IP, ethType } from "../wire/ethernet.ts";
import {
	IP_OFFSET,
	IPV4_MIN_HLEN,
	ipv4Frag,
	ipv4HeaderLength,
	ipv4Proto,
	ipv4Tos,
	ipv4TotalLength,
	ipv4Ttl,
	setIpv4Ttl,
} from "../wire/ipv4.ts";
import type { SeenFrame } from "./outcome.ts";

/**
 * Whether `real` shows the fragment that `sim` shows, as it looked when it had gone on: as another device saw it go out, or
 * still waiting for its next hop's MAC address.
 */
export function isOverwritten(sim: SeenFrame, real: SeenFrame, all: readonly SeenFrame[]): boolean {
	if (!isSameFragment(sim.frame, real.frame) || isEqual(sim.frame, real.frame)) return false;
	if (isForwarded(sim.frame, real.frame)) return true;
	return all.some(
		(other) =>
			other !== real &&
			other.direction === "out" &&
			(other.netns !== real.netns || other.dev !== real.dev) &&
			isEqual(other.frame, real.frame),
	);
}

/** Not the first one of its packet; all that a link changes is left out, and the id, which may be the kernel's own. */
function isSameFragment(a: Uint8Array, b: Uint8Array): boolean {
	const at = ETH_HLEN;
	if (a.length !== b.length || a.length < at + IPV4_MIN_HLEN) return false;
	if (ethType(a, 0) !== ETH_P_IP || ethType(b, 0) !== ETH_P_IP) return false;
	const hlen = ipv4HeaderLength(a, at);
	const isLater = (ipv4Frag(a, at) & IP_OFFSET) !== 0;
	return (
		isLater &&
		hlen === ipv4HeaderLength(b, at) &&
		[ipv4Frag, ipv4Proto, ipv4Tos, ipv4TotalLength].every((field) => field(a, at) === field(b, at)) &&
		isEqual(a.subarray(at + hlen), b.subarray(at + hlen))
	);
}

/** Nothing but the time to live became less. */
function isForwarded(before: Uint8Array, after: Uint8Array): boolean {
	const ttl = ipv4Ttl(after, ETH_HLEN);
	if (ttl >= ipv4Ttl(before, ETH_HLEN)) return false;
	const aged = before.slice();
	setIpv4Ttl(aged, ETH_HLEN, ttl);
	return isEqual(aged, after);
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
	return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
