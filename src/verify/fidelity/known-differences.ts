/** Differences that are known and stay: each with a reason, and a test by which one is recognised. */
import { ETH_HLEN, ETH_P_IP, ethType } from "../../wire/ethernet.ts";
import { ICMP_HLEN, icmpIsError, icmpType } from "../../wire/icmpv4.ts";
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, IPV4_MIN_HLEN, ipv4HeaderLength, ipv4Proto } from "../../wire/ipv4.ts";
import { get16 } from "../../wire/read-write.ts";
import { TCP_CHECK, TCP_MIN_HLEN, TCP_RST, tcpFlags } from "../../wire/tcp.ts";
import { UDP_CHECK, UDP_HLEN } from "../../wire/udp.ts";
import { VXLAN_HLEN, VXLAN_LINUX_PORT, VXLAN_PORT } from "../../wire/vxlan.ts";
import type { Difference } from "../difference.ts";
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

/** How many VXLAN headers are in front of what the frame carries. */
function vxlanDepth(frame: Uint8Array): number {
	let depth = 0;
	for (let at = 0; at + ETH_HLEN + IPV4_MIN_HLEN <= frame.length; depth += 1) {
		const network = at + ETH_HLEN;
		const udp = network + ipv4HeaderLength(frame, network);
		const inside = udp + UDP_HLEN + VXLAN_HLEN;
		if (ethType(frame, at) !== ETH_P_IP || ipv4Proto(frame, network) !== IPPROTO_UDP || inside > frame.length)
			return depth;
		if (![VXLAN_PORT, VXLAN_LINUX_PORT].includes(get16(frame, udp + 2))) return depth;
		at = inside;
	}
	return depth;
}

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
