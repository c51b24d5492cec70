import fc from "fast-check";
import { expect, test } from "vitest";
import { icmp, packet, udp } from "../../../test/router-lab.ts";
import { Prng } from "../../base/prng.ts";
import { EventLoop } from "../event-loop.ts";
import { FibNexthop, type FibRoute } from "../state/fib-table.ts";
import { Machine, Skb } from "../types.ts";
import { type FlowKeys, fibSelectMultipath, flowKeysOf, multipathHash } from "./multipath.ts";

function routeOver(...weights: readonly number[]): FibRoute {
	const nexthops = weights.map((weight, k) => new FibNexthop({ oif: k + 1, gateway: k + 1, scope: 253, weight }));
	const made = { dst: 0, prefix: 0, table: 254, type: "unicast", metric: 0, scope: 0, protocol: "boot" } as const;
	return { ...made, prefsrc: undefined, mtu: undefined, nexthops };
}

const keys = fc.record({
	src: fc.nat(0xffffffff),
	dst: fc.nat(0xffffffff),
	proto: fc.nat(255),
	sport: fc.nat(65535),
	dport: fc.nat(65535),
});

test("both directions of a flow have the same hash, of 31 bits, under either policy", () => {
	fc.assert(
		fc.property(keys, fc.constantFrom(0, 1), (flow, policy) => {
			const back = { ...flow, src: flow.dst, dst: flow.src, sport: flow.dport, dport: flow.sport };
			const hash = multipathHash(flow, policy);
			expect(multipathHash(back, policy)).toBe(hash);
			expect(hash >= 0 && hash <= 0x7fffffff).toBe(true);
		}),
	);
});

test("flows spread over the next hops by weight", () => {
	const route = routeOver(1, 3);
	const counts = [0, 0];
	for (let k = 0; k < 4000; k += 1) {
		const hash = multipathHash({ src: 0x0a000001, dst: 0xc0000200 + k, proto: 6, sport: 1, dport: 2 }, 0);
		const hop = fibSelectMultipath(route, hash, () => true);
		counts[(hop?.oif ?? 0) - 1] = (counts[(hop?.oif ?? 0) - 1] ?? 0) + 1;
	}
	expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(4000);
	expect(counts[0]).toBeGreaterThan(850);
	expect(counts[0]).toBeLessThan(1150);
});

test("every hash finds a next hop that is alive, whatever the weights", () => {
	fc.assert(
		fc.property(
			fc.array(fc.integer({ min: 1, max: 256 }), { minLength: 1, maxLength: 7 }),
			fc.nat(0x7fffffff),
			(weights, hash) => {
				expect(fibSelectMultipath(routeOver(...weights), hash, () => true)).toBeDefined();
				const alive = fibSelectMultipath(routeOver(...weights, 5), hash, (hop) => hop.oif > weights.length);
				expect(alive?.oif).toBe(weights.length + 1);
			},
		),
	);
});

function keysOf(bytes: Uint8Array): FlowKeys {
	const skb = new Skb(new Machine(new EventLoop(), new Prng(1)), bytes, 0, bytes.length);
	skb.network = 0;
	return flowKeysOf(skb, 0);
}

test("ports are part of a flow, but not of a fragment; an ICMP error belongs to the flow it is about", () => {
	const flow = { src: 0x0a080002, dst: 0x0a090002, proto: 17, sport: 1000, dport: 80 };
	expect(keysOf(udp())).toEqual(flow);
	expect(keysOf(udp({ frag: 0x2000 }))).toEqual({ ...flow, sport: 0, dport: 0 });
	expect(keysOf(icmp({ type: 3, src: "10.9.0.2", dst: "10.8.0.2", body: udp() }))).toEqual(flow);
	expect(keysOf(packet({ proto: 99 }))).toEqual({ ...flow, proto: 99, sport: 0, dport: 0 });
});
