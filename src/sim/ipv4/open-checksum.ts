/**
 * Checksums that a sender leaves to the device (`CHECKSUM_PARTIAL`). lo never computes them, other devices do before they
 * send. The simulated packet has a complete checksum all the time; only what copies its bytes meanwhile shows the other one.
 */
import { foldChecksum, pseudoHeaderSum } from "../../wire/checksum.ts";
import {
	IPPROTO_IPIP,
	IPPROTO_TCP,
	IPPROTO_UDP,
	IPV4_MIN_HLEN,
	ipv4Dst,
	ipv4HeaderLength,
	ipv4Proto,
	ipv4Src,
	ipv4TotalLength,
} from "../../wire/ipv4.ts";
import { put16 } from "../../wire/read-write.ts";
import { TCP_CHECK } from "../../wire/tcp.ts";
import { UDP_CHECK } from "../../wire/udp.ts";

/**
 * Puts what the field holds while it is open, the sum of the pseudo-header, into the quoted packet at `at`: NAT and TCPMSS
 * keep it true to its addresses and length. IPVS may have put the packet into another one (IPIP).
 */
export function putOpenChecksum(b: Uint8Array, at: number, end: number): void {
	if (at + IPV4_MIN_HLEN > end) return;
	const proto = ipv4Proto(b, at);
	const hlen = ipv4HeaderLength(b, at);
	if (proto === IPPROTO_IPIP) putOpenChecksum(b, at + hlen, end);
	const check = at + hlen + (proto === IPPROTO_TCP ? TCP_CHECK : UDP_CHECK);
	if ((proto !== IPPROTO_TCP && proto !== IPPROTO_UDP) || check + 2 > end) return;
	const sum = pseudoHeaderSum(ipv4Src(b, at), ipv4Dst(b, at), proto, ipv4TotalLength(b, at) - hlen);
	put16(b, check, ~foldChecksum(sum));
}
