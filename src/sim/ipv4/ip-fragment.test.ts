import fc from "fast-check";
import { expect, test } from "vitest";
import { icmp, RouterLab, udp } from "../../../test/router-lab.ts";
import { badEndings, SimLab } from "../../../test/sim-lab.ts";
import {
	fillIpv4Checksum,
	IP_DF,
	IP_MF,
	ipv4ChecksumIsValid,
	ipv4Tos,
	ipv4TotalLength,
	setIpv4Tos,
} from "../../wire/ipv4.ts";
import { NF_PRI, registerNetHook, stolen } from "../netfilter/hooks.ts";
import { Skb } from "../types.ts";
import { ipDefrag } from "./ip-fragment.ts";
import { ipDoFragment } from "./ip-refragment.ts";

const HEADROOM = 64;

function skbOf(lab: SimLab, bytes: Uint8Array): Skb {
	const room = new Uint8Array(HEADROOM + bytes.length);
	room.set(bytes, HEADROOM);
	const skb = new Skb(lab.kernel.machine, room, HEADROOM, room.length);
	skb.network = HEADROOM;
	return skb;
}

function cut(lab: SimLab, bytes: Uint8Array, mtu: number): readonly Skb[] {
	const pieces: Skb[] = [];
	const output = (piece: Skb): "queued" => {
		pieces.push(piece);
		return "queued";
	};
	ipDoFragment(skbOf(lab, bytes), { netns: lab.netns("a"), mtu, output });
	return pieces;
}

test("what was cut is, in any order, put together as it was", () => {
	const lab = new SimLab("a");
	const order = fc.array(fc.nat(1000), { minLength: 60, maxLength: 60 });
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 68, max: 1500 }), order, (length, mtu, keys) => {
			const whole = udp({ length, frag: 0 });
			const pieces = cut(lab, whole, mtu);
			for (const piece of pieces) expect(piece.end - piece.network).toBeLessThanOrEqual(Math.max(mtu, 28));
			const shuffled = pieces.map((piece, k) => ({ piece, key: keys[k % 60] ?? 0 })).sort((a, b) => a.key - b.key);
			const results = shuffled.map(({ piece }) => ipDefrag(piece, lab.netns("a"), "local-deliver"));
			if (pieces.length === 1) return;
			expect(results.slice(0, -1).every((fate) => fate === "queued")).toBe(true);
			expect(results.at(-1)).toBe(undefined);
			const last = shuffled.at(-1)?.piece;
			expect(last?.bytes.slice(last.network, last.end)).toEqual(whole);
		}),
		{ numRuns: 60 },
	);
});

test.each([
	{ first: 0, second: 0, whole: 0 },
	{ first: 2, second: 1, whole: 2 },
	{ first: 2, second: 3, whole: 3 },
	{ first: 3, second: 1, whole: 3 },
	{ first: 3, second: 3, whole: 3 },
	{ first: 3, second: 0, whole: undefined },
	{ first: 0, second: 1, whole: undefined },
])(
	"congestion that a fragment met is the whole's; fragments that disagree about ECN are none: $first, $second",
	(ecn) => {
		const lab = new SimLab("a");
		const [first, second] = cut(lab, udp({ length: 100, frag: 0 }), 100);
		if (first === undefined || second === undefined) throw new Error("it was not cut");
		setIpv4Tos(first.bytes, first.network, 0xb8 | ecn.first);
		setIpv4Tos(second.bytes, second.network, 0x10 | ecn.second);
		expect(ipDefrag(first, lab.netns("a"), "local-deliver")).toBe("queued");
		const fate = ipDefrag(second, lab.netns("a"), "local-deliver");
		expect(fate).toBe(ecn.whole === undefined ? "dropped" : undefined);
		if (ecn.whole === undefined) return;
		expect(ipv4Tos(second.bytes, second.network)).toBe(0xb8 | ecn.whole);
		expect(ipv4ChecksumIsValid(second.bytes, second.network)).toBe(true);
	},
);

test("the whole has the first fragment's mark, whichever came last", () => {
	const lab = new SimLab("a");
	for (const order of [
		[0, 1],
		[1, 0],
	]) {
		const pieces = cut(lab, udp({ length: 100, frag: 0 }), 100);
		for (const [k, piece] of pieces.entries()) piece.mark = k + 1;
		const [early, late] = order.map((k) => pieces[k]);
		if (early === undefined || late === undefined) throw new Error("it was not cut in two");
		expect(ipDefrag(early, lab.netns("a"), "local-deliver")).toBe("queued");
		expect(ipDefrag(late, lab.netns("a"), "local-deliver")).toBe(undefined);
		expect(late.mark).toBe(1);
	}
});

test("header options without the copied bit are in the first piece only", () => {
	const lab = new SimLab("a");
	const bytes = new Uint8Array(32 + 100);
	bytes.set(udp({ frag: 0 }).slice(0, 20));
	bytes[0] = 0x48;
	// Record route (7, not copied), then stream id (0x88, copied), then the end.
	bytes.set([7, 7, 4, 0, 0, 0, 0, 0x88, 4, 1, 2, 0], 20);
	const options = cut(lab, bytes, 92).map((piece) => [...piece.bytes.slice(piece.network + 20, piece.network + 32)]);
	expect(options).toEqual([
		[7, 7, 4, 0, 0, 0, 0, 0x88, 4, 1, 2, 0],
		[1, 1, 1, 1, 1, 1, 1, 0x88, 4, 1, 2, 0],
	]);
});

