import fc from "fast-check";
import { expect, test } from "vitest";
import { type Flow, FlowTable } from "./flow-table.ts";

/** Few values, so that tuples repeat; IPv6 addresses as well. */
const flow = fc.record({
	laddr: fc.constantFrom<Flow["laddr"]>(1, 2, 1n, 2n << 96n),
	lport: fc.integer({ min: 0, max: 3 }),
	raddr: fc.constantFrom<Flow["raddr"]>(1, 0xffffffff, 1n << 64n),
	rport: fc.integer({ min: 0, max: 3 }),
});

test("a table finds what was put in and not taken out, as a list would", () => {
	const step = fc.record({ add: fc.boolean(), flow });
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
			const table = new FlowTable<Flow>();
			const list: Flow[] = [];
			const same = (a: Flow, b: Flow): boolean =>
				a.laddr === b.laddr && a.lport === b.lport && a.raddr === b.raddr && a.rport === b.rport;
			for (const { add, flow: wanted } of steps) {
				const at = list.findIndex((other) => same(other, wanted));
				const known = table.find(wanted.laddr, wanted.lport, wanted.raddr, wanted.rport);
				expect(known).toBe(list[at]);
				if (add && known === undefined) {
					table.insert(wanted);
					list.push(wanted);
				} else if (!add && known !== undefined) {
					table.remove(known);
					list.splice(at, 1);
				} else table.remove({ ...wanted });
			}
			expect(table.size).toBe(list.length);
			expect(new Set(table.list())).toEqual(new Set(list));
		}),
	);
});
