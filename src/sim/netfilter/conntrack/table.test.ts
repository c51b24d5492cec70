import { expect, test } from "vitest";
import { Prng } from "../../../base/prng.ts";
import { EventLoop } from "../../event-loop.ts";
import { Machine, Netns } from "../../types.ts";
import { ConntrackTable } from "./table.ts";
import { copyTuple, invertTuple } from "./tuple.ts";
import { Conntrack, CtTuple, IPS_ASSURED, IPS_SRC_NAT, ORIGINAL } from "./types.ts";

const NETNS = new Netns(new Machine(new EventLoop(), new Prng(1)), "a");

function flow(sport: number, timeoutNs = 1e9): Conntrack {
	const ct = new Conntrack(NETNS);
	Object.assign(ct.original, { src: 0x0a000001, dst: 0x0a000002, proto: 17, sport, dport: 53 });
	invertTuple(ct.original, ct.reply);
	ct.timeoutNs = timeoutNs;
	return ct;
}

function like(tuple: CtTuple): CtTuple {
	const copy = new CtTuple(undefined, ORIGINAL);
	copyTuple(tuple, copy);
	return copy;
}

test("an entry is found by both its tuples, through growth of the table, until it is killed", () => {
	const table = new ConntrackTable();
	const flows = Array.from({ length: 3000 }, (_, k) => flow(k));
	for (const ct of flows) table.insert(ct, 0);
	for (const ct of flows) {
		expect(table.find(like(ct.original), 0)).toBe(ct.original);
		expect(table.find(like(ct.reply), 0)).toBe(ct.reply);
	}
	for (const ct of flows.slice(0, 1500)) expect(table.kill(ct)).toBe(true);
	expect(table.count).toBe(1500);
	expect(table.find(like(flow(7).original), 0)).toBeUndefined();
	expect(table.find(like(flow(1600).reply), 0)).toBe(flows[1600]?.reply);
	expect(table.entries(0)).toEqual(flows.slice(1500));
});

test("an entry past its time is not found and not counted any more", () => {
	const table = new ConntrackTable();
	const ct = flow(1, 5);
	table.insert(ct, 0);
	expect(table.find(like(ct.original), 4)).toBe(ct.original);
	expect(table.find(like(ct.original), 5)).toBeUndefined();
	expect(table.count).toBe(0);
	expect(table.kill(ct)).toBe(false);
});

test("expired entries make room before the table grows", () => {
	const table = new ConntrackTable();
	for (let k = 0; k < 10_000; k += 1) table.insert(flow(k, k + 10), k);
	expect(table.count).toBeLessThan(200);
});

test("another zone is another flow", () => {
	const table = new ConntrackTable();
	const ct = flow(1);
	table.insert(ct, 0);
	expect(table.find(Object.assign(like(ct.original), { zone: 1 }), 0)).toBeUndefined();
});

test("a translated entry is found by its source until it goes", () => {
	const table = new ConntrackTable();
	const plain = flow(1);
	const [first, second] = [flow(2), Object.assign(flow(2))];
	second.original.dst = 0x0a000003;
	invertTuple(second.original, second.reply);
	first.status = second.status = IPS_SRC_NAT;
	for (const ct of [plain, first, second]) table.insert(ct, 0);
	const by = (ct: Conntrack): Conntrack | undefined => table.findBySource(like(ct.original), ct, () => true);
	expect(by(plain)).toBeUndefined();
	expect(by(first)).toBe(second);
	table.kill(first);
	expect(by(first)).toBe(second);
	table.kill(second);
	expect(by(first)).toBeUndefined();
});

test("a full table evicts an entry that is not assured, near by in the hash, and no other", () => {
	const table = new ConntrackTable();
	for (let k = 0; k < 64; k += 1) table.insert(flow(k), 0);
	expect(table.earlyDrop(like(flow(1000).original), 8)).toBe(true);
	expect(table.count).toBe(63);
	for (const ct of table.entries(0)) ct.status |= IPS_ASSURED;
	expect(table.earlyDrop(like(flow(1000).original), 8)).toBe(false);
	expect(table.count).toBe(63);
});
