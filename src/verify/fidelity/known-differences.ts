/** Differences that are known and stay: each with a reason, and a test by which one is recognised. */
import { ETH_HLEN } from "../../wire/ethernet.ts";
import { ICMP_HLEN, icmpIsError, icmpType } from "../../wire/icmpv4.ts";
import { IPPROTO_ICMP, IPPROTO_TCP, IPV4_MIN_HLEN, ipv4HeaderLength, ipv4Proto } from "../../wire/ipv4.ts";
import { TCP_CHECK, TCP_MIN_HLEN, TCP_RST, tcpFlags } from "../../wire/tcp.ts";
import { UDP_CHECK } from "../../wire/udp.ts";
import type { Difference } from "../difference.ts";
import { vxlanDepth } from "../tunnel-inside.ts";
import { isBefore, type KernelRelease } from "./kernel-release.ts";

export interface KnownDifference {
	/** A sentence for the fidelity table. */
	readonly reason: string;
	/** Only kernels before this one differ: the simulated kernel follows the later ones. */
	readonly before?: KernelRelease;
	/** It must be narrow: what it takes for known is never looked at again. */
	readonly explains: (difference: Difference) => boolean;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
	{
		reason:
			"Linux leaves checksums open on lo and in REJECT's own RSTs; an ICMP error that quotes such a packet, and is translated by " +
			"NAT, quotes a checksum that is neither right nor open.",
		explains: quotesOpenChecksum,
	},
	{
		reason: "a VXLAN device that sends through itself is stopped some levels later, for tunnels are not counted.",
		before: { major: 6, minor: 18 },
		explains: isDeepInVxlan,
	},
];

/** The reason for which the difference is known; undefined: it is not. */
export function reasonFor(
	difference: Difference,
	release: KernelRelease,
	known: readonly KnownDifference[] = KNOWN_DIFFERENCES,
): string | undefined {
	const found = known.find(
		({ before, explains }) => (before === undefined || isBefore(release, before)) && explains(difference),
	);
	if (found === undefined) return undefined;
	const { before, reason } = found;
	return before === undefined ? reason : `Linux before ${before.major}.${before.minor}: ${reason}`;
}

/** A frame that the simulated kernel no longer sends, for it is in so many tunnels already. */
function isDeepInVxlan(difference: Difference): boolean {
	if (difference.kind !== "frame" || difference.sim !== undefined || difference.real === undefined) return false;
	return vxlanDepth(difference.real.frame) >= DEEP_VXLANS;
}

/** As many as the simulated kernel puts around a packet before it says that this is a loop. */
const DEEP_VXLANS = 3;

/** Only the checksum of the quoted packet, and that of the message around it. */
function quotesOpenChecksum(difference: Difference): boolean {
	if (difference.kind !== "frame") return false;
	const sim = difference.sim?.frame;
	const real = difference.normalised;
	if (sim === undefined || real === undefined || sim.length !== real.length) return false;
	const icmp = ETH_HLEN + IPV4_MIN_HLEN;
	const quoted = icmp + ICMP_HLEN;
	if (ipv4Proto(sim, ETH_HLEN) !== IPPROTO_ICMP || !icmpIsError(icmpType(sim, icmp))) return false;
	const inner = quoted + ipv4HeaderLength(sim, quoted);
	const isTcp = ipv4Proto(sim, quoted) === IPPROTO_TCP;
	const isReset = isTcp && inner + TCP_MIN_HLEN <= sim.length && (tcpFlags(sim, inner) & TCP_RST) !== 0;
	if (difference.dev !== "lo" && !isReset) return false;
	const check = inner + (isTcp ? TCP_CHECK : UDP_CHECK);
	const open = new Set([icmp + 2, icmp + 3, check, check + 1]);
	return sim.every((byte, at) => byte === real[at] || open.has(at));
}
