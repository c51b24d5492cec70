import { expect, test } from "vitest";
import { hostLocalEvents, toConf, toRange } from "../../../test/corpus/host-local.ts";
import { cidr, ip } from "../../wire/addr.ts";
import { canonicalizeRange, canonicalizeRangeSet, rangeContains, rangeFor, rangesOverlap } from "./range.ts";

test.each(hostLocalEvents("range.canonicalize"))("fills in a range's defaults as upstream: $name", ({ event }) => {
	const made = canonicalizeRange(toConf(event.before));
	if (event.error === null) expect(made).toEqual({ ok: true, value: toRange(event.after) });
	else expect(made).toEqual({ ok: false, error: event.error });
});

test.each(hostLocalEvents("rangeSet.canonicalize"))("checks a set of ranges as upstream: $name", ({ event }) => {
	const made = canonicalizeRangeSet(event.before.map(toConf));
	if (event.error === null) expect(made).toEqual({ ok: true, value: event.after.map(toRange) });
	else expect(made).toEqual({ ok: false, error: event.error });
});

test.each(hostLocalEvents("range.contains"))("knows what is in a range as upstream: $name", ({ event }) => {
	expect(rangeContains(toRange(event.range), ip(event.address))).toBe(event.result);
});

test.each(hostLocalEvents("range.overlaps"))("knows whether ranges overlap as upstream: $name", ({ event }) => {
	expect(rangesOverlap(toRange(event.a), toRange(event.b))).toBe(event.result);
	expect(rangesOverlap(toRange(event.b), toRange(event.a))).toBe(event.result);
});

test.each([
	["10.0.0.0/31", "Network 10.0.0.0/31 too small to allocate from"],
	["2001:db8::/127", "Network 2001:db8::/127 too small to allocate from"],
])("a network without room for a gateway and a host is refused: %s", (net, error) => {
	expect(canonicalizeRange({ subnet: cidr(net) })).toEqual({ ok: false, error });
});

test("start and end must lie in the network", () => {
	const subnet = cidr("10.0.0.0/24");
	expect(canonicalizeRange({ subnet, rangeStart: ip("10.0.1.1") })).toEqual({
		ok: false,
		error: "RangeStart 10.0.1.1 not in network 10.0.0.0/24",
	});
	expect(canonicalizeRange({ subnet, rangeEnd: ip("10.0.1.1") })).toEqual({
		ok: false,
		error: "RangeEnd 10.0.1.1 not in network 10.0.0.0/24",
	});
});

test("an IPv6 range goes to the last address, an IPv4 range stops before the broadcast address", () => {
	const v4 = canonicalizeRange({ subnet: cidr("10.0.0.0/29") });
	const v6 = canonicalizeRange({ subnet: cidr("2001:db8::/125") });
	expect(v4.ok && v4.value.rangeEnd).toBe("10.0.0.6");
	expect(v6.ok && v6.value.rangeEnd).toBe("2001:db8::7");
});

test("a set finds the range that holds an address", () => {
	const set = canonicalizeRangeSet([{ subnet: cidr("192.168.0.0/24") }, { subnet: cidr("172.16.1.0/24") }]);
	if (!set.ok) throw new Error(set.error);
	expect(rangeFor(set.value, ip("172.16.1.99"))?.subnet).toEqual(cidr("172.16.1.0/24"));
	expect(rangeFor(set.value, ip("172.16.2.1"))).toBeUndefined();
});
