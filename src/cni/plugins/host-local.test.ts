import fc from "fast-check";
import { expect, test } from "vitest";
import { type CorpusGet, hostLocalCases, hostLocalEvents, toRange } from "../../../test/corpus/host-local.ts";
import { cidr, formatCidr, type IpAddr, ip } from "../../wire/addr.ts";
import {
	allocate,
	candidates,
	EMPTY_IPAM_STORE,
	type HostLocalConf,
	hostLocalAdd,
	hostLocalDel,
	type IpamStore,
} from "./host-local.ts";
import { canonicalizeRangeSet, formatRangeSet, type RangeSet } from "./range.ts";

test.each(hostLocalEvents("allocator.get"))("allocates as upstream: $name", ({ event }) => {
	const set = event.rangeSet.map(toRange);
	expect(formatRangeSet(set)).toBe(event.rangeSetString);
	const asked = event.requestedIP === "" ? undefined : ip(event.requestedIP);
	const holder = { containerId: event.id, ifName: event.ifname };
	const { got, store } = allocate({ set, index: 0, asked }, holder, toStore(event.storeBefore));
	if (event.error === null) {
		expect(got.ok && formatCidr(got.value.address)).toBe(event.address);
		expect(got.ok && got.value.gateway).toBe(event.gateway);
	} else {
		expect(got).toEqual({ ok: false, error: event.error });
	}
	expect(ids(store)).toEqual(ids(toStore(event.storeAfter)));
	expect(store.lastReserved).toEqual(toStore(event.storeAfter).lastReserved);
});

test("goes through a set in upstream's order", () => {
	let compared = 0;
	for (const one of hostLocalCases()) {
		const next = one.events.flatMap((event) => (event.op === "rangeIter.next" ? [event] : []));
		const first = next[0];
		// One upstream case iterates over a set that it failed to canonicalize.
		if (first === undefined || first.rangeSet.some((range) => range.Gateway === null)) continue;
		const reserve = one.events.find((event) => event.op === "store.reserve");
		const set = first.rangeSet.map(toRange);
		const order = [...candidates(set, reserve?.op === "store.reserve" ? ip(reserve.ip) : undefined)];
		const want = next.map((event) => event.returned).filter((text) => text !== "");
		expect(order.map(({ addr, range }) => `${addr}/${range.subnet.prefix}`)).toEqual(want);
		compared += 1;
	}
	expect(compared).toBe(2);
});

const subnet24: HostLocalConf = {
	type: "host-local",
	ranges: [rangeSet("10.1.2.0/24")],
	routes: [{ dst: cidr("0.0.0.0/0") }],
	ips: [],
};

test("ADD gives one address of each set, and the routes of the configuration", () => {
	const conf = { ...subnet24, ranges: [rangeSet("10.1.2.0/24", "10.2.2.0/24"), rangeSet("2001:db8:1::/64")] };
	const { result, store } = hostLocalAdd(conf, holder("dummy"), EMPTY_IPAM_STORE);
	expect(result).toEqual({
		ok: true,
		value: {
			ips: [
				{ address: cidr("10.1.2.2/24"), gateway: "10.1.2.1" },
				{ address: cidr("2001:db8:1::2/64"), gateway: "2001:db8:1::1" },
			],
			routes: [{ dst: cidr("0.0.0.0/0") }],
			dns: {},
		},
	});
	expect([...store.reservations.keys()]).toEqual(["10.1.2.2", "2001:db8:1::2"]);
	expect([...hostLocalDel(holder("dummy"), store).reservations]).toEqual([]);
});

test("an address that is asked for but in no set makes ADD fail and give everything back", () => {
	const conf = { ...subnet24, ranges: [rangeSet("10.1.2.0/24"), rangeSet("10.1.3.0/24")] };
	const request = { ...holder("dummy"), ips: [ip("10.1.2.88"), ip("10.1.2.77")] };
	const { result, store } = hostLocalAdd(conf, request, EMPTY_IPAM_STORE);
	expect(result.ok ? undefined : result.error.message).toBe("failed to allocate all requested IPs: 10.1.2.77");
	expect(store.reservations.size).toBe(0);
	expect([...store.lastReserved]).toEqual([
		[0, "10.1.2.88"],
		[1, "10.1.3.2"],
	]);
});

test("the gateway cannot be asked for, and a taken address cannot be had twice", () => {
	const gateway = hostLocalAdd(subnet24, { ...holder("a"), ips: [ip("10.1.2.1")] }, EMPTY_IPAM_STORE);
	expect(gateway.result.ok ? undefined : gateway.result.error.message).toBe(
		"failed to allocate for range 0: requested ip 10.1.2.1 is subnet's gateway",
	);
	const first = hostLocalAdd(subnet24, holder("a"), EMPTY_IPAM_STORE);
	const second = hostLocalAdd(subnet24, { ...holder("b"), ips: [ip("10.1.2.2")] }, first.store);
	expect(second.result.ok ? undefined : second.result.error.message).toBe(
		"failed to allocate for range 0: requested IP address 10.1.2.2 is not available in range set 10.1.2.1-10.1.2.254",
	);
});

test("no two holders ever have one address, and none has a gateway, whatever is added and deleted", () => {
	const conf: HostLocalConf = { ...subnet24, ranges: [rangeSet("10.0.0.0/28", "10.0.1.0/29")] };
	const gateways: readonly IpAddr[] = [ip("10.0.0.1"), ip("10.0.1.1")];
	const steps = fc.array(fc.record({ add: fc.boolean(), id: fc.integer({ min: 0, max: 25 }) }), { maxLength: 120 });
	fc.assert(
		fc.property(steps, (list) => {
			let store = EMPTY_IPAM_STORE;
			const model = new Map<string, IpAddr>();
			for (const { add, id } of list) {
				const who = holder(`c${id}`);
				if (!add) {
					store = hostLocalDel(who, store);
					model.delete(who.containerId);
					continue;
				}
				const { result, store: after } = hostLocalAdd(conf, who, store);
				store = after;
				// 13 addresses in the first range, 5 in the second.
				if (model.has(who.containerId)) {
					expect(result.ok).toBe(false);
					continue;
				}
				expect(result.ok).toBe(model.size < 18);
				if (!result.ok) continue;
				const addr = result.value.ips[0]?.address.addr;
				if (addr === undefined) throw new Error("no address");
				expect([...model.values(), ...gateways]).not.toContain(addr);
				model.set(who.containerId, addr);
			}
			expect(new Set(store.reservations.keys())).toEqual(new Set(model.values()));
		}),
	);
});

function holder(containerId: string): { containerId: string; ifName: string } {
	return { containerId, ifName: "eth0" };
}

function rangeSet(...nets: readonly string[]): RangeSet {
	const set = canonicalizeRangeSet(nets.map((net) => ({ subnet: cidr(net) })));
	if (!set.ok) throw new Error(set.error);
	return set.value;
}

/** The corpus keeps ids only; its one range set is index 0 here. */
function toStore(store: CorpusGet["storeBefore"]): IpamStore {
	return {
		reservations: new Map(
			Object.entries(store.ipMap).map(([addr, id]) => [ip(addr), { containerId: id, ifName: "eth0" }]),
		),
		lastReserved: new Map(
			Object.values(store.lastReservedIP).flatMap((addr) => (addr === null ? [] : [[0, ip(addr)] as const])),
		),
	};
}

function ids(store: IpamStore): Readonly<Record<string, string>> {
	return Object.fromEntries([...store.reservations].map(([addr, by]) => [addr, by.containerId]));
}
