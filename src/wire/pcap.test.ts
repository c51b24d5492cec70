import fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes } from "../base/bytes.ts";
import { buildPcap, buildPcapPacket, parseCapture } from "./pcap.ts";
import { buildPcapng, type Capture, LINKTYPE_ETHERNET, LINKTYPE_RAW } from "./pcapng.ts";

const atNs = fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n });
const frame = fc.uint8Array({ maxLength: 200 });

const pcapPacket = fc.record(
	{ atNs, frame, originalLength: fc.integer({ min: 201, max: 1 << 20 }) },
	{ requiredKeys: ["atNs", "frame"] },
);

const capture: fc.Arbitrary<Capture> = fc
	.array(
		fc.record({
			name: fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
			linkType: fc.constantFrom(LINKTYPE_ETHERNET, LINKTYPE_RAW),
		}),
		{
			minLength: 1,
			maxLength: 4,
		},
	)
	.chain((interfaces) =>
		fc
			.array(
				fc.record(
					{
						interface: fc.nat(interfaces.length - 1),
						atNs,
						frame,
						originalLength: fc.integer({ min: 201, max: 1 << 20 }),
						direction: fc.constantFrom("in" as const, "out" as const),
						comment: fc.string({ unit: "grapheme", minLength: 1 }),
					},
					{ requiredKeys: ["interface", "atNs", "frame"] },
				),
				{ maxLength: 8 },
			)
			.map((packets) => ({ interfaces, packets })),
	);

test("a pcapng file is read back as it was written: devices, times, directions, comments", () => {
	fc.assert(
		fc.property(capture, (wanted) => {
			const bytes = buildPcapng(wanted, { application: "podwire", comment: "a test" });
			expect(bytes.length % 4).toBe(0);
			expect(parseCapture(bytes)).toEqual({ ok: true, value: wanted });
		}),
	);
});

test("a pcap file is read back as it was written", () => {
	fc.assert(
		fc.property(fc.array(pcapPacket, { maxLength: 8 }), (packets) => {
			const read = parseCapture(buildPcap(packets, LINKTYPE_RAW));
			expect(read).toEqual({
				ok: true,
				value: {
					interfaces: [{ linkType: LINKTYPE_RAW }],
					packets: packets.map((packet) => ({ interface: 0, ...packet })),
				},
			});
		}),
	);
});

test("tcpdump's microseconds lose what is smaller, and packets written one by one make the same file", () => {
	fc.assert(
		fc.property(fc.array(pcapPacket, { maxLength: 8 }), fc.nat(65535), (packets, snaplen) => {
			const options = { resolution: "microseconds", snaplen } as const;
			const whole = buildPcap(packets, LINKTYPE_RAW, options);
			const pieces = packets.map((packet) => buildPcapPacket(packet, options));
			expect(concatBytes(buildPcap([], LINKTYPE_RAW, options), ...pieces)).toEqual(whole);
			const read = parseCapture(whole);
			if (!read.ok) throw new Error(read.error.message);
			expect(read.value.snaplen).toBe(snaplen);
			expect(read.value.packets.map((packet) => packet.atNs)).toEqual(
				packets.map((packet) => packet.atNs - (packet.atNs % 1000n)),
			);
		}),
	);
});

test("of a pcap file that is cut off, what comes before is there", () => {
	const whole = buildPcap(
		[1, 2, 3].map((n) => ({ atNs: BigInt(n), frame: new Uint8Array(10 * n) })),
		LINKTYPE_RAW,
	);
	const cut = parseCapture(whole.slice(0, whole.length - 7));
	expect(cut).toMatchObject({
		ok: false,
		error: { message: "truncated dump file; tried to read 30 captured bytes, only got 23" },
	});
	expect(cut.ok ? [] : cut.error.before?.packets.map(({ frame }) => frame.length)).toEqual([10, 20]);
});

test("a big-endian pcap file with microseconds is understood", () => {
	const words = [0xa1b2c3d4, 0x00020004, 0, 0, 65535, 1, 5, 7, 4, 60, 0x01020304];
	const bytes = new Uint8Array(words.length * 4);
	for (const [k, word] of words.entries()) new DataView(bytes.buffer).setUint32(k * 4, word, false);
	expect(parseCapture(bytes)).toEqual({
		ok: true,
		value: {
			interfaces: [{ linkType: 1 }],
			packets: [{ interface: 0, atNs: 5_000_007_000n, frame: Uint8Array.of(1, 2, 3, 4), originalLength: 60 }],
			snaplen: 65535,
		},
	});
});

test("a file cut off anywhere is an error or a shorter capture, never an exception", () => {
	const packets = [0n, 1n, 2n].map((at) => ({ interface: 0, atNs: at, frame: new Uint8Array(30), comment: "x" }));
	const files = [buildPcapng({ interfaces: [{ name: "eth0", linkType: 1 }], packets }), buildPcap(packets, 1)];
	for (const bytes of files) {
		for (let length = 0; length < bytes.length; length += 1) {
			const read = parseCapture(bytes.slice(0, length));
			if (read.ok) expect(read.value.packets.length).toBeLessThan(3);
		}
	}
	expect(parseCapture(new Uint8Array(100))).toEqual({
		ok: false,
		error: { offset: 0, message: "neither pcap nor pcapng" },
	});
});

test("arbitrary bytes after a section header never make the reader throw", () => {
	const start = buildPcapng({ interfaces: [{ linkType: 1 }], packets: [] });
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 80 }), (tail) => {
			const bytes = new Uint8Array(start.length + tail.length);
			bytes.set(start);
			bytes.set(tail, start.length);
			expect(() => parseCapture(bytes)).not.toThrow();
		}),
		{ numRuns: 500 },
	);
});
