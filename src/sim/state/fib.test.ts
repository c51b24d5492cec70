import { expect, test } from "vitest";
import type { PolicyRule } from "../../kernel/objects.ts";
import { cidr } from "../../wire/addr.ts";
import { DEFAULT_RULES, Fib, type FibFlow } from "./fib.ts";
import { FibNexthop, type FibRoute, RT_SCOPE } from "./fib-table.ts";

const FLOW: FibFlow = { dst: 0x0a010005, src: 0, iif: 1, oif: 0, mark: 0, scope: RT_SCOPE.global };
const TEN = { dst: 0x0a000000, prefix: 8 };

function route(table: number, at: { dst: number; prefix: number }, more: Partial<FibRoute> = {}): FibRoute {
	const nexthops = [new FibNexthop({ oif: 1, gateway: undefined, scope: RT_SCOPE.host })];
	const made = { type: "unicast", metric: 0, scope: 0, protocol: "boot", nexthops } as const;
	return { ...at, table, prefsrc: undefined, mtu: undefined, ...made, ...more };
}

function fibWith(...routes: readonly FibRoute[]): Fib {
	const fib = new Fib();
	for (const each of routes)
		fib.setRoutes(each.table, each, [...fib.table(each.table).of(each.dst, each.prefix), each]);
	return fib;
}

function rule(priority: number, table: number, more: Partial<PolicyRule> = {}): PolicyRule {
	return { kind: "rule", family: "ipv4", priority, table, ...more };
}

const ifindex = (name: string): number => (name === "eth0" ? 4 : -1);

test("local and main are one until somebody adds a rule, and apart for good after that", () => {
	const fib = fibWith(route(255, TEN, { type: "local" }), route(254, { dst: 0x0a010000, prefix: 24 }));
	expect(fib.lookup(FLOW)?.route.table).toBe(254);
	const undo = fib.record(() =>
		fib.setRules([rule(100, 254, { fwmark: { value: 9, mask: 9 } }), ...DEFAULT_RULES], ifindex),
	);
	expect(fib.lookup(FLOW)?.route.table).toBe(255);
	const undoRemoval = fib.record(() => fib.setRules(DEFAULT_RULES, ifindex));
	expect(fib.lookup(FLOW)?.route.table).toBe(255);
	undoRemoval();
	undo();
	expect(fib.lookup(FLOW)?.route.table).toBe(254);
});

test.each<readonly [string, Partial<PolicyRule>, Partial<FibFlow>, number]>([
	["a mark", { fwmark: { value: 0x40, mask: 0xf0 } }, { mark: 0x1042 }, 100],
	["another mark", { fwmark: { value: 0x40, mask: 0xf0 } }, { mark: 0x1052 }, 254],
	["not the mark", { not: true, fwmark: { value: 1, mask: 1 } }, {}, 100],
	["the source", { from: cidr("192.0.2.0/24") }, { src: 0xc0000205 }, 100],
	["another source", { from: cidr("192.0.2.0/24") }, { src: 0xc0000305 }, 254],
	["the destination", { to: cidr("10.1.0.0/16") }, {}, 100],
	["another destination", { to: cidr("10.2.0.0/16") }, {}, 254],
	["the device it came in by", { iif: "eth0" }, { iif: 4 }, 100],
	["a device that does not exist", { iif: "eth9" }, {}, 254],
	["not a device that does not exist", { not: true, iif: "eth9" }, {}, 100],
	["the device it must leave by", { oif: "eth0" }, {}, 254],
])("a rule by %s", (_, match, flow, table) => {
	const fib = fibWith(route(100, TEN), route(254, TEN));
	fib.setRules([rule(10, 100, match), ...DEFAULT_RULES], ifindex);
	expect(fib.lookup({ ...FLOW, ...flow })?.route.table).toBe(table);
});

test("a throw route and a table without a route pass on to the next rule; a refusal does not", () => {
	const none: Partial<FibRoute> = { nexthops: [] };
	const fib = fibWith(route(100, TEN, { type: "throw", ...none }), route(254, TEN));
	fib.setRules([rule(10, 100), rule(11, 101), ...DEFAULT_RULES], ifindex);
	expect(fib.lookup(FLOW)?.route.table).toBe(254);
	fib.setRoutes(101, TEN, [route(101, TEN, { type: "unreachable", ...none })]);
	expect(fib.lookup(FLOW)?.route.type).toBe("unreachable");
});

test("rules follow a device that appears under their name", () => {
	const fib = fibWith(route(100, TEN), route(254, TEN));
	fib.setRules([rule(10, 100, { iif: "eth1" }), ...DEFAULT_RULES], ifindex);
	expect(fib.lookup({ ...FLOW, iif: 9 })?.route.table).toBe(254);
	fib.resolveRules((name) => (name === "eth1" ? 9 : -1));
	expect(fib.lookup({ ...FLOW, iif: 9 })?.route.table).toBe(100);
});

test("recorded changes are taken back in reverse order, and every change begins a new generation", () => {
	const fib = fibWith(route(254, TEN));
	const before = fib.generation;
	const undo = fib.record(() => {
		fib.setRoutes(254, TEN, []);
		fib.record(() => fib.setRoutes(254, TEN, [route(254, TEN, { metric: 7 })]));
	});
	expect(
		fib
			.table(254)
			.routes()
			.map((each) => each.metric),
	).toEqual([7]);
	undo();
	expect(
		fib
			.table(254)
			.routes()
			.map((each) => each.metric),
	).toEqual([0]);
	expect(fib.generation).toBeGreaterThan(before + 2);
});

test("tables are listed by the low 8 bits of their number", () => {
	const fib = fibWith(...[254, 255, 253, 100, 300].map((table) => route(table, TEN)));
	expect(fib.tables().map((table) => table.id)).toEqual([300, 100, 253, 254, 255]);
});
