import fc from "fast-check";
import { expect, test } from "vitest";
import { FibNexthop, type FibRoute, FibTable, fibTablesLookup, RT_SCOPE } from "./fib-table.ts";

const ANY = { scope: RT_SCOPE.global, oif: 0 } as const;

function route(dst: number, prefix: number, more: Partial<FibRoute> = {}): FibRoute {
	const nexthops = [new FibNexthop({ oif: 1, gateway: undefined, scope: RT_SCOPE.host })];
	const made = { table: 254, type: "unicast", metric: 0, scope: 0, protocol: "boot", nexthops } as const;
	return { dst, prefix, prefsrc: undefined, mtu: undefined, ...made, ...more };
}

function tableOf(routes: readonly FibRoute[]): FibTable {
	const table = new FibTable(254);
	for (const each of routes) {
		const group = [...table.of(each.dst, each.prefix), each].sort((a, b) => a.metric - b.metric);
		table.set(each.dst, each.prefix, group);
	}
	return table;
}

const net = fc
	.tuple(fc.nat(0xffffffff), fc.nat(32))
	.map(([addr, prefix]) => ({ dst: prefix === 0 ? 0 : (addr & (-1 << (32 - prefix))) >>> 0, prefix }));

function contains(each: { readonly dst: number; readonly prefix: number }, addr: number): boolean {
	return each.prefix === 0 || (each.dst ^ addr) >>> (32 - each.prefix) === 0;
}

test("a look-up finds the longest prefix, as going through all routes does", () => {
	fc.assert(
		fc.property(fc.array(net, { maxLength: 30 }), fc.nat(0xffffffff), (nets, addr) => {
			const table = tableOf(nets.map((each) => route(each.dst, each.prefix)));
			const longest = Math.max(-1, ...nets.filter((each) => contains(each, addr)).map((each) => each.prefix));
			const found = fibTablesLookup([table], { dst: addr, ...ANY })?.route;
			expect(found?.prefix ?? -1).toBe(longest);
			if (found !== undefined) expect(contains(found, addr)).toBe(true);
		}),
	);
});

test("routes are listed by network, then the longer prefix, then the metric", () => {
	const table = tableOf([
		route(0x0a000000, 8),
		route(0, 0, { metric: 9 }),
		route(0x0a000000, 24),
		route(0, 0),
		route(0, 8),
	]);
	expect(table.routes().map((each) => [each.dst, each.prefix, each.metric])).toEqual([
		[0, 8, 0],
		[0, 0, 0],
		[0, 0, 9],
		[0x0a000000, 24, 0],
		[0x0a000000, 8, 0],
	]);
});

test("a route without a usable next hop gives way to a wider one", () => {
	const dead = new FibNexthop({ oif: 2, gateway: undefined, scope: RT_SCOPE.host });
	dead.dead = true;
	const table = tableOf([route(0x0a000000, 8), route(0x0a010000, 16, { nexthops: [dead] })]);
	expect(fibTablesLookup([table], { dst: 0x0a010101, ...ANY })?.route.prefix).toBe(8);
});

test.each([
	["only by the device asked for", { ...ANY, oif: 7 }, 16],
	["none wider than the scope asked for", { ...ANY, scope: RT_SCOPE.link }, 16],
	["not by a device without carrier that does not count", { ...ANY, skipLinkdown: (oif: number) => oif === 1 }, 16],
	["else the longest", ANY, 24],
])("%s", (_, key, prefix) => {
	const wide = new FibNexthop({ oif: 7, gateway: undefined, scope: RT_SCOPE.host });
	const narrow = route(0x0a000000, 24);
	for (const hop of narrow.nexthops) hop.linkdown = true;
	const table = tableOf([narrow, route(0x0a000000, 16, { scope: RT_SCOPE.link, nexthops: [wide] })]);
	expect(fibTablesLookup([table], { dst: 0x0a000001, ...key })?.route.prefix).toBe(prefix);
});
