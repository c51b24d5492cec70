import fc from "fast-check";
import { expect, test } from "vitest";
import { copyTuple, hashTuple, invertTuple, readIpv4Tuple, sameTuple, tupleValue } from "./tuple.ts";
import { CtTuple, ORIGINAL } from "./types.ts";

const PACKET = Uint8Array.from(
	// UDP 10.0.0.1:1000 → 10.0.0.2:53
	[0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 3, 232, 0, 53, 0, 8, 0, 0],
);

test("a UDP packet's tuple has its addresses and ports", () => {
	const tuple = new CtTuple(undefined, ORIGINAL);
	expect(readIpv4Tuple(PACKET, 0, PACKET.length, tuple)).toBe(true);
	expect(tupleValue(tuple)).toEqual({ proto: 17, src: "10.0.0.1", dst: "10.0.0.2", sport: 1000, dport: 53 });
});

test.each([
	["a later fragment", (b: Uint8Array) => b.fill(1, 7, 8), 28],
	["a packet cut off in its ports", (b: Uint8Array) => b, 23],
	["a packet cut off in its header", (b: Uint8Array) => b, 19],
])("%s has no tuple", (_name, change, end) => {
	expect(readIpv4Tuple(change(PACKET.slice()), 0, end, new CtTuple(undefined, ORIGINAL))).toBe(false);
});

const anyTuple = fc
	.record({
		src: fc.nat(0xffffffff),
		dst: fc.nat(0xffffffff),
		proto: fc.constantFrom(6, 17, 132, 47),
		sport: fc.nat(0xffff),
		dport: fc.nat(0xffff),
		zone: fc.nat(3),
	})
	.map((fields) => Object.assign(new CtTuple(undefined, ORIGINAL), fields));

test("the inverse of the inverse is the tuple, and equal tuples have equal hashes", () => {
	fc.assert(
		fc.property(anyTuple, (tuple) => {
			const there = new CtTuple(undefined, ORIGINAL);
			const back = new CtTuple(undefined, ORIGINAL);
			invertTuple(tuple, there);
			invertTuple(there, back);
			expect(sameTuple(back, tuple)).toBe(true);
			expect(hashTuple(back)).toBe(hashTuple(tuple));
			copyTuple(there, back);
			expect(sameTuple(back, there)).toBe(true);
		}),
	);
});

test("tuples that differ in one field are not the same", () => {
	fc.assert(
		fc.property(anyTuple, fc.constantFrom("src", "dst", "proto", "sport", "dport", "zone"), (tuple, field) => {
			const other = new CtTuple(undefined, ORIGINAL);
			copyTuple(tuple, other);
			other[field] = Number(tuple[field]) + 1;
			expect(sameTuple(tuple, other)).toBe(false);
		}),
	);
});

test("IPv6 addresses hash and compare as well", () => {
	const tuple = Object.assign(new CtTuple(undefined, ORIGINAL), { src: 1n << 127n, dst: 1n, proto: 6 });
	const other = Object.assign(new CtTuple(undefined, ORIGINAL), { src: 1n << 126n, dst: 1n, proto: 6 });
	expect(hashTuple(tuple)).not.toBe(hashTuple(other));
	expect(sameTuple(tuple, other)).toBe(false);
});

test("ICMP queries invert to their answers with the same id; nothing answers an error", () => {
	const echo = Object.assign(new CtTuple(undefined, ORIGINAL), { src: 1, dst: 2, proto: 1, sport: 77, dport: 8 << 8 });
	const answer = new CtTuple(undefined, ORIGINAL);
	expect(invertTuple(echo, answer)).toBe(true);
	expect(tupleValue(answer)).toMatchObject({ src: "0.0.0.2", icmp: { type: 0, code: 0, id: 77 } });
	expect(invertTuple(Object.assign(echo, { dport: 3 << 8 }), answer)).toBe(false);
});
