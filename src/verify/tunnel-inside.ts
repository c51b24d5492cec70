/** Where the packets inside tunnels' outer packets are. */
import { ETH_HLEN, ETH_P_IP, ethType } from "../wire/ethernet.ts";
import {
	IP_OFFSET,
	IPPROTO_IPIP,
	IPPROTO_UDP,
	IPV4_MIN_HLEN,
	ipv4Frag,
	ipv4HeaderLength,
	ipv4Proto,
} from "../wire/ipv4.ts";
import { get16 } from "../wire/read-write.ts";
import { isVxlanPort } from "../wire/summary-vxlan.ts";
import { UDP_HLEN } from "../wire/udp.ts";
import { VXLAN_HLEN } from "../wire/vxlan.ts";

/** Behind the UDP and the VXLAN header. */
export const VXLAN_INSIDE: number = UDP_HLEN + VXLAN_HLEN;

/** Where the packet inside the outer packet of a frame begins; 0: it is none. */
export function insideOf(b: Uint8Array): number {
	if (!hasTransport(b, 0)) return 0;
	if (ipv4Proto(b, ETH_HLEN) === IPPROTO_IPIP) return ETH_HLEN + ipv4HeaderLength(b, ETH_HLEN);
	const frame = frameInside(b, 0);
	return frame !== undefined && frame + ETH_HLEN < b.length ? frame + ETH_HLEN : 0;
}

/** How many VXLAN headers are in front of what the frame carries. */
export function vxlanDepth(b: Uint8Array): number {
	let depth = 0;
	for (let at = frameInside(b, 0); at !== undefined; at = frameInside(b, at)) depth += 1;
	return depth;
}

/** Where the frame in the VXLAN packet of the frame at `at` begins. */
function frameInside(b: Uint8Array, at: number): number | undefined {
	if (!hasTransport(b, at) || ipv4Proto(b, at + ETH_HLEN) !== IPPROTO_UDP) return undefined;
	const l4 = at + ETH_HLEN + ipv4HeaderLength(b, at + ETH_HLEN);
	const frame = l4 + VXLAN_INSIDE;
	return frame <= b.length && isVxlanPort(get16(b, l4 + 2)) ? frame : undefined;
}

/** An IPv4 packet that is not a later fragment. */
function hasTransport(b: Uint8Array, at: number): boolean {
	const network = at + ETH_HLEN;
	return b.length >= network + IPV4_MIN_HLEN && ethType(b, at) === ETH_P_IP && (ipv4Frag(b, network) & IP_OFFSET) === 0;
}
