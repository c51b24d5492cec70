import fc from "fast-check";
import { expect, test } from "vitest";
import { type ConntrackLab, conntrackLab, icmpSkb, through, udpSkb } from "../../../../test/conntrack-lab.ts";
import { foldChecksum, sumBytes } from "../../../wire/checksum.ts";
import { icmpId } from "../../../wire/icmpv4.ts";
import { ipv4ChecksumIsValid, ipv4Dst, ipv4Src } from "../../../wire/ipv4.ts";
import { udpChecksumIsValid, udpDport, udpSport } from "../../../wire/udp.ts";
import type { Skb } from "../../types.ts";
import { skbCt } from "../conntrack/types.ts";
import { nfNatRegisterFn, nfNatSetupInfo } from "./nat-core.ts";
import { type NatRangeNum, natRangeNum } from "./range.ts";

/** A namespace that translates every source into the range. */
function snat(range: NatRangeNum, seed = 1): ConntrackLab {
	const lab = conntrackLab(seed);
	nfNatRegisterFn(lab.netns, "ipv4", "POSTROUTING", {
		priority: 100,
		evaluate: (skb) => {
			const ct = skbCt(skb);
			return ct !== undefined && nfNatSetupInfo(ct, range, "src") ? "accept" : "drop";
		},
	});
	return lab;
}

const MASQ = natRangeNum({ minAddr: "203.0.113.1" });

function udpFrom(lab: ConntrackLab, src: string, sport: number, dport = 53): Skb {
	const skb = udpSkb(lab, { src, dst: "203.0.113.9", sport, dport });
	through(lab, skb);
	return skb;
}

function sportOf(skb: Skb): number {
	return udpSport(skb.bytes, skb.transport);
}

test("the first flow keeps its source port, and so does one to another destination port", () => {
	const lab = snat(MASQ);
	expect(sportOf(udpFrom(lab, "192.168.7.2", 40000))).toBe(40000);
	expect(sportOf(udpFrom(lab, "192.168.7.3", 40000, 54))).toBe(40000);
});

test.each([
	[400, 1, 511],
	[511, 1, 511],
	[512, 600, 1023],
	[1023, 600, 1023],
	[1024, 1024, 65535],
	[40000, 1024, 65535],
])("a clashing flow of source port %i gets one from %i to %i", (sport, from, to) => {
	for (let seed = 1; seed <= 30; seed += 1) {
		const lab = snat(MASQ, seed);
		udpFrom(lab, "192.168.7.2", sport);
		const moved = sportOf(udpFrom(lab, "192.168.7.3", sport));
		expect(moved).not.toBe(sport);
		expect(moved).toBeGreaterThanOrEqual(from);
		expect(moved).toBeLessThanOrEqual(to);
	}
});

test("a clashing port is chosen at random, the same for the same seed", () => {
	const moved = (seed: number): number => {
		const lab = snat(MASQ, seed);
		udpFrom(lab, "192.168.7.2", 40000);
		return sportOf(udpFrom(lab, "192.168.7.3", 40000));
	};
	const seeds = Array.from({ length: 20 }, (_, k) => k + 1);
	expect(new Set(seeds.map(moved)).size).toBeGreaterThan(15);
	expect(seeds.map(moved)).toEqual(seeds.map(moved));
});

test.each([{ random: true }, { randomFully: true }])("%o moves even the first flow", (option) => {
	const lab = snat({ ...MASQ, ...option });
	const ports = Array.from({ length: 10 }, (_, k) => sportOf(udpFrom(lab, "192.168.7.2", 40000, 1000 + k)));
	expect(new Set(ports).size).toBeGreaterThan(5);
});

test("the id of the second of two equal pings is another one", () => {
	const lab = snat(MASQ);
	const ids = ["192.168.7.2", "192.168.7.3"].map((src) => {
		const skb = icmpSkb(lab, { src, dst: "203.0.113.9" }, { type: 8, rest: 100 << 16 });
		through(lab, skb);
		expect(foldChecksum(sumBytes(skb.bytes, skb.transport, skb.end))).toBe(0);
		return icmpId(skb.bytes, skb.transport);
	});
	expect(ids[0]).toBe(100);
	expect(ids[1]).not.toBe(100);
});

test("a source that was moved once is moved to the same port towards other destinations", () => {
	const lab = snat(MASQ);
	udpFrom(lab, "192.168.7.2", 40000);
	const moved = sportOf(udpFrom(lab, "192.168.7.3", 40000));
	expect(sportOf(udpFrom(lab, "192.168.7.3", 40000, 54))).toBe(moved);
});

test("ports are shifted with a base port", () => {
	const lab = snat(natRangeNum({ minAddr: "203.0.113.1", minPort: 5000, maxPort: 5100, basePort: 2000 }));
	expect(sportOf(udpFrom(lab, "192.168.7.2", 2007))).toBe(5007);
});

test("an unmatched flow is moved too when a translated one has taken its tuple", () => {
	const lab = conntrackLab();
	nfNatRegisterFn(lab.netns, "ipv4", "POSTROUTING", {
		priority: 100,
		evaluate: (skb) => {
			const ct = skbCt(skb);
			if (ct !== undefined && ipv4Src(skb.bytes, skb.network) >>> 24 === 192) nfNatSetupInfo(ct, MASQ, "src");
			return "accept";
		},
	});
	udpFrom(lab, "192.168.7.2", 40000);
	const own = udpFrom(lab, "203.0.113.1", 40000);
	expect(sportOf(own)).not.toBe(40000);
});

test("no two flows get the same tuple, and every packet keeps valid checksums and its way back", () => {
	const flow = fc.record({
		client: fc.integer({ min: 2, max: 6 }),
		sport: fc.constantFrom(53, 700, 5000, 5001),
		server: fc.integer({ min: 8, max: 9 }),
		dport: fc.constantFrom(53, 80),
	});
	const range = fc.constantFrom(
		MASQ,
		natRangeNum({ minAddr: "203.0.113.1", maxAddr: "203.0.113.3" }),
		natRangeNum({ minAddr: "203.0.113.1", minPort: 7000, maxPort: 7040 }),
		{ ...MASQ, randomFully: true },
	);
	fc.assert(
		fc.property(range, fc.array(flow, { maxLength: 40 }), (to, flows) => {
			const lab = snat(to);
			const taken = new Map<string, string>();
			for (const { client, sport, server, dport } of flows) {
				const from = { src: `192.168.7.${client}`, dst: `203.0.113.${server}`, sport, dport };
				const skb = udpSkb(lab, from);
				expect(through(lab, skb)).toBe("delivered");
				const [src, dst] = [ipv4Src(skb.bytes, skb.network), ipv4Dst(skb.bytes, skb.network)];
				const key = [src, sportOf(skb), dst, dport].join();
				expect(taken.get(key) ?? JSON.stringify(from)).toBe(JSON.stringify(from));
				taken.set(key, JSON.stringify(from));
				expect(ipv4ChecksumIsValid(skb.bytes, skb.network)).toBe(true);
				expect(udpChecksumIsValid(skb.bytes, skb.transport, skb.end, { src, dst })).toBe(true);

				const outer = `203.0.113.${src & 0xff}`;
				const reply = udpSkb(lab, { src: from.dst, dst: outer, sport: dport, dport: sportOf(skb) });
				through(lab, reply);
				expect(ipv4Dst(reply.bytes, reply.network) & 0xff).toBe(client);
				expect(udpDport(reply.bytes, reply.transport)).toBe(sport);
			}
		}),
		{ numRuns: 60 },
	);
});
