import { expect, test } from "vitest";
import { packet, RouterLab, udp } from "../../../test/router-lab.ts";
import { concatBytes } from "../../base/bytes.ts";
import { fillIpv4Checksum } from "../../wire/ipv4.ts";

function changed(at: number, value: number, fill = true): Uint8Array {
	const bytes = udp({ length: 10 });
	bytes[at] = value;
	if (fill) fillIpv4Checksum(bytes, 0);
	return bytes;
}

test.each([
	["version 6", changed(0, 0x65), "IP_INHDR"],
	["a header of 16 bytes", changed(0, 0x44), "IP_INHDR"],
	["a header longer than the packet", changed(0, 0x4f), "IP_INHDR"],
	["a wrong checksum", changed(10, 0, false), "IP_CSUM"],
	["a length beyond the frame", changed(2, 1), "PKT_TOO_SMALL"],
	["a length shorter than the header", changed(3, 19), "IP_INHDR"],
	["12 bytes", new Uint8Array(12).fill(0x45), "IP_INHDR"],
])("%s is dropped before PRE_ROUTING", async (_, bytes, reason) => {
	const router = await RouterLab.create();
	router.send([bytes]);
	expect(router.drops()).toEqual([reason]);
	expect(router.lab.events.some((event) => event.step === "hook")).toBe(false);
});

test("another host's frame is dropped", async () => {
	const router = await RouterLab.create();
	router.send([udp()], { to: 0x020000000077 });
	expect(router.drops()).toEqual(["OTHERHOST"]);
});

test("the padding of a short frame is cut off", async () => {
	const router = await RouterLab.create();
	router.send([concatBytes(packet({ proto: 99 }), new Uint8Array(26))]);
	expect(router.lines("y")).toEqual(["10.8.0.2 > 10.9.0.2 ttl 63 DF len 20"]);
});

test("a packet to any of the host's addresses is for the host, whatever device it came in by", async () => {
	const router = await RouterLab.create({ sysctls: { "net.ipv4.ip_forward": 0 } });
	router.send([packet({ dst: "10.9.0.1", proto: 99 })]);
	expect(router.lines("x")).toEqual(["10.9.0.1 > 10.8.0.2 ttl 64 tos 0xc0 len 48 ICMP 3/2"]);
});
