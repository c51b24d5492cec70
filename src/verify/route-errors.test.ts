/** Which ICMP errors the kernel counts, and when it has forgotten them. */
import { expect, test } from "vitest";
import { ip, mac } from "../wire/addr.ts";
import { buildPacket } from "./file/build-packet.ts";
import { RouteErrors } from "./route-errors.ts";

const SECOND_NS = 1e9;

test.each([
	{ what: "host unreachable is forgotten after a second", code: 1, count: 1, forgotten: [false, true] },
	{ what: "three of them after three", code: 13, count: 3, forgotten: [false, false, false, true] },
	{ what: "port unreachable is limited otherwise", code: 3, count: 3, forgotten: [true] },
	{ what: "what comes in was sent by somebody else", code: 0, direction: "in", count: 3, forgotten: [true] },
] as const)("$what", ({ code, count, forgotten, ...given }) => {
	const errors = new RouteErrors();
	const frame = buildPacket({
		eth: { src: mac("02:00:00:00:00:01"), dst: mac("02:00:00:00:00:02") },
		ipv4: { src: ip("10.0.0.1"), dst: ip("10.0.0.2") },
		icmp: { type: 3, code },
		payload: new Uint8Array(28),
	});
	const direction = "direction" in given ? given.direction : "out";
	const seen = { step: 0, netns: "r", dev: "e0", direction, pktType: "outgoing", frame } as const;
	errors.count(
		Array.from({ length: count }, () => seen),
		0,
	);
	expect(forgotten.map((_, seconds) => errors.areForgotten(seconds * SECOND_NS))).toEqual(forgotten);
});
