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
import { UDP_CHECK } from "../wire/udp.ts";
import type { SeenFrame } from "./outcome.ts";
import { insideOf } from "./tunnel-inside.ts";

/**
 * Whether `real` shows the fragment that `sim` shows, as it looked when it had gone on: as another device saw it go out, or
 * with its IP header rewritten and not sent yet, for its next hop's MAC address is not known.
 */
export function isOverwritten(sim: SeenFrame, real: SeenFrame, all: readonly SeenFrame[]): boolean {
	// A device without Ethernet headers, an IPIP tunnel's.
	if (sim.link === "ip") {
		const isSame = isSameFragment(sim.frame, real.frame, 0) && !isEqual(sim.frame, real.frame);
		return isSame && ipv4ChecksumIsValid(real.frame, 0);
	}
	const inside = insideOf(sim.frame);
	if (inside > 0) return isOverwrittenInside(sim.frame, real.frame, { at: inside, all });
	if (!isSameFragment(sim.frame, real.frame) || isEqual(sim.frame, real.frame)) return false;
	if (isEqual(sim.frame.subarray(0, ETH_HLEN), real.frame.subarray(0, ETH_HLEN))) {
		return ipv4ChecksumIsValid(real.frame, ETH_HLEN);
	}
	return all.some(
		(other) =>
			other !== real &&
			other.direction === "out" &&
			// Out by the device it came in by, too: a router sends it back.
			(real.direction === "in" || other.netns !== real.netns || other.dev !== real.dev) &&
			isOnItsWay(real.frame, other.frame),
	);
}

/**
 * A tunnel's outer packet with such a fragment inside: rewritten and not sent yet, or sent, and then the new Ethernet header,
 * for which the kernel writes 16 bytes at once, is over the end of the outer headers.
 */
function isOverwrittenInside(
	sim: Uint8Array,
	real: Uint8Array,
	{ at, all }: { readonly at: number; readonly all: readonly SeenFrame[] },
): boolean {
	const frame = real.subarray(at - ETH_HLEN);
	if (real.length !== sim.length || isEqual(frame, sim.subarray(at - ETH_HLEN))) return false;
	if (isUnsent(sim, real, at)) return true;
	const before = Uint8Array.from(frame);
	before.set(sim.subarray(at - ETH_HLEN, at));
	before.set([8, 0], ETH_HLEN - 2);
	const asSent = Uint8Array.from(sim.subarray(at - ETH_HLEN));
	asSent.set([8, 0], ETH_HLEN - 2);
	return (
		isSameFragment(asSent, before) && all.some((other) => other.direction === "out" && isOnItsWay(frame, other.frame))
	);
}

/** Sent as `out` was, which by now may show what the next router wrote into the same bytes. */
function isOnItsWay(frame: Uint8Array, out: Uint8Array): boolean {
	const isSameHop = isEqual(frame.subarray(0, ETH_HLEN), out.subarray(0, ETH_HLEN));
	return isSameHop && isSameFragment(frame, out) && ipv4ChecksumIsValid(frame, ETH_HLEN);
}

/** With a new IP header inside, and not sent yet: all in front of it is as it was, but for what is drawn. */
function isUnsent(sim: Uint8Array, real: Uint8Array, at: number): boolean {
	const l4 = ETH_HLEN + ipv4HeaderLength(sim, ETH_HLEN);
	const drawn = [ETH_HLEN + 4, ETH_HLEN + 10, ...(l4 === at ? [] : [l4 + UDP_CHECK])];
	const isSameOutside = sim
		.subarray(0, at)
		.every((byte, k) => byte === real[k] || drawn.some((field) => k === field || k === field + 1));
	const isSame = isSameFragment(sim.subarray(at), real.subarray(at), 0) && ipv4ChecksumIsValid(real, at);
	return isSameOutside && isSame;
}

/** Not the first one of its packet; what routers, NAT and rules change is left out, and the id, which may be the kernel's own. */
function isSameFragment(a: Uint8Array, b: Uint8Array, at: number = ETH_HLEN): boolean {
	if (a.length !== b.length || a.length < at + IPV4_MIN_HLEN) return false;
	if (at === ETH_HLEN && (ethType(a, 0) !== ETH_P_IP || ethType(b, 0) !== ETH_P_IP)) return false;
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
