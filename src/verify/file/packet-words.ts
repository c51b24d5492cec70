/** A packet in words as a scenario file says it: what `packet-shape.ts` reads. */
import { hex, utf8Decode } from "../../base/bytes.ts";
import type { Words } from "./object-words.ts";
import type { Packet, TcpWords } from "./packet.ts";
import { TCP_FLAG_NAMES } from "./packet-shape.ts";

export function packetWords({ eth, arp, ipv4, udp, tcp, icmp, payload, padding }: Packet): Words {
	return {
		eth,
		arp,
		...(ipv4 === undefined ? {} : { ipv4: { ...ipv4, options: ipv4.options && hex(ipv4.options) } }),
		udp,
		...(tcp === undefined ? {} : { tcp: tcpWords(tcp) }),
		icmp,
		payload: payload && payloadWords(payload),
		padding: padding && hex(padding),
	};
}

function tcpWords({ flags, options, ...rest }: TcpWords): Words {
	const names = TCP_FLAG_NAMES.filter((_, bit) => (flags & (1 << bit)) !== 0);
	return {
		...rest,
		flags: names.length === 0 ? "none" : names.join(","),
		options: options instanceof Uint8Array ? hex(options) : options,
	};
}

function payloadWords(bytes: Uint8Array): Words | string {
	const isText = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
	return isText ? utf8Decode(bytes) : { hex: hex(bytes) };
}
