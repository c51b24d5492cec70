/**
 * Fragments that the real kernel overwrote after they were captured. Conntrack puts a packet together and ip_do_fragment
 * takes it apart again without copying (its fast path asks whether a fragment is shared, not whether its bytes are): the
 * headers that it writes for the next link appear in what a capture of the link before was given and has not read yet.
 */
import { ETH_HLEN, ETH_P_IP, ethType } from "../wire/ethernet.ts";
import {
	IP_OFFSET,
	IPV4_MIN_HLEN,
	ipv4ChecksumIsValid,
	ipv4Frag,
	ipv4HeaderLength,
	ipv4Proto,
	ipv4TotalLength,
} from "../wire/ipv4.ts";
import type { SeenFrame } from "./outcome.ts";

/**
 * Whether `real` shows the fragment that `sim` shows, as it looked when it had gone on: as another device saw it go out, or
 * with its IP header rewritten and not sent yet, for its next hop's MAC address is not known.
 */
export function isOverwritten(sim: SeenFrame, real: SeenFrame, all: readonly SeenFrame[]): boolean {
	if (!isSameFragment(sim.frame, real.frame) || isEqual(sim.frame, real.frame)) return false;
	if (isEqual(sim.frame.subarray(0, ETH_HLEN), real.frame.subarray(0, ETH_HLEN))) {
		return ipv4ChecksumIsValid(real.frame, ETH_HLEN);
	}
	return all.some(
		(other) =>
			other !== real &&
			other.direction === "out" &&
			(other.netns !== real.netns || other.dev !== real.dev) &&
			isEqual(other.frame, real.frame),
	);
}

/** Not the first one of its packet; what routers, NAT and rules change is left out, and the id, which may be the kernel's own. */
function isSameFragment(a: Uint8Array, b: Uint8Array): boolean {
	const at = ETH_HLEN;
	if (a.length !== b.length || a.length < at + IPV4_MIN_HLEN) return false;
	if (ethType(a, 0) !== ETH_P_IP || ethType(b, 0) !== ETH_P_IP) return false;
	const hlen = ipv4HeaderLength(a, at);
	const isLater = (ipv4Frag(a, at) & IP_OFFSET) !== 0;
	return (
		isLater &&
		hlen === ipv4HeaderLength(b, at) &&
		[ipv4Frag, ipv4Proto, ipv4TotalLength].every((field) => field(a, at) === field(b, at)) &&
		isEqual(a.subarray(at + hlen), b.subarray(at + hlen))
	);
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
	return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
