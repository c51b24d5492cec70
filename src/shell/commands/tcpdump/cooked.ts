/** Linux's cooked headers: what `tcpdump -i any` puts before packets instead of their link header. */
import type { CapturedFrame } from "../../../kernel/kernel.ts";
import { ETH_HLEN, ETH_P_IP, ethSrc, ethType } from "../../../wire/ethernet.ts";
import { put16, put32, put48 } from "../../../wire/read-write.ts";
import { COOKED_V1, COOKED_V2, type LinkType } from "./link-types.ts";

const PACKET_TYPES: Readonly<Record<CapturedFrame["pktType"], number>> = {
	host: 0,
	broadcast: 1,
	multicast: 2,
	otherhost: 3,
	outgoing: 4,
};
const ARPHRD_ETHER = 1;
const ARPHRD_TUNNEL = 768;
const ARPHRD_LOOPBACK = 772;
const MIN_ETHER_TYPE = 1536;
/** sll_protocol of a frame with an LLC header. */
const LLC = 4;

/** The frame as a capture of that link type has it. */
export function cook(captured: CapturedFrame, type: LinkType): Uint8Array {
	if (type !== COOKED_V1 && type !== COOKED_V2) return captured.frame;
	const { frame } = captured;
	const isRaw = captured.link === "ip";
	const packet = isRaw ? frame : frame.subarray(ETH_HLEN);
	const etherType = isRaw ? ETH_P_IP : ethType(frame, 0);
	const protocol = etherType < MIN_ETHER_TYPE ? LLC : etherType;
	const hardware = isRaw ? ARPHRD_TUNNEL : captured.dev === "lo" ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
	const pktType = PACKET_TYPES[captured.pktType];
	const headerLength = type === COOKED_V1 ? 16 : 20;
	const out = new Uint8Array(headerLength + packet.length);
	out.set(packet, headerLength);
	if (type === COOKED_V1) {
		put16(out, 0, pktType);
		put16(out, 2, hardware);
		put16(out, 4, isRaw ? 0 : 6);
		put48(out, 6, isRaw ? 0 : ethSrc(frame, 0));
		put16(out, 14, protocol);
		return out;
	}
	put16(out, 0, protocol);
	put32(out, 4, captured.ifindex);
	put16(out, 8, hardware);
	out[10] = pktType;
	out[11] = isRaw ? 0 : 6;
	put48(out, 12, isRaw ? 0 : ethSrc(frame, 0));
	return out;
}
