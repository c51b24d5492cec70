/** Taking chance out of frames and texts: what may differ and what may not. */
import { expect, test } from "vitest";
import { dnatScenario } from "../../test/scenario-samples.ts";
import { ip, mac } from "../wire/addr.ts";
import { foldChecksum, pseudoHeaderSum } from "../wire/checksum.ts";
import { get16, put16 } from "../wire/read-write.ts";
import { TCP_ACK, TCP_RST, TCP_SYN } from "../wire/tcp.ts";
import { Chance } from "./chance.ts";
import { buildPacket } from "./file/build-packet.ts";
import type { Packet } from "./file/packet.ts";
import { normaliseFrame } from "./normalise.ts";
import { normaliseLogLine, normaliseSight } from "./normalise-text.ts";

const ETH = { src: mac("02:00:00:00:00:01"), dst: mac("02:00:00:00:00:02") };
const IPV4 = { src: ip("10.0.0.1"), dst: ip("10.0.0.2") };
const SENT = buildPacket({
	eth: ETH,
	ipv4: { ...IPV4, id: 7 },
	udp: { sport: 1000, dport: 2000 },
	payload: Uint8Array.of(1),
});

/** Of a scenario that sends `SENT`. */
function chance(): Chance {
	return new Chance(dnatScenario([{ kind: "frame", netns: "client", dev: "eth0", bytes: SENT }]));
}

function normalised(sim: Packet, real: Packet, by: Chance = chance()): boolean {
	const frame = buildPacket(sim);
	return normaliseFrame({ sim: frame, real: buildPacket(real), step: 0 }, by).every((byte, at) => byte === frame[at]);
}

function tcp(words: Partial<NonNullable<Packet["tcp"]>>, id = 1): Packet {
	return { eth: ETH, ipv4: { ...IPV4, id }, tcp: { sport: 40000, dport: 80, flags: TCP_ACK, ...words } };
}

function udp(words: Partial<NonNullable<Packet["udp"]>>, ipv4: Partial<NonNullable<Packet["ipv4"]>> = {}): Packet {
	return {
		eth: ETH,
		ipv4: { ...IPV4, id: 1, ...ipv4 },
		udp: { sport: 5000, dport: 53, ...words },
		payload: Uint8Array.of(1, 2),
	};
}

/** A port unreachable about a packet. */
function error(about: Packet): Packet {
	const rest = { type: 3, code: 3 };
	return { eth: ETH, ipv4: { ...IPV4, id: 9 }, icmp: rest, payload: buildPacket(about).subarray(14) };
}

const PAIRS: readonly (readonly [what: string, may: boolean, sim: Packet, real: Packet])[] = [
	["an IP id", true, udp({}), udp({}, { id: 77 })],
	["an IP id of zero", false, udp({}), udp({}, { id: 0 })],
	["a time to live", false, udp({}), udp({}, { ttl: 63 })],
	["a port that NAT drew", true, udp({ sport: 5001 }), udp({ sport: 60000 })],
	["a port that NAT drew out of its class", false, udp({ sport: 5001 }), udp({ sport: 600 })],
	["a port that the scenario names", false, udp({ sport: 5001 }), udp({ sport: 1000 })],
	["a checksum that is wrong", false, udp({}), udp({ checksum: 0x1234 })],
	["a checksum that is not there", false, udp({}), udp({ checksum: 0 })],
	["a first sequence number", true, tcp({ flags: TCP_SYN, seq: 1e6 }), tcp({ flags: TCP_SYN, seq: 4e9 })],
	["a sequence number of no connection", false, tcp({ seq: 1e6 }), tcp({ seq: 4e9 })],
	["an ICMP id that NAT drew", true, ping(5), ping(6)],
	[
		"ids and ports in the packet that an error quotes",
		true,
		error(udp({ sport: 5001 })),
		error(udp({ sport: 60000 }, { id: 77 })),
	],
	["the time to live in the packet that an error quotes", false, error(udp({})), error(udp({}, { ttl: 1 }))],
	["an error of another code", false, error(udp({})), { ...error(udp({})), icmp: { type: 3, code: 1 } }],
];

function ping(id: number): Packet {
	return { eth: ETH, ipv4: { ...IPV4, id: 3 }, icmp: { type: 8, id, seq: 1 } };
}

test.each(PAIRS)("%s is passed over: %s", (_, may, sim, real) => {
	expect(normalised(sim, real)).toBe(may);
});

test("a frame that the scenario sent keeps its IP id, also where it is quoted", () => {
	const sent = udpSent(7);
	expect(normalised(sent, udpSent(8))).toBe(false);
	expect(normalised(error(sent), error(udpSent(8)))).toBe(false);
});

