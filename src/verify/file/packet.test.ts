/** Frames in words and back. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { hex } from "../../base/bytes.ts";
import { ip, mac } from "../../wire/addr.ts";
import { buildPacket } from "./build-packet.ts";
import { describePacket } from "./describe-packet.ts";
import type { Packet } from "./packet.ts";

const ETH = { src: mac("02:00:00:00:00:01"), dst: mac("02:00:00:00:00:02") };
const IPV4 = { src: ip("10.0.0.1"), dst: ip("10.0.0.2") };
const bytes = (...of: readonly number[]): Uint8Array => Uint8Array.from(of);

const PACKETS: readonly (readonly [string, Packet])[] = [
	[
		"an ARP request",
		{
			eth: ETH,
			arp: { op: "request", sender: { mac: ETH.src, ip: IPV4.src }, target: { mac: ETH.dst, ip: IPV4.dst } },
		},
	],
	[
		"a UDP datagram",
		{ eth: ETH, ipv4: { ...IPV4, ttl: 3, id: 7, df: true }, udp: { sport: 1, dport: 2 }, payload: bytes(1, 2, 3) },
	],
	["a UDP datagram without checksum", { eth: ETH, ipv4: IPV4, udp: { sport: 1, dport: 2, checksum: 0 } }],
	[
		"a SYN",
		{
			eth: ETH,
			ipv4: IPV4,
			tcp: { sport: 1, dport: 2, seq: 5, flags: 2, window: 64240, options: { mss: 1460, sackPermitted: true } },
		},
	],
	["odd TCP options", { eth: ETH, ipv4: IPV4, tcp: { sport: 1, dport: 2, flags: 16, options: bytes(1, 1, 1, 0) } }],
	["a wrong TCP checksum", { eth: ETH, ipv4: IPV4, tcp: { sport: 1, dport: 2, flags: 16, checksum: 1 } }],
	["an echo request", { eth: ETH, ipv4: IPV4, icmp: { type: 8, id: 1, seq: 2 }, payload: bytes(9) }],
	["an ICMP error", { eth: ETH, ipv4: IPV4, icmp: { type: 3, code: 4, rest: 1400 }, payload: bytes(0x45, 0) }],
	[
		"the middle of a packet",
		{ eth: ETH, ipv4: { ...IPV4, mf: true, offset: 16, proto: 17 }, payload: bytes(1, 2, 3, 4, 5, 6, 7, 8) },
	],
	["IP options", { eth: ETH, ipv4: { ...IPV4, options: bytes(7, 4, 4, 0) }, udp: { sport: 1, dport: 2 } }],
	["a wrong header checksum", { eth: ETH, ipv4: { ...IPV4, checksum: 7 }, udp: { sport: 1, dport: 2 } }],
	["padding", { eth: ETH, ipv4: IPV4, udp: { sport: 1, dport: 2 }, padding: bytes(0, 0, 0) }],
	["another protocol", { eth: ETH, ipv4: { ...IPV4, proto: 99 }, payload: bytes(1) }],
	["another EtherType", { eth: { ...ETH, type: 0x1234 }, payload: bytes(1) }],
];

test.each(PACKETS)("%s is described as it was said", (_, packet) => {
	expect(describePacket(buildPacket(packet))).toEqual(packet);
});

test("whatever the bytes are, the words give the same", () => {
	const frames = fc.oneof(
		fc.uint8Array({ minLength: 14, maxLength: 80 }),
		// One byte of a sane frame is another.
		fc
			.tuple(fc.constantFrom(...PACKETS), fc.nat(100), fc.nat(255))
			.map(([[, packet], at, value]) => Uint8Array.from(buildPacket(packet), (byte, k) => (k === at ? value : byte))),
	);
	fc.assert(
		fc.property(frames, (frame) => {
			const packet = describePacket(frame);
			return packet !== undefined && hex(buildPacket(packet)) === hex(frame);
		}),
		{ numRuns: 1000 },
	);
});
