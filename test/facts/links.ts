/** Facts 43–49: bridge, links, routes. */
import { expect } from "vitest";
import { type Fact, port } from "./fact.ts";
import type { Seen } from "./seen.ts";

const PACKETS = 12;

/** IP ids of the packets that came to FORWARD. */
function forwarded(seen: Seen): readonly number[] {
	expect(seen.packets("router raw PREROUTING")).toEqual([PACKETS]);
	return seen.log().map((line) => Number(/ ID=(\d+)/.exec(line)?.[1]));
}

export const LINK_FACTS: readonly Fact[] = [
	{
		id: "43",
		says: "a bridge has the lowest MAC address of its ports, none when the last leaves, a given one for ever",
		tests: [
			...port("43: a bridge has the lowest MAC address of its ports, and none without"),
			{
				file: "test/linux-objects.test.ts",
				title: "a bridge takes the lowest MAC address and MTU of its ports, unless told otherwise",
			},
		],
	},
	{
		id: "44",
		says: "a bridge's carrier: on before its first port, then while one port has one",
		tests: port("44: a bridge has a carrier before its first port, then while one port has"),
	},
	{
		id: "45",
		says: "a veth whose peer is down; routes that go and come with the device",
		tests: [
			...port("45: a veth whose peer is down has no carrier, its port is disabled; routes go with the device"),
			{ file: "test/linux-objects.test.ts", title: "devices and carriers that go and come take their routes along" },
		],
	},
	{
		id: "46",
		says: "forwarding entries age in 300 s, or as long as one says",
		scenarios: {
			"46-fdb-ageing": (seen) => {
				expect(seen.lines("ns2 veth2a")).toHaveLength(4);
				expect(seen.fdb("host", "learnt")).toEqual([]);
				expect(seen.fdb("host", "permanent")).toContain("02:00:00:00:01:0b veth1b");
			},
		},
		tests: port("46: forwarding entries age in 300 s unless told otherwise"),
	},
	{
		id: "47",
		says: "rp_filter drops between raw PREROUTING and FORWARD; martians never come there, whatever the setting",
		scenarios: {
			"47-rp-filter-0": (seen) => expect(forwarded(seen)).toEqual([1, 2, 11, 12]),
			"47-rp-filter-1": (seen) => expect(forwarded(seen)).toEqual([12]),
			"47-rp-filter-2": (seen) => expect(forwarded(seen)).toEqual([1, 12]),
		},
		tests: port("47: a martian source is logged where log_martians is set"),
	},
	{
		id: "48",
		says: "the source address of a packet: the route's src, that of the gateway's subnet, the device's first",
		tests: port("48: the source address suits the route and its gateway"),
	},
	{
		id: "49",
		says: "a vxlan device's MTU is 50 less than that of the device below",
		tests: port("49: a vxlan device's MTU is 50 less than that of the device below"),
	},
];