test("what sent fragments are put together to keeps its IP id; a drawn id of another length may be the same", () => {
	const piece = (offset: number, mf: boolean, length: number): Packet => ({
		eth: ETH,
		ipv4: { ...IPV4, id: 9, offset, mf, proto: 17 },
		payload: new Uint8Array(length),
	});
	const frames = [piece(0, true, 16), piece(16, false, 10)].map((packet) => buildPacket(packet));
	const steps = frames.map((bytes) => ({ kind: "frame", netns: "client", dev: "eth0", bytes }) as const);
	const by = (): Chance => new Chance(dnatScenario(steps));
	const whole = (id: number, length: number): Packet => ({
		...udp({}, { id }),
		payload: new Uint8Array(length),
	});
	expect(normalised(whole(9, 18), whole(10, 18), by())).toBe(false);
	expect(normalised(whole(9, 19), whole(10, 19), by())).toBe(true);
	expect(
		normalised(
			piece(8, true, 8),
			{ ...piece(8, true, 8), ipv4: { ...IPV4, id: 10, offset: 8, mf: true, proto: 17 } },
			by(),
		),
	).toBe(false);
});

function udpSent(id: number): Packet {
	return { eth: ETH, ipv4: { ...IPV4, id }, udp: { sport: 1000, dport: 2000 }, payload: Uint8Array.of(1) };
}

test("a connection's numbers count on from where it began", () => {
	const by = chance();
	const syn = { flags: TCP_SYN, options: { timestamps: { value: 1000, echo: 0 } } };
	const realSyn = { flags: TCP_SYN, options: { timestamps: { value: 9_000_000, echo: 0 } } };
	expect(normalised(tcp({ ...syn, seq: 100 }), tcp({ ...realSyn, seq: 0xffff_fff0 }), by)).toBe(true);
	// Over the end of 32 bits, and as the other side's acknowledgement.
	expect(normalised(tcp({ seq: 120 }), tcp({ seq: 4 }), by)).toBe(true);
	expect(normalised(tcp({ ack: 120 }), tcp({ ack: 4 }), by)).toBe(true);
	expect(normalised(tcp({ seq: 120 }), tcp({ seq: 5 }), by)).toBe(false);
	const later = (value: number): Packet => tcp({ options: { timestamps: { value, echo: 0 } } });
	expect(normalised(later(1400), later(9_000_390), by)).toBe(true);
	expect(normalised(later(1400), later(9_900_000), by)).toBe(false);
});

test("a RST without a number tells of a SYN that was never seen; of one that was seen it must hold", () => {
	const reset = (ack: number, seq = 0): Packet => tcp({ flags: TCP_RST | TCP_ACK, seq, ack });
	const by = chance();
	expect(normalised(reset(1001), reset(4_000_001), by)).toBe(true);
	expect(normalised(reset(1001), reset(4_000_002), by)).toBe(false);
	expect(normalised(reset(900_001, 1), reset(5_000_001, 1), by)).toBe(false);
	const syn = (seq: number): Packet => tcp({ flags: TCP_SYN, seq });
	expect(normalised(syn(0x7000_0000), syn(0x9000_0000), by)).toBe(true);
	expect(normalised(reset(0x7000_0001), reset(0x9000_0001), by)).toBe(true);
	expect(normalised(reset(0x7000_0001), reset(0x9000_0002), by)).toBe(false);
	expect(normalised(reset(0x7000_0001), reset(0xb000_0001), by)).toBe(false);
});

test("an IP id stands for one id within a step, wherever the packet is seen", () => {
	const by = chance();
	expect(normalised(udp({}), udp({}, { id: 77 }), by)).toBe(true);
	expect(normalised(udp({}), udp({}, { id: 77 }), by)).toBe(true);
	expect(normalised(udp({}), udp({}, { id: 78 }), by)).toBe(false);
});

test("a checksum that is left to the device counts as the right one", () => {
	const sim = buildPacket(udp({}));
	const real = buildPacket(udp({}, { id: 77 }));
	const udpAt = 34;
	const [src, dst] = [0x0a00_0001, 0x0a00_0002];
	put16(real, udpAt + 6, ~foldChecksum(pseudoHeaderSum(src, dst, 17, 10)) & 0xffff);
	const by = chance();
	expect(get16(real, udpAt + 6)).not.toBe(get16(sim, udpAt + 6));
	expect(normaliseFrame({ sim, real, step: 0 }, by)).toEqual(sim);
	expect(by.counts.get("checksum offload")).toBe(1);
});

/** As `error`, about a packet whose checksum is left to the device; `mended` by NAT since. */
function errorAboutOpen(about: Packet, mended = 0): Packet {
	const quoted = buildPacket(about).subarray(14);
	const [proto = 0, at] = [quoted[9], quoted[9] === 17 ? 26 : 36];
	const sum = ~foldChecksum(pseudoHeaderSum(0x0a00_0001, 0x0a00_0002, proto, quoted.length - 20));
	put16(quoted, at, (sum + mended) & 0xffff);
	return { ...error(about), payload: quoted };
}