const ECHO = { dst: "10.8.0.1", id: 9 } as const;
const whole = icmp({ type: 8, ...ECHO, length: 96 }).slice(20);

function part(from: number, to: number, more: { isLast?: boolean } = {}): Uint8Array {
	const bytes = udp({ ...ECHO, frag: (from / 8) | (more.isLast === true ? 0 : IP_MF) });
	const made = new Uint8Array(20 + to - from);
	made.set(bytes.slice(0, 20));
	made.set(whole.slice(from, to), 20);
	return rewrite(made, 1);
}

/** Fills in length, protocol and checksum. */
function rewrite(bytes: Uint8Array, proto: number): Uint8Array {
	bytes[2] = bytes.length >> 8;
	bytes[3] = bytes.length & 255;
	bytes[9] = proto;
	fillIpv4Checksum(bytes, 0);
	return bytes;
}

test("a fragment that came twice does no harm; the host answers the whole", async () => {
	const router = await RouterLab.create();
	router.send([part(0, 48), part(0, 48), part(48, 104, { isLast: true })]);
	expect(router.lines("x")).toEqual(["10.8.0.1 > 10.8.0.2 ttl 64 len 124 ICMP 0/0"]);
	expect(router.drops()).toEqual(["DUP_FRAG"]);
	expect(badEndings(router.lab.events).filter(([, ends]) => ends > 1)).toEqual([]);
});

test("overlapping fragments spoil the packet, as on 6.18", async () => {
	const router = await RouterLab.create();
	router.send([part(0, 48), part(40, 104, { isLast: true }), part(48, 104, { isLast: true })]);
	expect(router.lines("x")).toEqual([]);
	expect(router.drops()).toEqual(["DUP_FRAG", "DUP_FRAG"]);
});

test("after 30 seconds the sender is told, if the first fragment came", async () => {
	const router = await RouterLab.create();
	router.send([part(0, 48)]);
	router.lab.pass(29);
	expect(router.lines("x")).toEqual([]);
	router.lab.pass(2);
	expect(router.lines("x")).toEqual(["10.8.0.1 > 10.8.0.2 ttl 64 tos 0xc0 len 96 ICMP 11/1"]);
	expect(router.drops()).toEqual(["FRAG_REASM_TIMEOUT"]);
	router.send([part(48, 104, { isLast: true })]);
	router.lab.pass(31);
	expect(router.lines("x")).toEqual([]);
});

/** A router that puts together what it forwards, as connection tracking makes it do. */
async function defragging(mtu?: number): Promise<RouterLab> {
	const router = await RouterLab.create(mtu === undefined ? {} : { mtu: { v0: mtu } });
	registerNetHook(router.lab.netns("m"), "ipv4", "PREROUTING", {
		priority: NF_PRI.CONNTRACK_DEFRAG,
		name: "test_defrag",
		fn: (skb, state) => {
			const fate = ipDefrag(skb, state.netns, "conntrack-in");
			if (fate === undefined) return "accept";
			stolen.fate = fate;
			return "stolen";
		},
	});
	return router;
}

function fragments(first: number, df: readonly [boolean, boolean]): readonly Uint8Array[] {
	const all = udp({ length: 1500, id: 9, frag: 0 });
	return [
		{ from: 0, to: first, word: IP_MF | (df[0] ? IP_DF : 0) },
		{ from: first, to: 1508, word: (first / 8) | (df[1] ? IP_DF : 0) },
	].map(({ from, to, word }) => {
		const bytes = new Uint8Array(20 + to - from);
		bytes.set(udp({ id: 9, frag: word }).slice(0, 20));
		bytes.set(all.slice(20 + from, 20 + to), 20);
		return rewrite(bytes, 17);
	});
}

test.each([
	[800, ["MF len 820 UDP 1000>80", "at 800 len 728"]],
	[480, ["MF len 500 UDP 1000>80", "at 480 len 1048"]],
] as const)(
	"a router that put fragments together cuts them as they were (first of %i bytes)",
	async (first, expected) => {
		for (const df of [
			[true, true],
			[false, false],
		] as const) {
			const router = await defragging();
			const sent = fragments(first, df);
			expect(sent.every((bytes) => ipv4ChecksumIsValid(bytes, 0) && ipv4TotalLength(bytes, 0) === bytes.length)).toBe(
				true,
			);
			router.send(sent);
			expect(router.lines("y")).toEqual(expected.map((line) => `10.8.0.2 > 10.9.0.2 ttl 63 ${line}`));
		}
	},
);

test.each([
	[800, [true, true], "told"],
	[800, [true, false], "told"],
	[800, [false, true], "cut"],
	[480, [true, false], "cut"],
	[480, [false, true], "told"],
] as const)("first of %i bytes, DF %j, over a link of 700 bytes: %s", async (first, df, outcome) => {
	const router = await defragging(700);
	router.send(fragments(first, df));
	const cutAnew = ["MF len 700 UDP 1000>80", "MF at 680 len 700", "at 1360 len 168"];
	expect(router.lines("y")).toEqual(
		outcome === "cut" ? cutAnew.map((line) => `10.8.0.2 > 10.9.0.2 ttl 63 ${line}`) : [],
	);
	expect(router.got("x").map((bytes) => [bytes[20], bytes[21]])).toEqual(outcome === "told" ? [[3, 4]] : [[3, 3]]);
});