test("a quoted checksum that was left to the device is so in both kernels, and what is drawn does not touch it", () => {
	const begin = (seq: number): Packet => tcp({ flags: TCP_SYN, seq });
	expect(normalised(errorAboutOpen(begin(1e6)), errorAboutOpen(begin(4e9)))).toBe(true);
	expect(normalised(errorAboutOpen(begin(1e6), 3), errorAboutOpen(begin(4e9), 3))).toBe(true);
	expect(normalised(errorAboutOpen(begin(1e6), 3), errorAboutOpen(begin(4e9), 4))).toBe(false);
	expect(normalised(error(begin(1e6)), errorAboutOpen(begin(4e9)))).toBe(false);
	expect(normalised(errorAboutOpen(begin(1e6)), error(begin(4e9)))).toBe(false);
});

test("in a quoted checksum that was left to the device is the port that NAT drew, though it was translated back", () => {
	const by = chance();
	expect(normalised(udp({ sport: 5001 }), udp({ sport: 60_000 }), by)).toBe(true);
	const about = udp({ sport: 40_000 });
	expect(normalised(errorAboutOpen(about, 5001), errorAboutOpen(about, 60_000), by)).toBe(true);
	expect(normalised(errorAboutOpen(about, 5002), errorAboutOpen(about, 60_000), by)).toBe(false);
	expect(normalised(errorAboutOpen(about, 5001), errorAboutOpen(about, 60_000))).toBe(false);
	const numbered = { flags: TCP_SYN, sport: 40_000 };
	expect(
		normalised(tcp({ ...numbered, sport: 5001, seq: 1e6 }), tcp({ ...numbered, sport: 60_000, seq: 4e9 }), by),
	).toBe(true);
	const [sim, real] = [tcp({ ...numbered, seq: 1e6 }), tcp({ ...numbered, seq: 4e9 })];
	expect(normalised(errorAboutOpen(sim, 5001), errorAboutOpen(real, 60_000), by)).toBe(true);
	// A right one has nothing of it.
	expect(normalised(error(about), error({ ...about, udp: { sport: 40_000, dport: 53, checksum: 1 } }), by)).toBe(false);
});

const LINE =
	"x IN=br0 OUT= SRC=10.0.0.1 DST=10.0.0.2 LEN=60 TTL=64 ID=1 DF PROTO=TCP SPT=40000 DPT=80 SEQ=100 ACK=0 WINDOW=1 RES=0x00 SYN URGP=0 OPT (0101080A000003E800000000) ";

type Edit = readonly [from: string, to: string];

const RESET = LINE.replace("SEQ=100 ACK=0", "SEQ=0 ACK=101")
	.replace("SYN", "ACK RST")
	.replace(/OPT .*/, "");

test("of a LOG line about a RST what it acknowledges is passed over, unless the RST has a number of its own", () => {
	const other = (line: string): string => line.replace("ACK=101", "ACK=8");
	expect(normaliseLogLine(RESET, other(RESET), chance())).toBe(RESET);
	const numbered = RESET.replace("SEQ=0", "SEQ=9");
	expect(normaliseLogLine(numbered, other(numbered), chance())).not.toBe(numbered);
});

const LINES: readonly (readonly [what: string, may: boolean, edits: readonly Edit[]])[] = [
	[
		"the id, the sequence number and the time stamp",
		true,
		[
			["ID=1 DF", "ID=5 DF"],
			["SEQ=100", "SEQ=7"],
			["03E8", "0FFF"],
		],
	],
	["the id of a packet that the scenario sent", false, [["ID=1 DF", "ID=7 DF"]]],
	["the time to live", false, [["TTL=64", "TTL=63"]]],
	["an address", false, [["10.0.0.2", "10.0.0.3"]]],
];

test.each(LINES)("of a LOG line %s is passed over: %s", (_, may, edits) => {
	const real = edits.reduce((line, [from, to]) => line.replace(from, to), LINE);
	expect(normaliseLogLine(LINE, real, chance()) === LINE).toBe(may);
});

test("what sockets saw names the simulated kernel's ports", () => {
	const by = chance();
	expect(by.port(17, 5001, 60000)).toBe(true);
	expect(normaliseSight("datagram from 10.0.0.1:60000: 3630303030", "udp", by)).toBe(
		"datagram from 10.0.0.1:5001: 3630303030",
	);
	expect(normaliseSight("accepted from 10.0.0.1:60000", "tcp", by)).toBe("accepted from 10.0.0.1:60000");
});
